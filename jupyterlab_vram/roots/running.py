"""What running code holds: frames of threads, arguments of threads, asyncio tasks."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.host.current import FRAME_PREFIXES

from .frames import frame_items
from .root import Root

if TYPE_CHECKING:
    from types import FrameType

    from jupyterlab_vram.host.interface import Host

_PACKAGE = __name__.partition(".")[0]
#: The machinery that runs cells, threads and tasks; its frames hold nothing of the person's own.
_MACHINERY = (
    _PACKAGE,
    *FRAME_PREFIXES,
    "asyncio.",
    "threading",
    "runpy",
    "concurrent.",
)
_FRAME_NOTE = (
    "It is running. The memory comes back when it returns; interrupt the kernel to end it."
)
#: As every thread has them, whatever a class of the person's would answer.
_ident_of = threading.Thread.__dict__["ident"].__get__
_name_of = threading.Thread.__dict__["name"].__get__
_THREAD_NOTE = "The memory comes back when the thread ends; no other thread can end it."
CALLBACK_NOTE = "The memory comes back once the callback has run or was cancelled."
_TASK_NOTE = "The memory comes back once the task has been cancelled or has ended."


def frame_roots() -> list[Root]:
    """One root for each function that the running cell is in, and one for each other thread."""
    # The one way to see other threads' stacks.
    stacks = sys._current_frames()  # noqa: SLF001
    # A frame that refers to itself would keep all of this alive.
    stacks.pop(threading.get_ident(), None)
    main = threading.main_thread().ident
    caller = sys._getframe(1) if threading.get_ident() == main else stacks.get(main or 0)  # noqa: SLF001
    found = [_frame_root(frame) for frame in _own_frames(caller)]
    for thread in threading.enumerate():
        ident = _ident_of(thread)
        if ident not in (main, threading.get_ident()):
            found += _thread_roots(thread, _own_frames(stacks.get(ident or 0)))
    return found


def task_roots(host: Host) -> list[Root]:
    """One root for each pending task and callback of the host's event loop."""
    loop: Any = host.event_loop()
    found: list[Root] = []
    with suppress(Exception):
        for task in asyncio.all_tasks(loop) if loop is not None else ():
            found += _task_roots(task)
        for handle in (*getattr(loop, "_ready", ()), *getattr(loop, "_scheduled", ())):
            found += _callback_roots(handle)
    return found


def _callback_roots(handle: Any) -> list[Root]:
    """What was given to ``call_soon`` or ``call_later``; tasks have roots of their own."""
    callback = getattr(handle, "_callback", None)
    function: Any = callback.func if type(callback) is partial else callback
    function = function.__func__ if type(function) is MethodType else function
    if type(function) is not FunctionType or _is_machinery(function.__globals__):
        # No other callable can be named without running code of its own.
        return []
    label = callback_name(function)
    values = [(label, callback), (f"{label}: arguments", handle._args)]  # noqa: SLF001
    return [Root(label, "task", values, None, CALLBACK_NOTE, handle.cancel)]


def callback_name(function: FunctionType | None) -> str:
    """Name what an event loop will run; None where only the loop could say."""
    what = "a callback" if function is None else f"{function.__qualname__}()"
    return f"{what} in the event loop"


def _task_roots(task: Any) -> list[Root]:
    coroutine = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    name = getattr(coroutine, "__name__", "task")
    if frame is None or not is_machinery_frame(frame):
        task_name = task.get_name()
        line = (
            "import asyncio; [each.cancel() for each in asyncio.all_tasks() "
            f"if each.get_name() == {task_name!r}]"
        )
        label = f"{name}() in {task_name}"

        def release_now() -> None:
            task.get_loop().call_soon_threadsafe(task.cancel)

        return [Root(label, "task", [(label, task)], line, _TASK_NOTE, release_now)]
    # A task of the kernel's: the person's own coroutines are what it waits for.
    found = []
    step = coroutine
    while step is not None:
        frame = getattr(step, "cr_frame", None)
        if frame is not None and not is_machinery_frame(frame):
            found.append(_frame_root(frame))
        step = getattr(step, "cr_await", None)
    return found


def _thread_roots(thread: Any, frames: list[FrameType]) -> list[Root]:
    values = [item for frame in frames for item in _labelled(frame)]
    thread_name = _name_of(thread)
    # What the thread was started with is kept until it ends.
    for key in ("_args", "_kwargs", "_target"):
        value = object.__getattribute__(thread, "__dict__").get(key)
        if gc.is_tracked(value):
            values.append((f"{thread_name}.{key[1:]}", value))
    if not values:
        return []
    inner = f"{frames[-1].f_code.co_name}() in " if frames else ""
    return [Root(f"{inner}thread {thread_name}", "thread", values, None, _THREAD_NOTE)]


def _frame_root(frame: FrameType) -> Root:
    name = f"{frame.f_code.co_name}() running"
    return Root(name, "frame", _labelled(frame), None, _FRAME_NOTE)


def _labelled(frame: FrameType) -> list[tuple[str, Any]]:
    return [(f"{frame.f_code.co_name}(): {name}", value) for name, value in frame_items(frame)]


def _own_frames(frame: FrameType | None) -> list[FrameType]:
    """The functions on a stack that are not machinery, innermost first."""
    found = []
    while frame is not None:
        if not is_machinery_frame(frame) and frame.f_code.co_name != "<module>":
            found.append(frame)
        frame = frame.f_back
    return found


def is_machinery_frame(frame: FrameType) -> bool:
    """Whether a frame is of what runs cells, threads and tasks."""
    return _is_machinery(frame.f_globals)


def _is_machinery(names: dict[str, Any]) -> bool:
    """Whether a module with these names runs cells, threads and tasks."""
    name = names.get("__name__")
    # What a front end runs to ask the agent has no name.
    return type(name) is not str or name.startswith(_MACHINERY)
