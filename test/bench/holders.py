"""How long the search for holders takes, beside what else looks for tensors.

Run by ``npm run bench``, or as ``python test/bench/holders.py`` (on a GPU: ``... cuda``).
Prints medians. pytorch_memlab and objgraph are measured where they are installed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

warnings.simplefilter("ignore")

import torch  # noqa: E402

from jupyterlab_vram.devices import practice  # noqa: E402
from jupyterlab_vram.holders.holders import find_holders  # noqa: E402

DEVICE = sys.argv[1] if len(sys.argv) > 1 else "cpu"
TENSORS = 5_000
EXTRA = 1_000_000
#: Blocks that the practice device counts.
TENSOR_BYTES = 256 << 10
CALLS = 1_000


class Row:
    """An object of a person's own, with attributes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tags = [number]


def median_ms(run: Callable[[], object], times: int) -> float:
    run()
    taken = []
    for _ in range(times):
        start_s = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start_s) * 1000)
    return statistics.median(taken)


def memlab() -> None:
    from pytorch_memlab import MemReporter

    with contextlib.redirect_stdout(io.StringIO()):
        MemReporter().report()


def objgraph() -> None:
    import objgraph as graph

    target = graph.by_type("Tensor")[-1]
    graph.find_backref_chain(target, graph.is_proper_module, max_depth=20)


def small_notebook() -> dict[str, object]:
    """A model, an optimizer that has stepped, and a kept loss."""
    model = torch.nn.Sequential(*[torch.nn.Linear(512, 512) for _ in range(8)]).to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters())
    loss = model(torch.ones(8, 512, device=DEVICE)).sum()
    loss.backward()
    optimizer.step()
    return {
        "model": model,
        "optimizer": optimizer,
        "loss": model(torch.ones(8, 512, device=DEVICE)),
    }


def large_heap() -> dict[str, object]:
    """Objects, lists and dictionaries; and tensors in a list, an object and a dictionary."""
    rows = [Row(number) for number in range(EXTRA // 4)]
    tables = [{"row": [number]} for number in range(EXTRA // 4)]
    tensors = [
        torch.empty(TENSOR_BYTES // 4, device=DEVICE, dtype=torch.float32) for _ in range(TENSORS)
    ]
    third = TENSORS // 3
    box = Row(0)
    box.tags = tensors[third : 2 * third]
    by_name = {f"weight {number}": each for number, each in enumerate(tensors[2 * third :])}
    return {"rows": rows, "tables": tables, "some": tensors[:third], "box": box, "by_name": by_name}


def growth_after_calls() -> tuple[int, int]:
    """Objects that the collector knows, and bytes on the device, more than before."""
    find_holders()
    gc.collect()
    objects, before = len(gc.get_objects()), find_holders().devices[0].allocated_bytes
    for _ in range(CALLS):
        find_holders()
    gc.collect()
    return len(gc.get_objects()) - objects, find_holders().devices[0].allocated_bytes - before


def main() -> None:
    if DEVICE == "cpu":
        practice.switch_on(64 << 30)
    names = vars(sys.modules["__main__"])
    names.update(small_notebook())
    print(f"holders(), a small notebook: {median_ms(find_holders, 20):.1f} ms (target 30 ms)")
    objects, count = growth_after_calls()
    print(f"after {CALLS} calls: {objects:+d} objects, {count:+d} bytes on the device")
    names.update(large_heap())
    gc.collect()
    found = find_holders(seconds=10)
    tracked = len(gc.get_objects())
    took = median_ms(lambda: find_holders(seconds=10), 5)
    print(
        f"holders(), {tracked:,} tracked objects and {TENSORS:,} device tensors: {took:.0f} ms (target 500 ms)"
    )
    print(f"  {len(found.holders)} lines, complete: {found.is_complete}")
    print(f"gc.collect() of the same heap: {median_ms(gc.collect, 5):.0f} ms")
    for name, run in (("pytorch_memlab", memlab), ("objgraph", objgraph)):
        if importlib.util.find_spec(name) is None:
            print(f"{name}: not installed")
            continue
        print(f"{name}, the same heap: {median_ms(run, 3):.0f} ms")


if __name__ == "__main__":
    main()
