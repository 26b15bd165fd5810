"""What one reading costs the kernel: median and 95th percentile, in milliseconds.

On the practice device with 20,000 live blocks, in this process. The figures of
a real GPU are in docs/measurements/gpu-results.md.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch  # noqa: E402

from jupyterlab_vram.devices import practice  # noqa: E402
from jupyterlab_vram.devices.readings import allocations, take_reading  # noqa: E402

BLOCKS = 20_000
RUNS = 500


def timed(ask: Callable[[], object]) -> str:
    milliseconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        ask()
        milliseconds.append((time.perf_counter() - start) * 1000)
    p95 = sorted(milliseconds)[int(RUNS * 0.95)]
    return "median %.4f ms, p95 %.4f ms" % (statistics.median(milliseconds), p95)


def main() -> None:
    practice.switch_on()
    blocks = [torch.empty(practice.SMALLEST_BLOCK_BYTES) for _ in range(BLOCKS)]
    print(
        "live blocks: %d, python %s, torch %s"
        % (len(blocks), sys.version.split()[0], torch.__version__)
    )
    print("a whole reading:       %s (wanted: median <= 0.5 ms)" % timed(take_reading))
    print("the counters of a hook: %s" % timed(allocations))


if __name__ == "__main__":
    main()
