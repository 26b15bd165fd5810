"""Runs leak shapes in a real kernel: who is named, and does letting go free it?

The same code runs on the practice device in every test, and on a real GPU::

    python test/leaks/runner.py cuda > results.jsonl

Each shape runs in both sizes of ``shapes.SIZES``; names of shapes may follow. The last line on
stderr sums up.

Beside our own answer it tries what people are told to do: collect and empty the
cache, then the same after ``del sys.last_*``, and, where it is installed,
pytorch_memlab's report.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "python")]

from kernels import ROOT, Kernel  # noqa: E402 - found only now
from shapes import ALL, FLOAT, SIZES, Shape, Size  # noqa: E402

MIB = 1 << 20
#: What a shape must hold at least.
LEAST = 30 * MIB
#: Kinds of holders that keep what is reserved and not allocated.
PINNING = {"fragmentation", "cuda graph pool"}
#: Python's own arenas come and go on the practice device.
NOISE = 4 * MIB
#: The share of what was leaked that counts as all of it.
FREED = 0.99

RECIPE = "import gc, torch\ngc.collect()\ntorch.cuda.empty_cache() if torch.cuda.is_available() else None"
LAST = "import sys\nfor name in ('last_type', 'last_value', 'last_traceback', 'last_exc'): vars(sys).pop(name, None)\n"
MEMLAB = (
    "import contextlib, io\nfrom pytorch_memlab import MemReporter\nreport = io.StringIO()\n"
    "with contextlib.redirect_stdout(report):\n    try: MemReporter().report()\n    except Exception as e: print(e)\n"
    "report = report.getvalue()"
)
CLEAN = """
import sys, gc, jupyterlab_vram
if "done" in globals(): done.set()
gc.set_debug(0); gc.enable(); gc.garbage.clear()
for name in ("helpers", "far"): sys.modules.pop(name, None)
vars(sys.modules.get("json.decoder", sys)).pop("kept", None)
if "torch" in sys.modules: sys.modules["torch"].nn.modules.module._global_forward_hooks.clear()
if "torch._dynamo" in sys.modules: sys.modules["torch"].compiler.reset()
for name in [name for name in get_ipython().user_ns_hidden if name == "x"]: del get_ipython().user_ns_hidden[name]
jupyterlab_vram.clear(release=["all"])
"""
#: What a library takes the first time that it is used is no leak.
WARM_UP = """
def _warm_up():
    model = A_MODEL
    optimizer = torch.optim.Adam(model.parameters())
    model(A_WIDE_INPUT).sum().backward()
    optimizer.step()
_warm_up()
del _warm_up
"""


@dataclass
class Result:
    """What one shape led to."""

    shape: str
    size: str = FLOAT.name
    leaked_bytes: int = 0
    #: The names and kinds of those who hold at least ``LEAST``.
    holders: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    is_named: bool = False
    unattributed_bytes: int = 0
    #: More than before; no shape here makes a workspace.
    workspace_bytes: int = 0
    #: Whether what holders that alone held it promised to free is what came back.
    is_promise_kept: bool = True
    is_identity: bool = False
    lines: list[str] = field(default_factory=list)
    #: Shares of what was leaked, from 0 to 1.
    freed_by_recipe: float = 0.0
    freed_by_last: float = 0.0
    freed_by_us: float = 0.0
    named_by_memlab: bool | None = None
    #: Names whose removal was warned of, and who was said to hold them.
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Runner:
    """One kernel, in which one shape runs after the other."""

    def __init__(self, kernel: Kernel, device: str) -> None:
        self.kernel = kernel
        self.device = device
        self.id = "cuda:0" if device == "cuda" else "practice"
        #: Sizes in which everything was used once.
        self.warm: set[str] = set()
        self.size = FLOAT
        self.has_memlab = importlib.util.find_spec("pytorch_memlab") is not None

    def examine(self, shape: Shape, size: Size = FLOAT) -> Result:
        """Run one shape to its end, and leave nothing of it."""
        self.size = size
        self.clean()
        result = Result(shape.name, size.name)
        before = self.totals()
        for code in shape.cells:
            outcome = self.run(code)
        result.warnings = [self._words(each) for each in outcome.leaks]
        found = self.kernel.ask("holders", min_bytes=MIB)["answer"]
        self._note(found, before, shape, result)
        if result.leaked_bytes > 0:
            self._try_recipes(shape, before, result)
            self._let_go(found, shape, result)
            result.freed_by_us = self._freed(before, result)
        return result

    def clean(self) -> None:
        self.kernel.silently(CLEAN)
        self.kernel.forget()
        if self.size.name not in self.warm:
            self.warm.add(self.size.name)
            self.kernel.silently(self.filled(WARM_UP))
            self.kernel.forget()
        # As in a kernel of a person's: nothing is hidden from the garbage collector.
        self.kernel.silently("import gc; gc.unfreeze()")

    def run(self, code: str):
        return self.kernel.run(self.filled(code))

    def filled(self, code: str) -> str:
        device = "cuda" if self.device == "cuda" else "cpu"
        return self.size.filled(code).replace("DEVICE", device)

    def totals(self) -> dict[str, int]:
        answer = self.kernel.ask("holders", min_bytes=MIB)["answer"]
        return self.totals_of(answer)

    def totals_of(self, answer) -> dict[str, int]:
        (totals,) = [each for each in answer["devices"] if each["id"] == self.id]
        kept = [each["bytes"] for each in answer["holders"] if each["kind"] == "workspace"]
        return {**totals, "workspace_bytes": sum(kept)}

    def _note(self, found, before, shape, result) -> None:
        totals = self.totals_of(found)
        allocated = totals["allocated_bytes"] - before["allocated_bytes"]
        result.leaked_bytes = max(allocated, pinned(found["holders"]))
        result.seconds = found["seconds"]
        big = [each for each in found["holders"] if weight(each) >= LEAST]
        result.holders = [each["name"] for each in big]
        result.kinds = [each["kind"] for each in big]
        result.is_named = all(
            any(re.fullmatch(name, each["name"]) and each["kind"] == shape.kind for each in big)
            if len(shape.holders) == 1
            else any(re.fullmatch(name, each["name"]) for each in big)
            for name in shape.holders
        )
        result.unattributed_bytes = max(
            0, totals["unattributed_bytes"] - before["unattributed_bytes"]
        )
        if "cuda graph pool" not in result.kinds:
            # A capture has a stream, and so a workspace, of its own.
            result.workspace_bytes = max(0, totals["workspace_bytes"] - before["workspace_bytes"])
        rest = sum(
            each["bytes"]
            for each in found["holders"]
            if each["device"] == self.id
            and each["kind"] in ("unattributed", "workspace", "cuda graph pool")
        )
        result.is_identity = totals["named_bytes"] + rest == totals["allocated_bytes"]

    def _try_recipes(self, shape, before, result) -> None:
        if self.has_memlab:
            self.kernel.silently(MEMLAB)
            text = self.kernel.value("report")
            self.kernel.silently("del report, MemReporter, contextlib, io")
            result.named_by_memlab = any(re.search(rf"\b{name}\b", text) for name in shape.holders)
        if shape.kind == "cycle" and shape.holders[0].startswith("cycle"):
            # The recipe is the very line that we print.
            return
        self.kernel.silently(RECIPE)
        result.freed_by_recipe = self._freed(before, result)
        self.kernel.silently(LAST + RECIPE)
        result.freed_by_last = self._freed(before, result)

    def _let_go(self, found, shape, result) -> None:
        wanted = [
            each
            for each in found["holders"]
            if weight(each) >= LEAST
            and any(re.fullmatch(name, each["name"]) for name in shape.holders)
        ]
        result.lines = [each["release"] for each in wanted if each["release"]]
        before = self.totals()["allocated_bytes"]
        for place, line in enumerate(result.lines):
            self.kernel.run(line)
            if place == 0 and not PINNING.intersection(result.kinds) and shape.kind != "task":
                self.kernel.silently(RECIPE)
                freed = before - self.totals()["allocated_bytes"]
                promised = next(each["bytes"] for each in wanted if each["release"])
                result.is_promise_kept = abs(freed - promised) <= NOISE
        for code in shape.ending:
            self.run(code)
        if shape.ending or shape.kind in ("task", "thread"):
            # A task that was cancelled ends when the loop comes to it.
            self.kernel.run("import asyncio; await asyncio.sleep(0.2)")
        self.kernel.silently(RECIPE)
        if shape.kind == "cycle" and not result.freed_by_recipe:
            result.freed_by_recipe = result.freed_by_last = float(
                shape.holders[0].startswith("cycle")
            )

    def _freed(self, before, result) -> float:
        now = self.totals()
        if PINNING.intersection(result.kinds) or result.leaked_bytes <= 0:
            left = pinned(self.kernel.ask("holders", min_bytes=MIB)["answer"]["holders"])
        else:
            left = now["allocated_bytes"] - before["allocated_bytes"]
        return 1.0 if left <= NOISE else max(0.0, 1 - left / result.leaked_bytes)

    def _words(self, leak) -> str:
        return f"{leak['name']}: {', '.join(leak['held_by'])}"


def pinned(found) -> int:
    """What is reserved and can't be returned, although nothing uses it."""
    return sum(each["pinned_bytes"] for each in found if each["kind"] in PINNING)


def weight(holder) -> int:
    return holder["bytes"] + holder["shared_bytes"] + pinned([holder])


def can_run(shape: Shape, device: str) -> bool:
    """Whether everything that a shape needs is there."""
    for need in shape.needs:
        if need == "cuda" and device != "cuda":
            return False
        if need not in ("cuda", "compile") and importlib.util.find_spec(need) is None:
            return False
    return True


def start(device: str, folder: Path) -> Runner:
    """Start a kernel that the agent watches."""
    more = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kernel = Kernel(folder, path=[ROOT, *filter(None, more)])
    kernel.run("import torch")
    kernel.attach(practice=device != "cuda")
    return Runner(kernel, device)


def problems(shape: Shape, result: Result) -> list[str]:
    """What of one result is not as it should be."""
    if shape.benign:
        return ["a warning"] if result.warnings else []
    most = max(0.01 * result.leaked_bytes, NOISE)
    found = {
        "not named": not result.is_named,
        "not freed": result.freed_by_us < FREED,
        "unattributed": result.unattributed_bytes > most,
        "called a workspace": result.workspace_bytes > 0,
        "promised wrongly": not result.is_promise_kept,
    }
    return [problem for problem, is_so in found.items() if is_so]


def examine_all(runner: Runner, shapes: list[Shape]) -> None:
    """Run shapes in all sizes; prints a line for each, and what they come to."""
    faults: list[str] = []
    count = 0
    for size in SIZES:
        for shape in shapes:
            label = f"{shape.name}, {size.name}"
            print(label, file=sys.stderr)
            count += 1
            try:
                result = runner.examine(shape, size)
                wrong = problems(shape, result)
                facts = {**asdict(result), "benign": shape.benign, "problems": wrong}
            except Exception as error:
                wrong = [repr(error)[:300]]
                facts = {"shape": shape.name, "size": size.name, "error": wrong[0]}
                print(runner.kernel.log_text()[-3000:], file=sys.stderr)
            faults += [f"{label}: {', '.join(wrong)}"] if wrong else []
            print(json.dumps(facts), flush=True)
    print(
        f"{count - len(faults)} of {count} are as they should be.",
        *faults,
        sep="\n",
        file=sys.stderr,
    )


def main() -> None:
    device = sys.argv[1]
    wanted = sys.argv[2:]
    shapes = [each for each in ALL if can_run(each, device)]
    runner = start(device, Path(tempfile.mkdtemp()))
    try:
        examine_all(runner, [each for each in shapes if not wanted or each.name in wanted])
    finally:
        runner.kernel.stop()


if __name__ == "__main__":
    main()
