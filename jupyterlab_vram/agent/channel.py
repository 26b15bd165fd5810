"""Sending from the kernel to the front end without being asked.

A push is an ``update_display_data`` message for a display nobody has shown:
front ends hand it to whoever listens to all messages and otherwise ignore it,
and no output changes. Its parent decides what others make of it. It is never
the running cell: servers and clients that keep a cell's outputs themselves take
every display of the cell for one. It is a request that nobody made, of a type
that servers leave out of their activity tracking, so a kernel nobody uses can
still be culled.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

MIME_TYPE = "application/vnd.jupyterlab-vram+json"

_DISPLAY_ID = "jupyterlab-vram"
_UNTRACKED_REQUEST = "kernel_info_request"

#: ipykernel's function that serves a request to run code, and IPython's inside it
#: that has not yet returned for as long as the end of the cell is not announced.
_SERVING = "execute_request"
_RUNNING = "_run_cell"


#: After a request on a subshell the kernel says *idle* although a cell runs on;
#: the truth is published again after these pauses.
_REASSERT_PAUSES_S = (0.02, 0.1, 0.3)


class CannotPushError(RuntimeError):
    """Raised where the kernel has no message channel of ipykernel's kind."""


class ChannelClosedError(RuntimeError):
    """Raised when the channel is closed: the kernel is going away."""


class Execution(NamedTuple):
    """The request whose code the main thread is running, and since when."""

    request: dict[str, Any]
    started_s: float | None


class KernelIO:
    """The iopub channel of one ipykernel."""

    def __init__(self, shell: Any) -> None:
        """Find the kernel behind ``shell``.

        Raises:
            CannotPushError: if it is not an ipykernel.
        """
        kernel = getattr(shell, "kernel", None)
        parts = ("session", "iopub_socket", "get_parent")
        if kernel is None or not all(hasattr(kernel, part) for part in parts):
            raise CannotPushError("This kernel is not an ipykernel 6 or newer")
        self._kernel = kernel

    def current_request(self) -> dict[str, Any]:
        """Return the request that the calling thread is serving."""
        parent = self._kernel.get_parent()
        return parent if isinstance(parent, dict) else {}

    def serves(self, request: dict[str, Any]) -> bool:
        """Whether the main thread serves ``request`` right now; from any thread."""
        frames = (_serving_frame(), *self._suspended_frames())
        return any(
            frame is not None and _id_of(frame.f_locals.get("parent")) == _id_of(request)
            for frame in frames
        )

    def execution(self) -> Execution | None:
        """Find the cell that the main thread is running, from any other thread."""
        for frame in (_frame_on_stack(), *self._suspended_frames()):
            request = frame.f_locals.get("parent") if frame is not None else None
            if frame is not None and isinstance(request, dict) and not _is_silent(request):
                return Execution(request, _started_s(frame))
        return None

    def _suspended_frames(self) -> list[FrameType]:
        """Find where requests are served whose cells await something."""
        loop = getattr(getattr(self._kernel, "io_loop", None), "asyncio_loop", None)
        found = []
        for task in asyncio.all_tasks(loop) if loop is not None else ():
            step: Any = task.get_coro()
            while step is not None:
                frame = getattr(step, "cr_frame", None)
                inner = getattr(step, "cr_await", None)
                if frame is not None and inner is not None and frame.f_code.co_name == _SERVING:
                    found.append(frame)
                step = inner
        return found

    def push(self, payload: dict[str, Any]) -> None:
        """Send ``payload`` as part of no request that anybody made.

        Raises:
            ChannelClosedError: if nothing can be sent any more.
        """
        content = {
            "data": {MIME_TYPE: payload},
            "metadata": {},
            "transient": {"display_id": _DISPLAY_ID},
        }
        parent = {"header": self._header(_UNTRACKED_REQUEST), "metadata": {}}
        self._send("update_display_data", content, parent)

    def say_status(self, state: str, parent: dict[str, Any]) -> None:
        """Publish the execution state of ``parent``'s request.

        Raises:
            ChannelClosedError: if nothing can be sent any more.
        """
        self._send("status", {"execution_state": state}, parent)

    def reassert_status(self, followed: Callable[[], dict[str, Any] | None]) -> None:
        """Say again which request the kernel is busy with; does not wait for it.

        Args:
            followed: returns the request that is known to be running, or None;
                then the kernel itself is looked at.
        """

        def running() -> dict[str, Any] | None:
            found = self.execution()
            return followed() or (None if found is None else found.request)

        threading.Thread(target=self._reassert, args=(running,), daemon=True).start()

    def _reassert(self, running: Callable[[], dict[str, Any] | None]) -> None:
        try:
            for pause_s in _REASSERT_PAUSES_S:
                time.sleep(pause_s)
                said, request = None, running()
                # The cell may end meanwhile; its own *idle* is then older than our *busy*.
                while request is not said:
                    if said is not None:
                        self.say_status("idle", said)
                    if request is not None:
                        self.say_status("busy", request)
                    said, request = request, running()
        except ChannelClosedError:
            return
        except Exception:
            self.log("The kernel's state could not be published")

    def log(self, sentence: str) -> None:
        """Write to the kernel's own log, which no cell shows, with the error being handled."""
        self._kernel.log.warning(sentence, exc_info=sys.exc_info())

    def _send(self, msg_type: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
        from zmq import ZMQError

        session, socket = self._kernel.session, self._kernel.iopub_socket
        if socket is None or getattr(getattr(socket, "io_thread", None), "closed", False):
            raise ChannelClosedError("The iopub channel is closed")
        # With a header of our own: the session's message counter is not made for threads.
        message = session.msg(msg_type, content, parent=parent, header=self._header(msg_type))
        try:
            session.send(socket, message, ident=b"kernel.jupyterlab-vram." + msg_type.encode())
        except ZMQError as error:
            raise ChannelClosedError(str(error)) from error

    def _header(self, msg_type: str) -> dict[str, Any]:
        from jupyter_client.session import msg_header

        session = self._kernel.session
        header: dict[str, Any] = msg_header(
            uuid.uuid4().hex, msg_type, session.username, session.session
        )
        return header


def _serving_frame() -> FrameType | None:
    """Find where the main thread serves a request to run code."""
    return next((frame for frame in _main_stack() if frame.f_code.co_name == _SERVING), None)


def _frame_on_stack() -> FrameType | None:
    """Find where the main thread serves a request whose cell it is executing right now."""
    is_running = False
    for frame in _main_stack():
        name = frame.f_code.co_name
        is_running = is_running or name == _RUNNING
        if name == _SERVING:
            return frame if is_running else None
    return None


def _main_stack() -> Iterator[FrameType]:
    """Go up the main thread's stack, from its innermost frame."""
    # The one way to see another thread's stack.
    frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001
    while frame is not None:
        yield frame
        frame = frame.f_back


def _id_of(request: Any) -> Any:
    return request.get("header", {}).get("msg_id") if isinstance(request, dict) else None


def _is_silent(request: dict[str, Any]) -> bool:
    return bool(request.get("content", {}).get("silent", False))


def _started_s(frame: FrameType) -> float | None:
    # By the kernel's clock, unlike the date in the request's header.
    metadata = frame.f_locals.get("metadata")
    started = metadata.get("started") if isinstance(metadata, dict) else None
    return started.timestamp() if isinstance(started, datetime) else None
