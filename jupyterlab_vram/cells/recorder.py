"""What each run of each cell did to the device memory, from the host's events."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.devices.readings import Allocation, allocations, reset_peaks
from jupyterlab_vram.host.current import cell_end

from . import oom
from .interrupts import give_back, guard
from .leaks import Leaks, Watch
from .names import cell_names

if TYPE_CHECKING:
    import ast

    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.host.interface import Host
    from jupyterlab_vram.host.values import CellEnd

#: Records kept for a front end that attaches later.
MAX_RECORDS = 200


class PeakMeter:
    """The most that each device had allocated while something ran.

    torch's own peak counter is exact but belongs to the person, so it is never
    reset here: it tells the peak of a run only when the run set a new record.
    Otherwise the largest sample stands, which is a lower bound.
    """

    def __init__(self, before: list[Allocation]) -> None:
        self._records = {each.device: each.peak_allocated for each in before}
        self._sampled = {each.device: each.allocated for each in before}

    def sample(self, now: list[Allocation]) -> None:
        """Note what is allocated at this moment of the run."""
        for each in now:
            self._sampled[each.device] = max(self._sampled.get(each.device, 0), each.allocated)

    def peak(self, after: Allocation) -> tuple[int, bool]:
        """Return the peak in bytes and whether it is exact."""
        sampled = max(self._sampled.get(after.device, 0), after.allocated)
        counter, record = after.peak_allocated, self._records.get(after.device) or 0
        if counter is None:
            return sampled, False
        if counter != record:
            # Below a sample or the old record, the person reset the counter in this run.
            return max(counter, sampled), counter >= max(record, sampled)
        return sampled, sampled >= record


class Run:
    """One cell that is running, known by the request that asked for it."""

    def __init__(
        self, request: dict[str, Any], cell_id: str | None, execution_count: int | None
    ) -> None:
        self.request = request
        self.cell_id = cell_id
        self.execution_count = execution_count
        self.started_s = time.time()
        self.before = allocations_or_none()
        self.meter = PeakMeter(self.before or [])
        self.code_digest = ""
        self.watch: Watch | None = None
        #: Cells that this cell is running in turn.
        self.depth = 0
        #: The start was not seen, so there is nothing to compare the end with.
        self.is_partial = False

    def is_of(self, request: dict[str, Any]) -> bool:
        """Whether ``request`` is the one that asked for this run."""
        return bool(_message_id(request) == _message_id(self.request))

    def to_dict(self) -> wire.RunningCell:
        """Return the run as the wire format's ``Running``."""
        return {
            "cell_id": self.cell_id,
            "execution_count": self.execution_count,
            "started": self.started_s,
        }

    def devices(self) -> list[wire.CellDevice]:
        """Compare with now; empty where one of the two could not be read."""
        after = allocations_or_none()
        if self.before is None or after is None:
            return []
        before = {each.device: each for each in self.before}
        found: list[wire.CellDevice] = []
        for now in after:
            start = before.get(now.device, Allocation(now.device, 0, 0, None))
            peak, exact = self.meter.peak(now)
            found.append(
                {
                    "id": now.device,
                    "before_allocated_bytes": start.allocated,
                    "before_reserved_bytes": start.reserved,
                    "after_allocated_bytes": now.allocated,
                    "after_reserved_bytes": now.reserved,
                    "peak_allocated_bytes": peak,
                    "peak_exact": exact,
                }
            )
        return found


class CellRecorder:
    """Keeps a record of every cell that runs in one host.

    The hooks run on the host's own thread, around the person's code. They
    never raise, and keep no object of the person's alive.
    """

    def __init__(self, host: Host, request_of: Callable[[], dict[str, Any]]) -> None:
        """Make a recorder for ``host``; ``request_of`` returns the request being served."""
        self._host = host
        self._request_of = request_of
        #: Whether the main thread serves a request; asked from any thread.
        self.serves: Callable[[dict[str, Any]], bool] = _serves_none
        self._runs = 0
        self._lock = threading.Lock()
        self._records: deque[wire.CellRecord] = deque(maxlen=MAX_RECORDS)
        self._leaks = Leaks()
        self.running: Run | None = None
        #: Whether torch's own peak counters are reset at each cell.
        self.exact_peaks = False
        #: Neither of the two may raise; the second gets the cell's record, if there is one.
        self.on_start: Callable[[], None] = _do_nothing
        self.on_finish: Callable[[wire.CellRecord | None], None] = _do_nothing

    def install(self) -> None:
        """Begin to follow the host's cells, unless that was done before."""
        self._host.watch_cells(self._before, self._after)

    def remove(self) -> None:
        """Leave nothing in the host."""
        self._host.unwatch_cells(self._before, self._after)
        self._host.stop_reading_code(self)
        self.running = None

    def sample(self) -> None:
        """Take a sample for the running cell's peak; called from another thread."""
        run = self.running
        now = allocations_or_none() if run is not None else None
        if run is not None and now is not None:
            run.meter.sample(now)

    def adopt(self, request: dict[str, Any], started_s: float) -> Run:
        """Follow a cell that was already running when the recorder was installed."""
        run = Run(request, _cell_id_of(request), None)
        run.started_s = started_s
        run.is_partial = True
        self.running = run
        return run

    def records(self) -> list[wire.CellRecord]:
        """Return the latest records, oldest first; safe from any thread."""
        with self._lock:
            return list(self._records)

    def leaks(self) -> list[wire.Leak]:
        """Return the leaks that are still alive; safe from any thread."""
        with self._lock:
            return self._leaks.to_list()

    def visit(self, tree: ast.AST) -> ast.AST:
        """Read the code that is about to run."""
        guard(self._read, self._is_serving, tree)
        return tree

    def _read(self, tree: ast.AST) -> None:
        host, run = self._host, self.running
        try:
            # Only for this one tree.
            host.stop_reading_code(self, is_reading=True)
            if run is not None:
                run.watch = Watch(cell_names(tree), host.names, host.hidden)
        except Exception as error:
            give_back(error, self._is_serving)

    def _before(self, info: Any = None) -> None:
        guard(self._begin, self._is_serving, info)

    def _begin(self, info: Any) -> None:
        try:
            request = self._request_of()
            if self.running is not None and self.running.is_of(request):
                self.running.depth += 1
                return
            # A run of another request means that the end of the last was never heard.
            self.running = None
            self.running = self._start(request, info)
            self.on_start()
        except Exception as error:
            self.running = None
            give_back(error, self._is_serving)

    def _is_serving(self) -> Callable[[], bool]:
        """Return what tells whether the request of now is still being served."""
        return partial(self.serves, self._request_of())

    def _start(self, request: dict[str, Any], info: Any) -> Run:
        if self.exact_peaks:
            reset_peaks()
        start = self._host.cell_start(info)
        # Older kernels tell their shell nothing of the cell.
        run = Run(request, start.cell_id or _cell_id_of(request), start.execution_count)
        run.code_digest = hashlib.sha256(start.code.encode("utf-8", "replace")).hexdigest()[:16]
        # With nothing allocated, no name can lose device memory.
        if any(each.allocated for each in run.before or []):
            self._host.read_next_code(self)
        return run

    def _after(self, result: Any = None) -> None:
        guard(self._end, self._is_serving, result)

    def _end(self, result: Any) -> None:
        oom.note(result)
        run, end = self.running, cell_end(result)
        if run is None or end.is_blank:
            return
        if run.depth:
            run.depth -= 1
            return
        self.running = None
        record = None
        try:
            self._host.stop_reading_code(self)
            if not run.is_partial:
                record = self._finish(run, end)
        except Exception as error:
            give_back(error, self._is_serving)
        finally:
            self.on_finish(record)

    def _finish(self, run: Run, end: CellEnd) -> wire.CellRecord:
        if run.execution_count is not None and end.execution_count is not None:
            run.execution_count = end.execution_count
        removals = run.watch.removals() if run.watch is not None else []
        self._runs += 1
        record: wire.CellRecord = {
            "run": self._runs,
            "cell_id": run.cell_id,
            "execution_count": run.execution_count,
            "code_digest": run.code_digest,
            "started": run.started_s,
            "ended": time.time(),
            "ok": end.ok,
            "devices": run.devices(),
            "removed": [removal.to_dict() for removal in removals],
        }
        with self._lock:
            for removal in removals:
                self._leaks.add(removal, self._runs, run.execution_count)
            self._records.append(record)
        return record


def allocations_or_none() -> list[Allocation] | None:
    """As :func:`allocations`, or None where a device could not be read."""
    try:
        return allocations()
    except Exception:
        return None


def _message_id(request: dict[str, Any]) -> Any:
    return request.get("header", {}).get("msg_id")


def _cell_id_of(request: dict[str, Any]) -> str | None:
    cell_id = request.get("metadata", {}).get("cellId")
    return cell_id if isinstance(cell_id, str) else None


def _serves_none(_request: dict[str, Any]) -> bool:
    return False


def _do_nothing(_record: wire.CellRecord | None = None) -> None:
    return
