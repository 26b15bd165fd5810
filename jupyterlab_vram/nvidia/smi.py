"""Asking the driver through the program ``nvidia-smi``.

Its XML tells most, and in one language; where that is not well formed (names of
programs are not always escaped) its tables are read instead.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from jupyterlab_vram.deadline import SilentError, with_deadline

from .types import (
    MAX_PID,
    DriverAnswer,
    DriverError,
    Gpu,
    GpuUse,
    Numbered,
    bare_uuid,
    known_bytes,
    merged,
    process_bytes,
    state_of,
)

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

_TIMEOUT_S = 5.0
#: What it may take to end after it was killed.
_ENDING_S = 1.0
_MAX_ANSWER_LENGTH = 16 << 20
_MAX_DETAIL_LENGTH = 300

#: Where Windows puts it for its Linux subsystem, whose PATH may lack it.
_WSL_PROGRAM = "/usr/lib/wsl/lib/nvidia-smi"

_KINDS: dict[str, wire.ProcessKind] = {
    "C": "compute",
    "G": "graphics",
    "M+C": "compute",
    "C+G": "both",
    "M+C+G": "both",
}
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,12})\s*([A-Za-z]+)")
_LISTED_GPU = re.compile(r"GPU\s+([0-9]+):.*\(UUID:\s*(GPU-[^)\s]+)\)")
_LISTED_SLICE = re.compile(r"\s+MIG\s.*Device\s+([0-9]+):\s*\(UUID:\s*(MIG-[^)\s]+)\)")


def ask() -> DriverAnswer:
    """List every GPU and slice, and every process on them; takes up to seconds.

    Raises:
        DriverError: if nothing can be told.
    """
    text = run("-q", "-x")
    try:
        return parse_xml(text, slice_uuids(run("-L")) if "<mig_device>" in text else {})
    except ET.ParseError:
        apps = run(_query("compute-apps", _APP_COLUMNS), *_PLAIN)
        return parse_tables(run(_query("gpu", _GPU_COLUMNS), *_PLAIN), apps)


def look(pid: int) -> tuple[list[GpuUse], dict[str, int]]:
    """Return what one process uses of each GPU, and by UUID what is free.

    Raises:
        DriverError: if nothing can be told.
    """
    apps = parse_apps(run(_query("compute-apps", _APP_COLUMNS), *_PLAIN))
    free: dict[str, int] = {}
    with suppress(DriverError):
        for line in run(_query("gpu", "uuid,memory.free"), *_PLAIN).splitlines():
            uuid, figure = _fields(line, 2)
            mebibytes = _plain_mebibytes(figure)
            if mebibytes is not None:
                free[bare_uuid(uuid)] = mebibytes
    return [use for use in apps if use.pid == pid], free


def numbers() -> list[Numbered]:
    """Return the number of every GPU and slice; takes up to seconds.

    Raises:
        DriverError: if nothing can be told.
    """
    return parse_numbers(run("-L"))


_PLAIN = ("--format=csv,noheader,nounits",)
#: The name last: it may hold commas.
_GPU_COLUMNS = "uuid,memory.total,memory.used,name"
_APP_COLUMNS = "gpu_uuid,pid,used_memory,process_name"


def _query(what: str, columns: str) -> str:
    return f"--query-{what}={columns}"


def run(*arguments: str) -> str:
    """Run ``nvidia-smi`` and return what it printed.

    Raises:
        DriverError: if it is missing, does not end in time, or fails.
    """
    program = shutil.which("nvidia-smi") or shutil.which(_WSL_PROGRAM)
    if program is None:
        raise DriverError("no-tool")
    try:
        # One that the system can't end even by force is waited for in vain.
        answer = with_deadline(
            "nvidia-smi", _TIMEOUT_S + _ENDING_S, lambda: _call(program, arguments)
        )
    except (subprocess.TimeoutExpired, SilentError):
        raise DriverError("timeout") from None
    except OSError as error:
        raise DriverError("failed", str(error)) from error
    text = answer.stdout[:_MAX_ANSWER_LENGTH].decode(errors="replace")
    if answer.returncode != 0:
        said = (text + answer.stderr.decode(errors="replace")).strip()
        detail = said.partition("\n")[0][:_MAX_DETAIL_LENGTH]
        raise DriverError(state_of(answer.returncode), detail)
    return text


def _call(program: str, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - fixed words only
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )


def parse_xml(text: str, uuids: dict[tuple[str, int], str]) -> DriverAnswer:
    """Read the answer to ``-q -x``.

    Args:
        text: what was printed.
        uuids: the UUID of each MIG slice, by its GPU's UUID and its index.

    Raises:
        ParseError: if it is not XML.
        DriverError: if it names no GPU.
    """
    root = ET.fromstring(text)  # noqa: S314 - from the driver's own program
    gpus: list[Gpu] = []
    uses: list[GpuUse] = []
    for index, element in enumerate(root.iter("gpu")):
        uuid = bare_uuid(_text(element, "uuid") or "")
        if not uuid:
            continue
        processes = element.find("processes")
        # Where there is nothing to tell, one text stands in place of the list.
        listed = processes is not None and not (processes.text or "").strip()
        gpus.append(_gpu(element, uuid, None, index, is_listed=listed))
        slices = {}
        for each in element.iter("mig_device"):
            place = _number(_text(each, "index")) or 0
            ids = _slice_ids(each)
            slices[ids] = uuids.get((uuid, place)) or f"MIG-GPU-{uuid}/{ids[0]}/{ids[1]}"
            gpus.append(_gpu(each, slices[ids], uuid, place, is_listed=listed))
        for each in element.iter("process_info"):
            use = _xml_use(each, slices.get(_slice_ids(each), uuid))
            uses += [use] if use is not None else []
    if not gpus:
        raise DriverError("no-devices")
    return DriverAnswer("nvidia-smi", tuple(gpus), merged(uses))


def parse_tables(gpus: str, apps: str) -> DriverAnswer:
    """Read the answers to ``--query-gpu`` and ``--query-compute-apps``.

    Raises:
        DriverError: if they name no GPU.
    """
    found = parse_gpus(gpus)
    if not found:
        raise DriverError("no-devices")
    return DriverAnswer("nvidia-smi", tuple(found), merged(parse_apps(apps)))


def parse_gpus(text: str) -> list[Gpu]:
    """Read the answer to ``--query-gpu``; lines that make no sense are left out."""
    found: list[Gpu] = []
    for line in text.splitlines():
        uuid, total, used, name = _fields(line, 4)
        if uuid.startswith("GPU-"):
            figures = _plain_mebibytes(total), _plain_mebibytes(used)
            found.append(Gpu(bare_uuid(uuid), None, len(found), name or None, *figures, True))
    return found


def parse_apps(text: str) -> list[GpuUse]:
    """Read the answer to ``--query-compute-apps``; lines that make no sense are left out."""
    uses = []
    for line in text.splitlines():
        uuid, pid_text, used, name = _fields(line, 4)
        pid = _pid(pid_text)
        if pid is not None and uuid:
            figure = process_bytes(_plain_mebibytes(used))
            uses.append(GpuUse(bare_uuid(uuid), pid, figure, "compute", _name(name)))
    return uses


def slice_uuids(text: str) -> dict[tuple[str, int], str]:
    """Read from the answer to ``-L`` which UUID each MIG slice has."""
    return {
        (each.parent_uuid, each.index): each.uuid
        for each in parse_numbers(text)
        if each.parent_uuid is not None
    }


def parse_numbers(text: str) -> list[Numbered]:
    """Read the answer to ``-L``; lines that make no sense are left out."""
    found: list[Numbered] = []
    gpu = None
    for line in text.splitlines():
        whole, part = _LISTED_GPU.match(line), _LISTED_SLICE.match(line)
        if whole is not None:
            gpu = bare_uuid(whole.group(2))
            found.append(Numbered(gpu, None, int(whole.group(1))))
        elif part is not None and gpu is not None:
            found.append(Numbered(part.group(2), gpu, int(part.group(1))))
    return found


def _gpu(element: ET.Element, uuid: str, parent: str | None, index: int, *, is_listed: bool) -> Gpu:
    total = known_bytes(_size(_text(element, "fb_memory_usage/total")))
    used = known_bytes(_size(_text(element, "fb_memory_usage/used")))
    return Gpu(uuid, parent, index, _text(element, "product_name"), total, used, is_listed)


def _xml_use(element: ET.Element, uuid: str) -> GpuUse | None:
    pid = _pid(_text(element, "pid") or "")
    if pid is None:
        return None
    used = process_bytes(_size(_text(element, "used_memory")))
    kind = _KINDS.get(_text(element, "type") or "", "compute")
    return GpuUse(uuid, pid, used, kind, _name(_text(element, "process_name") or ""))


def _slice_ids(element: ET.Element) -> tuple[str | None, str | None]:
    return _text(element, "gpu_instance_id"), _text(element, "compute_instance_id")


def _text(element: ET.Element, path: str) -> str | None:
    return (element.findtext(path) or "").strip() or None


def _fields(line: str, count: int) -> list[str]:
    fields = [field.strip() for field in line.split(",", count - 1)]
    return fields + [""] * (count - len(fields))


def _pid(text: str) -> int | None:
    pid = _number(text)
    return pid if pid is not None and 0 < pid <= MAX_PID else None


def _number(text: str | None) -> int | None:
    # Not isdecimal(): digits of other scripts are none of the driver's.
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,12}", text) else None


def _size(text: str | None) -> int | None:
    match = _SIZE.fullmatch(text or "")
    unit = _UNITS.get(match.group(2)) if match is not None else None
    return None if match is None or unit is None else int(match.group(1)) * unit


def _plain_mebibytes(text: str) -> int | None:
    number = _number(text)
    return None if number is None else known_bytes(number << 20)


def _name(text: str) -> str | None:
    """Return a program's name, unless the driver put one of its remarks in its place."""
    return text if text and not re.fullmatch(r"\[.*\]|N/A|-", text) else None
