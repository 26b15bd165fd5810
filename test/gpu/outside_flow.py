"""Whose is the memory outside PyTorch, at every moment: this process's or another's?

CuPy in this process takes and frees 4 GiB, another process takes and frees 2 GiB,
and PyTorch works meanwhile; readings are taken as a watched kernel takes them. What
another process holds must never be said to be more than it is, not for one reading.
Needs a CUDA build of torch and CuPy; run it as ``python test/gpu/outside_flow.py`` in
a checkout, on a GPU that nobody else uses. Prints JSON lines; the last says whether
all was right.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cupy
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from jupyterlab_vram.devices import driver
from jupyterlab_vram.devices.readings import take_reading

GIB = 1 << 30
#: What figures of one moment may differ by: the driver's pages and what it keeps for itself.
TOLERANCE_BYTES = 64 << 20
WATCH_S = 4.0
INTERVAL_S = 0.02
NEIGHBOR = """
import sys, torch
torch.zeros(1, device="cuda")
for line in sys.stdin:
    if line.strip() == "take":
        kept = torch.empty(2 * 2**30, dtype=torch.uint8, device="cuda")
    else:
        kept = None
        torch.cuda.empty_cache()
    torch.cuda.synchronize()
    print("done", flush=True)
"""

checks: list[bool] = []


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def check(name: str, passed: bool, **facts: Any) -> None:
    checks.append(passed)
    say(check=name, passed=passed, **facts)


def others_bytes() -> int | None:
    """What a front end would say that other processes hold; None where it says unknown."""
    driver.refresh_soon()
    [device] = take_reading(capturing=False)["devices"]
    if device["process_bytes"] is None:
        return None
    return int(device["total_bytes"] - device["free_bytes"] - device["process_bytes"])


def watch(act: Any) -> list[tuple[float, int | None]]:
    """Return the seconds and what was said of others, from before ``act`` until after it."""
    said: list[tuple[float, int | None]] = []
    start_s = time.monotonic()
    acting = threading.Thread(target=act)
    while (now_s := time.monotonic() - start_s) < WATCH_S:
        if acting.ident is None and now_s > WATCH_S / 8:
            acting.start()
        said.append((round(now_s, 3), others_bytes()))
        time.sleep(INTERVAL_S)
    acting.join()
    return said


def judge(name: str, said: list[tuple[float, int | None]], least: int, most: int) -> None:
    """Nothing said outside of the two bounds, and an answer at the end."""
    known = [(at, figure) for at, figure in said if figure is not None]
    wrong = [
        (at, figure)
        for at, figure in known
        if not least - TOLERANCE_BYTES <= figure <= most + TOLERANCE_BYTES
    ]
    unknown_s = WATCH_S * (len(said) - len(known)) / len(said)
    is_answered = said[-1][1] is not None
    check(
        name,
        not wrong and is_answered,
        readings=len(said),
        wrong=wrong[:5],
        unknown_s=round(unknown_s, 2),
        at_the_end=said[-1][1],
    )


def flow() -> None:
    torch.ones(1 << 20, device="cuda")
    cupy.zeros(1)
    neighbor = subprocess.Popen(
        [sys.executable, "-c", NEIGHBOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def tell(word: str) -> None:
        neighbor.stdin.write(f"{word}\n")
        neighbor.stdin.flush()
        neighbor.stdout.readline()

    try:
        tell("free")
        driver._driver._next_s = 0
        driver.refresh()
        context = others_bytes()
        check("others known at the start", context is not None, others_bytes=context)
        assert context is not None
        kept: list[Any] = []
        judge(
            "CuPy takes 4 GiB",
            watch(lambda: kept.append(cupy.empty(4 * GIB, "u1"))),
            context,
            context,
        )

        def give_back() -> None:
            kept.clear()
            cupy.get_default_memory_pool().free_all_blocks()

        judge("CuPy gives them back", watch(give_back), context, context)
        judge("a neighbor takes 2 GiB", watch(lambda: tell("take")), context, context + 2 * GIB)
        judge(
            "the neighbor gives them back", watch(lambda: tell("free")), context, context + 2 * GIB
        )

        def work() -> None:
            held = []
            for _ in range(60):
                held.append(torch.empty(256 << 20, dtype=torch.uint8, device="cuda"))
                time.sleep(0.02)
                if len(held) == 12:
                    held.clear()
                    torch.cuda.empty_cache()

        judge("torch reserves and gives back", watch(work), context, context)

        def both() -> None:
            kept.append(cupy.empty(GIB, "u1"))
            tell("take")
            give_back()

        judge("both at once", watch(both), context, context + 2 * GIB)
    finally:
        neighbor.kill()


def main() -> None:
    try:
        flow()
    finally:
        say(all_passed=bool(checks) and all(checks), checks=len(checks))
    sys.exit(0 if all(checks) else 1)


if __name__ == "__main__":
    main()
