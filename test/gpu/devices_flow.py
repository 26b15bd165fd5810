"""Two real GPUs: whose figures are whose, what is spread over both, and clearing it.

Compared with ``nvidia-smi``, by UUID, in kernels whose ``CUDA_VISIBLE_DEVICES``
orders the GPUs in several ways. Needs what ``processes_flow.py`` needs, two
GPUs that nobody else uses, and accelerate; run it as
``python test/gpu/devices_flow.py``. Prints JSON lines; the last one says
whether all was right.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from device_numbers import parse_numbers, wrong_headings, wrong_lines, wrong_readings
from jupyter_client.multikernelmanager import MultiKernelManager
from kernel_flow import say
from processes_flow import MIB, TOLERANCE, Notebook, check, checks, listed, smi, start_bare

GIB = 1 << 30
VISIBLE = "CUDA_VISIBLE_DEVICES"
TAKE = """
import torch
kept = [torch.empty((index + 1) * 3 * 2**30, dtype=torch.uint8, device=f"cuda:{index}")
        for index in range(torch.cuda.device_count())]
"""
SPREAD = """
import accelerate, torch.nn as nn
model = nn.Sequential(*[nn.Linear(8192, 8192) for _ in range(8)])
model = accelerate.dispatch_model(model, {str(index): int(index > 2) for index in range(8)})
"""
ALLOCATED = (
    "import json, torch; print(json.dumps([torch.cuda.memory_allocated(i) for i in (0, 1)]))"
)
OUT_OF_MEMORY = """
full = torch.empty(60 * 2**30, dtype=torch.uint8, device="cuda:1")
try:
    torch.empty(30 * 2**30, dtype=torch.uint8, device="cuda:1")
except torch.cuda.OutOfMemoryError as error:
    print(error)
"""
TOO_MUCH = """
try:
    torch.empty(2**50, dtype=torch.uint8, device="cuda:0")
except torch.cuda.OutOfMemoryError:
    import sys; sys.last_value = sys.last_exc = sys.exc_info()[1]
"""
BOTH = "import torch; kept = [torch.empty(%d * 2**20, dtype=torch.uint8, device='cuda:0'), "
BOTH += "torch.empty(%d * 2**20, dtype=torch.uint8, device='cuda:1')]"


def cards() -> dict[str, tuple[int, int]]:
    """By UUID, what is used and free of each GPU, by nvidia-smi's own table."""
    columns = "--query-gpu=uuid,memory.used,memory.free"
    rows = smi.run(columns, "--format=csv,noheader,nounits").splitlines()
    fields = [row.split(", ") for row in rows]
    return {uuid[4:]: (int(used) * MIB, int(free) * MIB) for uuid, used, free in fields}


def open_with(kernels: MultiKernelManager, name: str, visible: str | None) -> Notebook:
    os.environ.pop(VISIBLE, None)
    if visible is not None:
        os.environ[VISIBLE] = visible
    try:
        return Notebook(kernels, f"/somewhere/{name}.ipynb")
    finally:
        os.environ.pop(VISIBLE, None)


def devices_of(notebook: Notebook) -> list[dict[str, Any]]:
    """The devices of a reading that has the driver's figures, too."""
    request = {"op": "attach", "viewer": "gpu-check", "interval_ms": 250}
    notebook.ask(request)
    time.sleep(2.5)
    notebook.ask(request)
    time.sleep(0.5)
    devices: list[dict[str, Any]] = notebook.ask(request)["reading"]["devices"]
    return devices


def near(one: int | None, other: int) -> bool:
    return one is not None and abs(one - other) <= TOLERANCE


def check_order(kernels: MultiKernelManager, first: str, second: str) -> None:
    """Each figure stands by the right card, however they are ordered."""
    orders = {
        "all": (None, [first, second]),
        "1,0": ("1,0", [second, first]),
        "by UUID, turned": (f"GPU-{second},GPU-{first}", [second, first]),
        "the second alone": (f"GPU-{second}", [second]),
    }
    for name, (visible, expected) in orders.items():
        before = cards()
        notebook = open_with(kernels, "order", visible)
        notebook.run(TAKE)
        devices, now = devices_of(notebook), cards()
        check(f"{name}: the cards", [each["uuid"] for each in devices] == expected)
        for device in devices:
            used, _ = now[device["uuid"]]
            grown = used - before[device["uuid"]][0]
            said = device["total_bytes"] - device["free_bytes"]
            check(
                f"{name}: {device['id']}",
                device["allocated_bytes"] == (device["index"] + 1) * 3 * GIB
                and near(said, used)
                and near(device["process_bytes"], grown),
                uuid=device["uuid"][:8],
                allocated_mib=device["allocated_bytes"] / MIB,
                driver_mib=said / MIB,
                nvidia_smi_mib=used / MIB,
                process_mib=device["process_bytes"] and device["process_bytes"] / MIB,
                grown_mib=grown / MIB,
            )
        check_numbers(name, notebook, devices)
        kernels.shutdown_kernel(notebook.id, now=True)
        wait_until_empty(before)


def check_numbers(name: str, notebook: Notebook, devices: list[dict[str, Any]]) -> None:
    """Every text gives both numbers of a card where torch and nvidia-smi count differently."""
    rows = smi.run("--query-gpu=index,uuid", "--format=csv,noheader")
    numbers = parse_numbers(rows)
    wrong = wrong_readings(devices, numbers)
    check(f"{name}: the reading's driver_index", not wrong, wrong=wrong)
    notebook.run("%load_ext jupyterlab_vram")
    tables = {
        "%vram": notebook.run("%vram"),
        "%%vram": notebook.run("%%vram\nmore = torch.ones(1, device='cuda:0')"),
        "%vram_clear": notebook.run("%vram_clear"),
        "%vram_oom": notebook.run(TOO_MUCH) + notebook.run("%vram_oom"),
    }
    for magic, text in tables.items():
        wrong = wrong_lines(text, devices, numbers)
        check(f"{name}: {magic}", not wrong, wrong=wrong, text=text)
    text = notebook.run("%vram_ps")
    wrong = wrong_headings(text, devices, numbers)
    check(f"{name}: %vram_ps", not wrong, wrong=wrong, text=text)


def wait_until_empty(before: dict[str, tuple[int, int]]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if all(near(used, before[uuid][0]) for uuid, (used, _) in cards().items()):
            return
        time.sleep(0.3)


def check_unused(notebook: Notebook, second: str) -> None:
    """A GPU that this kernel does not use is known, and stays untouched."""
    notebook.run("import torch; kept = torch.ones(1, device='cuda:0')")
    devices = devices_of(notebook)
    _, free = cards()[second]
    apps = smi.run("--query-compute-apps=gpu_uuid,pid", "--format=csv,noheader")
    check(
        "the unused one: what is free, and no context of ours",
        near(devices[1]["free_bytes"], free) and f"GPU-{second}, {notebook.pid}" not in apps,
        said_mib=devices[1]["free_bytes"] and devices[1]["free_bytes"] / MIB,
        nvidia_smi_mib=free / MIB,
    )


def holder(notebook: Notebook, name: str) -> dict[str, Any]:
    answer = notebook.ask({"op": "holders", "min_bytes": MIB})["answer"]
    for totals in answer["devices"]:
        rest = sum(
            share["bytes"]
            for each in answer["holders"]
            if each["kind"] in ("unattributed", "workspace", "cuda graph pool")
            for share in each["devices"]
            if share["id"] == totals["id"]
        )
        right = totals["named_bytes"] + rest == totals["allocated_bytes"]
        check(f"{name}: all of {totals['id']} is accounted for", right, totals=totals)
    found = [each for each in answer["holders"] if each["name"] == name]
    return found[0] if found else {"devices": []}


def shares(found: dict[str, Any]) -> dict[str, int]:
    return {each["id"]: each["bytes"] + each["shared_bytes"] for each in found["devices"]}


def check_holders(notebook: Notebook) -> None:
    before = json.loads(notebook.run(ALLOCATED))
    notebook.run(SPREAD)
    now = json.loads(notebook.run(ALLOCATED))
    grown = {f"cuda:{index}": now[index] - before[index] for index in (0, 1)}
    said = shares(holder(notebook, "model"))
    check("a model by device_map is one holder", said == grown, said=said, grown=grown)
    notebook.run("x = torch.empty(2**30, dtype=torch.uint8, device='cuda:0')")
    first = shares(holder(notebook, "x"))
    notebook.run("x = x.to('cuda:1')")
    moved = shares(holder(notebook, "x"))
    passed = (first, moved) == ({"cuda:0": GIB}, {"cuda:1": GIB})
    check("a tensor that moves", passed, before=first, after=moved)
    notebook.run("y = model(torch.randn(64, 8192, device='cuda:0'))")
    notebook.pushes.clear()
    notebook.run("del model")
    leaks = notebook.pushes[-1]["leaks"] if notebook.pushes else []
    found = sorted({(each["device"], *each["held_by"]) for each in leaks})
    check(
        "what stays after del is told for both", len({each[0] for each in found}) == 2, leaks=found
    )


def check_clear(notebook: Notebook) -> None:
    report = notebook.ask({"op": "clear", "names": ["x", "y"], "release": ["all"]})["clear"]
    for device in report["devices"]:
        returned = device["before_reserved_bytes"] - device["after_reserved_bytes"]
        left = device["after_allocated_bytes"]
        check(
            f"clear empties {device['id']}",
            returned > GIB // 2 and left < 128 * MIB,
            returned_mib=returned / MIB,
            left_mib=left / MIB,
        )


def check_processes(notebook: Notebook) -> None:
    """A process on both GPUs is one row with both figures."""
    pid = start_bare(BOTH % (1024, 3072))
    found = listed(notebook)
    apps = smi.run("--query-compute-apps=gpu_uuid,pid,used_memory", "--format=csv,noheader,nounits")
    table = [line.split(", ") for line in apps.splitlines()]
    for each in (pid, notebook.pid):
        listed_by_smi = {uuid[4:]: int(used) for uuid, number, used in table if int(number) == each}
        said = {
            share["uuid"].removeprefix("GPU-"): share["used_bytes"] // MIB
            for share in found[each]["shares"]
        }
        agrees = said.keys() == listed_by_smi.keys() and all(
            near(said[uuid] * MIB, used * MIB) for uuid, used in listed_by_smi.items()
        )
        check(
            f"process {'bare' if each == pid else 'kernel'}", agrees and len(said) == 2, said=said
        )
    os.kill(pid, 9)


def main() -> None:
    kernels = MultiKernelManager(connection_dir=tempfile.mkdtemp())
    try:
        say(gpus=smi.run("-L").splitlines())
        first, second = list(cards())
        check_order(kernels, first, second)
        notebook = open_with(kernels, "both", None)
        check_unused(notebook, second)
        check_holders(notebook)
        check_processes(notebook)
        check_clear(notebook)
        text = notebook.run(OUT_OF_MEMORY)
        say(out_of_memory=text, reading=notebook.ask({"op": "detach", "viewer": "x"})["reading"])
    finally:
        kernels.shutdown_all(now=True)
        say(all_passed=bool(checks) and all(checks), checks=len(checks))
    sys.exit(0 if all(checks) else 1)


if __name__ == "__main__":
    main()
