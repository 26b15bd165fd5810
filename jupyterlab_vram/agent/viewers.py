"""Who looks at a kernel: the pace that each wants, and until when without a sign of life.

A page may go away without a word, and the server then goes on listening for it.
So a viewer may take a lease: a sign of life renews it, and without one it ends.
Its clock stands still while a cell runs, since a request in a running cell would
make the kernel say *idle*.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from jupyterlab_vram.wire import MAX_VIEWERS

#: Connections that one viewer is known by; a page opens few.
MAX_SESSIONS = 8


@dataclass
class Viewer:
    """One front end that gets pushes."""

    #: How often it wants to be told, in seconds.
    interval_s: float
    #: How long it may be silent; None: for ever.
    lease_s: float | None = None
    #: When the lease ends, by the clock of ``time.monotonic``.
    ends_s: float = 0.0
    #: The connections from which it asked.
    sessions: list[str] = field(default_factory=list)


class Viewers:
    """The viewers of one kernel, the latest to attach last."""

    def __init__(self) -> None:
        self._viewers: dict[str, Viewer] = {}
        self._busy_since_s: float | None = None

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._viewers)

    def names(self) -> list[str]:
        """Return their names."""
        return list(self._viewers)

    def interval_s(self) -> float:
        """Return the pace of the one that wants to be told most often."""
        return min(each.interval_s for each in list(self._viewers.values()))

    def add(self, name: str, interval_s: float, lease_s: float | None) -> None:
        """Add a viewer, or change what it wants; where there are too many the oldest gives way."""
        known = self._viewers.pop(name, None)
        self._viewers[name] = Viewer(interval_s, lease_s, 0.0, known.sessions if known else [])
        while len(self._viewers) > MAX_VIEWERS:
            del self._viewers[next(iter(self._viewers))]

    def remove(self, name: str) -> None:
        """Forget a viewer."""
        self._viewers.pop(name, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._viewers.clear()

    def note_request(self, name: str, session: str) -> None:
        """Take a request for a sign of life of the viewer that sent it."""
        viewer = self._viewers.get(name)
        if viewer is None:
            return
        self._renew(viewer)
        if session and session not in viewer.sessions:
            viewer.sessions = [*viewer.sessions, session][-MAX_SESSIONS:]

    def note_start(self, session: str) -> None:
        """Take a cell for a sign of life of all who ask from where it was sent; it starts now."""
        for viewer in list(self._viewers.values()):
            if session in viewer.sessions:
                self._renew(viewer)
        if self._busy_since_s is None:
            self._busy_since_s = time.monotonic()

    def note_end(self) -> None:
        """Let the clocks go on: the cell has ended."""
        since_s, self._busy_since_s = self._busy_since_s, None
        if since_s is not None:
            for viewer in list(self._viewers.values()):
                # A lease that began in this cell counts from its end, too.
                begun_s = max(since_s, viewer.ends_s - (viewer.lease_s or 0.0))
                viewer.ends_s += time.monotonic() - begun_s

    def lapsed(self) -> list[str]:
        """Return the viewers whose lease has ended; none while a cell runs."""
        if self._busy_since_s is not None:
            return []
        now_s = time.monotonic()
        return [
            name
            for name, each in list(self._viewers.items())
            if each.lease_s is not None and now_s >= each.ends_s
        ]

    def _renew(self, viewer: Viewer) -> None:
        viewer.ends_s = time.monotonic() + (viewer.lease_s or 0.0)
