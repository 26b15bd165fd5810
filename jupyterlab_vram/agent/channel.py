"""Sending from the kernel to the front end without being asked.

A push is an ``update_display_data`` message for a display that was never shown:
front ends hand it to listeners of all messages and otherwise ignore it,
and no output changes. Its parent decides what others make of it. It is never
the running cell: servers and clients that keep a cell's outputs themselves take
every display of the cell for one. It is a request that nobody made, of a type
that servers leave out of their activity tracking, so a kernel nobody uses can
still be culled.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.host.values import ChannelClosedError
from jupyterlab_vram.wire import MIME_TYPE

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.host.interface import Channel

_DISPLAY_ID = "jupyterlab-vram"
_UNTRACKED_REQUEST = "kernel_info_request"

#: After a request on a subshell the kernel says *idle* although a cell runs on;
#: the truth is published again after these pauses.
_REASSERT_PAUSES_S = (0.02, 0.1, 0.3)


class KernelIO:
    """Pushes, and the kernel's state, on a host's channel."""

    def __init__(self, channel: Channel) -> None:
        """Send on ``channel``."""
        self._channel = channel
        self.current_request = channel.current_request
        self.serves = channel.serves
        self.execution = channel.execution
        self.log = channel.log

    def push(self, payload: wire.AgentMessage) -> None:
        """Send ``payload`` as part of no client's request.

        Raises:
            ChannelClosedError: if nothing can be sent any more.
        """
        content = {
            "data": {MIME_TYPE: payload},
            "metadata": {},
            "transient": {"display_id": _DISPLAY_ID},
        }
        parent = self._channel.parent_of_type(_UNTRACKED_REQUEST)
        self._channel.send("update_display_data", content, parent)

    def say_status(self, state: str, parent: dict[str, Any]) -> None:
        """Publish the execution state of ``parent``'s request.

        Raises:
            ChannelClosedError: if nothing can be sent any more.
        """
        self._channel.send("status", {"execution_state": state}, parent)

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
