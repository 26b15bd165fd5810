"""Every fact about ipykernel and jupyter_client that is not public API.

Where the kernel serves requests and how a message is sent from any thread. ipykernel documents
neither; :func:`probe` says what a version lacks.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, bases_of

from .values import CannotPushError, ChannelClosedError, Execution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: As of IPython, see :mod:`.ipython`.
CLASS_PREFIXES = ("ipykernel.", "traitlets.", "zmq.", "tornado.", "jupyter_client.")
FRAME_PREFIXES = (
    "ipykernel",
    "traitlets",
    "tornado.",
    "nest_asyncio",
    "uvloop",
    "debugpy",
    "_pydev",
    "pydevd",
    "zmq.",
    "jupyter_client",
)
PACKAGES = ("ipykernel", "tornado")
#: Packages whose event loops lead to all that they run.
LOOP_PACKAGES = ("tornado", "zmq")

#: The function that serves a request to run code, and IPython's inside it that has not yet
#: returned for as long as the end of the cell is not announced.
_SERVING = "execute_request"
_RUNNING = "_run_cell"
#: Variables of the former: the request, and its facts, with when it began.
_REQUEST, _METADATA, _STARTED = "parent", "metadata", "started"
_CHANNEL_PARTS = ("session", "iopub_socket", "get_parent")
_IDENT = b"kernel.jupyterlab-vram."


def running_kernel() -> Any | None:
    """Return the kernel of this process; None where ipykernel runs none."""
    app = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
    return getattr(getattr(app, "_instance", None), "kernel", None)


def event_loop(kernel: Any) -> Any | None:
    """Return the asyncio loop in which a kernel serves requests; None where there is none."""
    return getattr(getattr(kernel, "io_loop", None), "asyncio_loop", None)


def probe(shell: Any, kernel: Any) -> list[str]:
    """Return what this version lacks, as keys; looks at code, and calls none of it."""
    # A subclass may do some things first and leave the rest to the class that it is made from.
    is_request_known = any(
        _REQUEST in names and _METADATA in names for names in _codes_of(type(kernel), _SERVING)
    )
    found = {
        "running-cell": is_request_known and bool(_codes_of(type(shell), _RUNNING)),
        "tasks": event_loop(kernel) is not None,
    }
    return [key for key, is_there in found.items() if not is_there]


def _codes_of(cls: type, name: str) -> list[tuple[str, ...]]:
    """Return the local names of a method, of each base that writes it in Python."""
    methods = [attributes_of_class(base).get(name) for base in bases_of(cls)]
    codes = [getattr(method, "__code__", None) for method in methods]
    return [code.co_varnames for code in codes if code is not None]


class KernelChannel:
    """The iopub channel of one ipykernel."""

    def __init__(self, kernel: Any) -> None:
        """Use ``kernel``.

        Raises:
            CannotPushError: if it is not an ipykernel.
        """
        if kernel is None or not all(hasattr(kernel, part) for part in _CHANNEL_PARTS):
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
            frame is not None and _id_of(frame.f_locals.get(_REQUEST)) == _id_of(request)
            for frame in frames
        )

    def execution(self) -> Execution | None:
        """Find the cell that the main thread is running, from any other thread."""
        for frame in (_frame_on_stack(), *self._suspended_frames()):
            request = frame.f_locals.get(_REQUEST) if frame is not None else None
            if frame is not None and isinstance(request, dict) and not _is_silent(request):
                return Execution(request, _started_s(frame))
        return None

    def _suspended_frames(self) -> list[FrameType]:
        """Find where requests are served whose cells await something."""
        loop = event_loop(self._kernel)
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

    def send(self, msg_type: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
        """Send one message to all front ends, from any thread.

        Raises:
            ChannelClosedError: if nothing can be sent any more.
        """
        from zmq import ZMQError

        session, socket = self._kernel.session, self._kernel.iopub_socket
        if socket is None or getattr(getattr(socket, "io_thread", None), "closed", False):
            raise ChannelClosedError("The iopub channel is closed")
        # With a header of our own: the session's message counter is not made for threads.
        message = session.msg(msg_type, content, parent=parent, header=self._header(msg_type))
        try:
            session.send(socket, message, ident=_IDENT + msg_type.encode())
        except ZMQError as error:
            raise ChannelClosedError(str(error)) from error

    def parent_of_type(self, msg_type: str) -> dict[str, Any]:
        """Make up a request of a type, to which a message may then belong."""
        return {"header": self._header(msg_type), "metadata": {}}

    def log(self, sentence: str) -> None:
        """Write to the kernel's own log, which no cell shows, with the error being handled."""
        self._kernel.log.warning(sentence, exc_info=sys.exc_info())

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
    metadata = frame.f_locals.get(_METADATA)
    started = metadata.get(_STARTED) if isinstance(metadata, dict) else None
    return started.timestamp() if isinstance(started, datetime) else None
