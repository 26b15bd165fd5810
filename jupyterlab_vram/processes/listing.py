"""Every process on every GPU of this machine: what it holds, whose it is.

The driver tells who uses which GPU; ``/proc`` tells the rest, where it shows the
process at all. What can't be told is None.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

from jupyterlab_vram.deadline import SilentError, with_deadline
from jupyterlab_vram.nvidia import nvml, smi
from jupyterlab_vram.nvidia.types import DriverAnswer, DriverError, Gpu, GpuUse
from jupyterlab_vram.wire import LEFTOVER_THRESHOLD_BYTES

from . import owners, procfs, stop

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

_MAX_TEXT_LENGTH = 400
#: How long NVML may take, and all together: three calls of ``nvidia-smi`` at most.
_NVML_PATIENCE_S, _PATIENCE_S = 5.0, 20.0


@dataclass(frozen=True)
class GpuShare:
    """What one process holds on one GPU, in bytes."""

    uuid: str
    used_bytes: int | None


@dataclass(frozen=True)
class GpuProcess:
    """One process that uses a GPU; None is what can't be known from here."""

    pid: int
    #: ``compute``, ``graphics`` or ``both``.
    kind: wire.ProcessKind
    shares: tuple[GpuShare, ...]
    #: False where the number means another process here, or none: the driver
    #: counts in another namespace, as in a container. All the rest is None then.
    is_visible: bool
    user: str | None
    command: str | None
    #: Seconds since the epoch.
    started_s: float | None
    #: This kernel, or something it started.
    is_own: bool
    is_kernel: bool
    kernel_id: str | None
    kernel_pid: int | None
    notebook: str | None
    #: Set where it holds more than the threshold and is not this kernel:
    #: ``orphan`` if its parent is gone, ``unowned`` if no kernel owns it.
    leftover: wire.Leftover | None
    #: To be given back to stop it; None if it is not to be stopped from here.
    identity: str | None
    #: Why not: one of :data:`stopping.REASONS`.
    why_not_stoppable: wire.StopRefusal | None
    #: What it was started as: the command up to the first argument, without folders.
    program: str | None = None

    @property
    def used_bytes(self) -> int | None:
        """What it holds on all GPUs; None if that is unknown for any."""
        return _known(self.shares)

    def to_dict(self) -> wire.GpuProcess:
        """Return the process as the wire format's ``GpuProcess``."""
        shares = [asdict(share) for share in self.shares]
        return cast("wire.GpuProcess", {**asdict(self), "shares": shares})


@dataclass(frozen=True)
class Survey:
    """All GPUs and processes at one moment, or why nothing is known."""

    time_s: float
    #: ``ok``, or a ``DriverError.state``.
    state: wire.SurveyState
    detail: str
    #: ``nvml`` or ``nvidia-smi``; None unless ``ok``.
    source: wire.SurveySource | None
    gpus: tuple[Gpu, ...]
    processes: tuple[GpuProcess, ...]

    def other_bytes(self, gpu: Gpu) -> int | None:
        """GPU memory in use that no listed process accounts for.

        None if the driver does not tell, and for a GPU that is sliced.
        """
        if gpu.used_bytes is None or any(each.parent_uuid == gpu.uuid for each in self.gpus):
            return None
        shares = chain.from_iterable(process.shares for process in self.processes)
        known = sum(share.used_bytes or 0 for share in shares if share.uuid == gpu.uuid)
        return max(0, gpu.used_bytes - known)

    def to_dict(self) -> wire.Survey:
        """Return the survey as the wire format's ``Survey``."""
        gpus = [
            cast("wire.Gpu", {**asdict(gpu), "other_bytes": self.other_bytes(gpu)})
            for gpu in self.gpus
        ]
        return {
            "time": self.time_s,
            "state": self.state,
            "detail": self.detail,
            "source": self.source,
            "gpus": gpus,
            "processes": [process.to_dict() for process in self.processes],
        }


def processes(leftover_bytes: int = LEFTOVER_THRESHOLD_BYTES) -> list[GpuProcess]:
    """List every process on every NVIDIA GPU, the biggest first.

    Takes up to seconds where only ``nvidia-smi`` can be asked. The list is empty
    where the driver can't be asked; :func:`survey` says why.
    """
    return list(survey(leftover_bytes).processes)


def answer(fields: dict[str, Any]) -> wire.Survey:
    """Answer a front end's request for a survey."""
    return survey(checked_threshold(fields.get("leftover_bytes"))).to_dict()


def checked_threshold(wanted: Any) -> int:
    """Return a number of bytes that a front end sent, or the usual one."""
    is_whole = isinstance(wanted, int) and not isinstance(wanted, bool)
    return wanted if is_whole and 0 <= wanted < 1 << 53 else LEFTOVER_THRESHOLD_BYTES


def survey(leftover_bytes: int = LEFTOVER_THRESHOLD_BYTES) -> Survey:
    """List every GPU and process; never raises, and waits no longer than some seconds."""
    try:
        # The system, too, may never answer about a process that hangs in a driver.
        return with_deadline("processes", _PATIENCE_S, partial(_survey, leftover_bytes))
    except DriverError as error:
        return failed_survey(error.state, error.detail)
    except SilentError as error:
        return failed_survey("timeout", str(error))
    except Exception as error:
        return failed_survey("failed", repr(error))


def failed_survey(state: wire.SurveyState, detail: str) -> Survey:
    """Say why nothing is known."""
    return Survey(time.time(), state, _one_line(detail), None, (), ())


def _survey(leftover_bytes: int) -> Survey:
    now_s = time.time()
    answer = _ask()
    by_pid: dict[int, list[GpuUse]] = {}
    for use in answer.uses:
        by_pid.setdefault(use.pid, []).append(use)
    found = [_process(pid, uses, leftover_bytes) for pid, uses in by_pid.items()]
    found.sort(key=lambda process: (-(process.used_bytes or 0), process.pid))
    return Survey(now_s, "ok", "", answer.source, answer.gpus, tuple(found))


def _ask() -> DriverAnswer:
    try:
        return with_deadline("NVML", _NVML_PATIENCE_S, lambda: nvml.ask(nvml.load()))
    except SilentError as error:
        # `nvidia-smi` asks in the same way.
        raise DriverError("timeout", str(error)) from None
    except DriverError as first:
        try:
            return smi.ask()
        except DriverError as second:
            raise (first if second.state == "no-tool" else second) from None


def _process(pid: int, uses: list[GpuUse], leftover_bytes: int) -> GpuProcess:
    kinds = {use.kind for use in uses}
    kind = kinds.pop() if len(kinds) == 1 else "both"
    shares = tuple(GpuShare(use.uuid, use.used_bytes) for use in uses)
    facts = procfs.look_up(pid)
    if facts is None or not _is_meant(facts, uses[0].program):
        return _unseen(pid, kind, shares, uses[0].program)
    owner = owners.owner_of(facts)
    is_own = os.getpid() in (pid, *(each.pid for each in procfs.ancestors(facts)))
    reason = stop.reason_against(facts)
    return GpuProcess(
        pid=pid,
        kind=kind,
        shares=shares,
        is_visible=True,
        user=procfs.user_name(facts.uids[1]),
        command=_one_line(" ".join(facts.command)) or uses[0].program,
        started_s=facts.started_s,
        is_own=is_own,
        is_kernel=owner.is_kernel,
        kernel_id=owner.kernel_id,
        kernel_pid=owner.kernel_pid,
        notebook=None if owner.notebook is None else _one_line(owner.notebook),
        leftover=None if is_own else _leftover(facts, owner, _known(shares), leftover_bytes),
        identity=stop.issue(facts) if reason is None else None,
        why_not_stoppable=reason,
        program=_program(facts.command[0] if facts.command else uses[0].program),
    )


def _is_meant(facts: procfs.ProcessFacts, program: str | None) -> bool:
    """Whether the driver means this process, and not one with its number elsewhere."""
    holds_device = procfs.holds_device(facts.pid)
    if holds_device is None and program is not None:
        # Another user's: there is only the name to go by.
        names = {PurePath(each).name for each in (program, program.split()[0])}
        return PurePath(facts.command[0]).name in names
    return holds_device is not False or facts.is_zombie


def _known(shares: tuple[GpuShare, ...]) -> int | None:
    figures = [share.used_bytes for share in shares]
    return None if None in figures else sum(figure or 0 for figure in figures)


def _leftover(
    facts: procfs.ProcessFacts, owner: owners.Owner, used: int | None, threshold: int
) -> wire.Leftover | None:
    kernel = procfs.look_up(owner.kernel_pid) if owner.kernel_pid is not None else None
    is_orphan = any(owners.is_parent_gone(each) for each in (facts, kernel) if each is not None)
    if is_orphan or facts.is_zombie:
        # No process will use it again, so an unknown size counts too.
        return "orphan" if used is None or used > threshold else None
    return "unowned" if kernel is None and used is not None and used > threshold else None


def _unseen(
    pid: int, kind: wire.ProcessKind, shares: tuple[GpuShare, ...], program: str | None
) -> GpuProcess:
    return GpuProcess(
        pid=pid,
        kind=kind,
        shares=shares,
        is_visible=False,
        user=None,
        command=None if program is None else _one_line(program),
        started_s=None,
        is_own=False,
        is_kernel=False,
        kernel_id=None,
        kernel_pid=None,
        notebook=None,
        leftover=None,
        identity=None,
        why_not_stoppable="not-visible",
        program=_program(program),
    )


def _program(started_as: str | None) -> str | None:
    """Return the name of a program, whose path may hold blanks.

    What is no path stays whole: programs give themselves titles, as
    ``ray::train /data`` or ``VLLM::EngineCore``.
    """
    if started_as is None:
        return None
    is_path = started_as.startswith(("/", "./", "../"))
    return _one_line(PurePath(started_as).name if is_path else started_as) or None


def _one_line(text: str) -> str:
    line = "".join(each if each.isprintable() else " " for each in text).strip()
    return line if len(line) <= _MAX_TEXT_LENGTH else line[: _MAX_TEXT_LENGTH - 1] + "…"
