"""Provokes real out-of-memory errors, each in a process of its own, and prints what was said, as JSON lines.

Needs a CUDA build of torch and a GPU of 20 GiB or more that nobody else uses; run it as
``python test/gpu/oom_flow.py`` in a checkout, or with names of scenarios to run only those. Each line has the
true text, the cause that was built on purpose (``expect``), and readings taken while the failed call's
exception was still held (``held``) and after it was let go (``after``). ``test/core/oom/gpu.spec.ts`` explains
the texts again. See docs/measurements/gpu-results.md.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

GIB = 2**30
MIB = 2**20
#: What a scenario keeps alive while its error is looked at.
KEPT: list[Any] = []


def torch_and_size() -> tuple[Any, int]:
    """Torch with its context made, and the bytes of the whole device."""
    import torch

    torch.ones(1, device="cuda")
    return torch, torch.cuda.mem_get_info()[1]


def take(count_bytes: int) -> Any:
    import torch

    return torch.empty(count_bytes, dtype=torch.uint8, device="cuda")


def take_if_it_fits(count_bytes: int) -> Any:
    import torch

    try:
        return take(count_bytes)
    except torch.OutOfMemoryError:
        return None


def fill(step_bytes: int) -> None:
    """Take blocks until none fits, ever smaller ones down to what the allocator asks the driver for."""
    while step_bytes >= 2 * MIB:
        block = take_if_it_fits(step_bytes)
        if block is None:
            step_bytes //= 2
        else:
            KEPT.append(block)


class Neighbour:
    """Another process that holds ``count_bytes``, or, with -1, all that is left."""

    def __init__(self, count_bytes: int) -> None:
        command = [sys.executable, __file__, "--hold", str(count_bytes)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "holding"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def hold(count_bytes: int) -> None:
    torch, total = torch_and_size()
    if count_bytes < 0:
        fill(total // 8)
    else:
        KEPT.append(take(count_bytes))
    torch.cuda.synchronize()
    print("holding", flush=True)
    sys.stdin.read()


# The scenarios: each raises, or ends the process. A docstring says what was built.


def too_large() -> None:
    """A request larger than the whole card."""
    _, total = torch_and_size()
    take(total + 20 * GIB)


def too_large_on_top() -> None:
    """A request larger than the whole card, while a third of it is in use."""
    _, total = torch_and_size()
    KEPT.append(take(total // 3))
    take(total + GIB)


def full_by_a_list() -> None:
    """A list that grows until nothing is left."""
    _, total = torch_and_size()
    KEPT.extend(take(total // 100) for _ in range(100_000))


def small_request_on_a_full_card() -> None:
    """Large tensors have the card, and 64 MiB more are asked for."""
    _, total = torch_and_size()
    KEPT.append(take(total // 2))
    fill(GIB)
    take(64 * MIB)


def old_model_is_still_there() -> None:
    """Two thirds are held by something forgotten, and half of the card is asked for."""
    _, total = torch_and_size()
    KEPT.extend(take(total * 2 // 9) for _ in range(3))
    take(total // 2)


def fragmentation() -> None:
    """Three of four tensors of 5 MiB are freed, so that each segment of 20 MiB stays; then a large request."""
    _, total = torch_and_size()
    blocks = [take(5 * MIB) for _ in range(total * 9 // 10 // (5 * MIB))]
    KEPT.extend(blocks[::4])
    del blocks
    gc.collect()
    take(total // 4)


def fragmentation_by_splitting() -> None:
    """Large segments that were freed and split: a tensor of a tenth lives in each, the rest is unused."""
    _, total = torch_and_size()
    segment = total // 20
    fillers = []
    for _ in range(18):
        # The only block that is free, so that the two next ones share it.
        block = take(segment)
        del block
        KEPT.append(take(segment // 10))
        fillers.append(take(segment * 9 // 10 - 4 * MIB))
    fillers.clear()
    take(total // 4)


def expandable_segments_are_on() -> None:
    """A full card while expandable segments are already on: the hint is printed all the same."""
    full_by_a_list()


def another_process() -> None:
    """A neighbor has three quarters of the card."""
    _, total = torch_and_size()
    KEPT.append(Neighbour(total * 3 // 4))
    take(total // 2)


def two_other_processes() -> None:
    """Two neighbors and this process share the card."""
    _, total = torch_and_size()
    KEPT.extend((Neighbour(total // 2), Neighbour(total // 4)))
    KEPT.append(take(total // 10))
    take(total // 5)


def memory_fraction_cap() -> None:
    """A cap of a tenth of the card."""
    torch, total = torch_and_size()
    torch.cuda.set_per_process_memory_fraction(0.1)
    KEPT.append(take(total // 20))
    take(total // 8)


def cuda_graph_outputs() -> None:
    """Outputs of a captured graph, two thirds of the card, are live; then half of the card is asked for."""
    torch, total = torch_and_size()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        kept = [take(total // 9) for _ in range(6)]
    KEPT.extend((graph, kept))
    take(total // 2)


def cuda_graph_pool() -> None:
    """A captured graph keeps two thirds of the card for temporary tensors of its replays."""
    torch, total = torch_and_size()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        temporary = [take(total // 9) for _ in range(6)]
        temporary.clear()
    KEPT.append(graph)
    take(total // 2)


def cublas_handle() -> None:
    """The card is full to the last 2 MiB when the first matrix product needs its handle."""
    torch, total = torch_and_size()
    a = torch.ones(64, 64, device="cuda")
    fill(total // 8)
    KEPT.append(a @ a)
    torch.cuda.synchronize()


def cudnn_handle() -> None:
    """The card is full when the first convolution needs its handle."""
    torch, total = torch_and_size()
    layer = torch.nn.Conv2d(3, 8, 3).cuda()
    image = torch.ones(1, 3, 64, 64, device="cuda")
    fill(total // 8)
    KEPT.append(layer(image))
    torch.cuda.synchronize()


def context_on_a_full_card() -> None:
    """A neighbor has everything, so that not even a context can be made here."""
    KEPT.append(Neighbour(-1))
    torch_and_size()


def inside_a_function() -> None:
    """The locals of the failed call have two thirds of the card, and stay in its traceback."""
    _, total = torch_and_size()

    def train() -> None:
        weights = [take(total // 6) for _ in range(4)]
        activations = take(total // 2)
        del weights, activations

    train()


def async_allocator() -> None:
    """The driver's own allocator (backend:cudaMallocAsync), which has its own message."""
    full_by_a_list()


def pinned_host_memory() -> None:
    """Page-locked memory of the host, more than any machine has."""
    torch, _ = torch_and_size()
    torch.empty(2**46, dtype=torch.uint8, pin_memory=True)


def host_memory() -> None:
    """Ordinary memory of the host."""
    torch, _ = torch_and_size()
    KEPT.append(torch.empty(2**50, dtype=torch.uint8))


def cupy_pool() -> None:
    """CuPy's pool, where CuPy is there."""
    import cupy

    KEPT.append(cupy.zeros(2**40, dtype=cupy.uint8))


def numba_driver() -> None:
    """Numba's allocation, where Numba is there."""
    from numba import cuda

    KEPT.append(cuda.device_array(2**40, dtype="uint8"))


LARGER = "request larger than the card"
HOLDS = "this notebook still holds it"
FULL = "simply full"
OTHER = "another process holds it"
HANDLE = "context or library handle could not be made"

#: A scenario, and the causes that are right for its text alone.
SCENARIOS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "too_large": (too_large, (LARGER,)),
    "too_large_on_top": (too_large_on_top, (LARGER,)),
    "full_by_a_list": (full_by_a_list, (FULL, HOLDS)),
    "small_request_on_a_full_card": (small_request_on_a_full_card, (FULL, HOLDS)),
    "old_model_is_still_there": (old_model_is_still_there, (HOLDS,)),
    "fragmentation": (fragmentation, ("fragmentation",)),
    "fragmentation_by_splitting": (fragmentation_by_splitting, ("fragmentation",)),
    "expandable_segments_are_on": (expandable_segments_are_on, (FULL, HOLDS)),
    "another_process": (another_process, (OTHER,)),
    "two_other_processes": (two_other_processes, (OTHER,)),
    "memory_fraction_cap": (memory_fraction_cap, ("memory fraction cap",)),
    "cuda_graph_outputs": (cuda_graph_outputs, (FULL, HOLDS)),
    "cuda_graph_pool": (cuda_graph_pool, ("CUDA graphs",)),
    "cublas_handle": (cublas_handle, (HANDLE, FULL, HOLDS)),
    "cudnn_handle": (cudnn_handle, (HANDLE, FULL, HOLDS)),
    "context_on_a_full_card": (context_on_a_full_card, (HANDLE, OTHER, "unknown")),
    "inside_a_function": (inside_a_function, (HOLDS,)),
    "async_allocator": (async_allocator, (FULL, HOLDS)),
    "pinned_host_memory": (pinned_host_memory, ("not device memory", "unknown")),
    "host_memory": (host_memory, ("not device memory",)),
    "cupy_pool": (cupy_pool, (LARGER, "unknown")),
    "numba_driver": (numba_driver, (LARGER, "unknown")),
}
NEEDS = {"cupy_pool": "cupy", "numba_driver": "numba"}
ENVIRONMENT = {
    "expandable_segments_are_on": {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"},
    "async_allocator": {"PYTORCH_CUDA_ALLOC_CONF": "backend:cudaMallocAsync"},
}


def reading() -> dict[str, Any] | None:
    """What the agent reads now; null where the package is not in the checkout."""
    try:
        import jupyterlab_vram
    except ImportError:
        return None
    return jupyterlab_vram.reading()


def child(name: str) -> None:
    """Run one scenario and print the one line about it."""
    line: dict[str, Any] = {"scenario": name, "pid": os.getpid(), "text": None}
    try:
        SCENARIOS[name][0]()
    except Exception as error:
        line["text"] = str(error)
        line["type"] = "%s.%s" % (type(error).__module__, type(error).__qualname__)
        line["traceback"] = traceback.format_exc()
        line["held"] = reading()
    gc.collect()
    line["after"] = reading()
    line["alloc_conf"] = os.environ.get("PYTORCH_CUDA_ALLOC_CONF")
    for kept in KEPT:
        if isinstance(kept, Neighbour):
            kept.stop()
    print(json.dumps(line), flush=True)
    # A CUDA context that ran out may hang when it is torn down.
    os._exit(0)


def ask_child(name: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", name]
    environment = {**os.environ, **ENVIRONMENT.get(name, {})}
    start = time.monotonic()
    try:
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return {"scenario": name, "text": None, "failed": "no answer in 120 s"}
    lines = [each for each in result.stdout.splitlines() if each.startswith("{")]
    line = json.loads(lines[-1]) if lines else {"scenario": name, "text": None}
    line.update(code=result.returncode, stderr=result.stderr[-4000:])
    line["seconds"] = round(time.monotonic() - start, 1)
    return line


def main(names: list[str]) -> None:
    import torch

    # Nothing here may touch the GPU: a context of this process would be one more holder.
    facts = {"torch": torch.__version__, "cuda": torch.version.cuda, "python": sys.version}
    print(json.dumps(facts), flush=True)
    for name in names or SCENARIOS:
        needed = NEEDS.get(name)
        if needed is not None and importlib.util.find_spec(needed) is None:
            print(json.dumps({"scenario": name, "skipped": needed + " is not installed"}))
            continue
        function, causes = SCENARIOS[name]
        line = ask_child(name)
        line.update(expect=causes, built=function.__doc__)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--hold"]:
        hold(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--child"]:
        child(sys.argv[2])
    else:
        main(sys.argv[1:])
