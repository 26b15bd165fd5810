"""Names that are deleted or rebound: what is called a leak, and what is not."""

import re
from typing import NamedTuple

import pytest

MIB = 2**20
MODEL = "model = nn.Sequential(*[nn.Linear(1024, 1024) for _ in range(4)])"  # 16 MiB
RUN = "y = model(torch.ones(8, 1024))"
BIG = "torch.ones(4 * 2**20)"  # 16 MiB
FLUSH = (
    "get_ipython().displayhook.flush()\n"
    "for name in ['_', '__', '___', *(f'_{n}' for n in range(1000))]:"
    " get_ipython().user_ns_hidden.pop(name, None)"
)


MINE = f"""
class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *args, **kwargs): raise RuntimeError("asked")
t = {BIG}.as_subclass(Mine)
"""
FAKE = """
from torch._subclasses.fake_tensor import FakeTensorMode
with FakeTensorMode(): fake = torch.empty(2**22)
meta = torch.empty(2**22, device="meta")
kept = [fake, meta]
"""
WRAPPER = f"""
class Quantised(torch.Tensor):
    @staticmethod
    def __new__(cls, data):
        return torch.Tensor._make_wrapper_subclass(cls, (2**26,))
    def __init__(self, data): self.data_ = data
    @classmethod
    def __torch_dispatch__(cls, *args, **kwargs): raise RuntimeError("asked")
q = Quantised({BIG})
"""


class Case(NamedTuple):
    """Cells; the last of them removes. ``then`` heals what it left."""

    cells: list[str]
    #: What the last cell removed, as `name how alive/held held_by`, in MiB.
    removed: str = ""
    then: str = ""


CASES = {
    "plain del": Case([MODEL, "del model"], "model deleted 0/16"),
    "del of a tensor": Case([f"x = {BIG}", "del x"], "x deleted 0/16"),
    "held by an autograd graph": Case([MODEL, RUN, "del model"], "model deleted 16/16 y", "del y"),
    "run and deleted in one cell": Case(
        [MODEL, f"{RUN}; del model"], "model deleted 16/16 y", "del y"
    ),
    "held by Out": Case(
        [MODEL, "model", "del model"],
        "model deleted 16/16 Out[n]",
        FLUSH,
    ),
    "held by another variable": Case(
        [MODEL, "backup = model", "del model"], "model deleted 16/16 backup", "del backup"
    ),
    "held by a list of an earlier cell": Case(
        [MODEL, "models = [model]", "del model"], "model deleted 16/16 models", "models.clear()"
    ),
    "held by a closure": Case(
        [MODEL, "def outer(m): return lambda: m\nuse = outer(model)", "del model"],
        "model deleted 16/16 use",
        "del use",
    ),
    "held by a hidden variable": Case(
        [MODEL, "_hidden = model", "del model"], "model deleted 16/16 _hidden", "del _hidden"
    ),
    "held by a cycle": Case(
        [MODEL, "model.me = [model]; gc.disable()", "del model"],
        "model deleted 16/16 cycle through Sequential",
        "gc.collect()",
    ),
    "held by an exception": Case(
        [
            MODEL,
            "def fail(m): 1 / 0",
            "try: fail(model)\nexcept Exception as e: kept = e",
            "del model",
        ],
        "model deleted 16/16 kept",
        "del kept",
    ),
    "gradients count": Case(
        [MODEL, f"{RUN}; y.sum().backward(); del y", "del model"], "model deleted 0/32"
    ),
    "moved to another name": Case([MODEL, "net = model; del model"]),
    "moved into a list": Case([MODEL + "\nmodels = []", "models.append(model); del model"]),
    "moved into a dictionary": Case([MODEL + "\ntable = {}", "table['m'] = model\ndel model"]),
    "moved into an object": Case(
        [MODEL + "\nclass Holder: pass\nholder = Holder()", "holder.m = model; del model"]
    ),
    "moved by unpacking": Case([MODEL, "net, other = model, 1; del model"]),
    "moved in a block": Case([MODEL, "if True:\n    for _ in range(1): net = model\ndel model"]),
    "wrapped under its own name": Case(
        [
            MODEL + "\nclass Wrapper:\n    def __init__(self, m): self.m = m",
            "model = Wrapper(model)",
        ]
    ),
    "wrapped by a function": Case(
        [MODEL + "\nimport functools", "model = functools.partial(model)"]
    ),
    "rebound, old one freed": Case([MODEL, MODEL], "model rebound 0/16"),
    "rebound, old one in Out": Case(
        [MODEL, "model", MODEL],
        "model rebound 16/16 Out[n]",
        FLUSH,
    ),
    "rebound, old one in a graph": Case([MODEL, RUN, MODEL], "model rebound 16/16 y", "del y"),
    "rebound, old one kept in a list": Case([MODEL, "models = [model]", MODEL]),
    "rebound, in a loop": Case([MODEL, f"for _ in range(3):\n    {MODEL}"], "model rebound 0/16"),
    "rebound to None": Case([MODEL, "model = None"], "model rebound 0/16"),
    "rebound by import": Case(["math = torch.ones(2**22)", "import math"], "math rebound 0/16"),
    "rebound by def": Case([MODEL, "def model(): pass"], "model rebound 0/16"),
    "deleted, then loaded again": Case(
        [MODEL, RUN, f"del model\n{MODEL}"], "model rebound 16/16 y", "del y"
    ),
    "one layer after another": Case(
        [
            f"x = {BIG}.reshape(64, -1)\nw = torch.ones(64, 64, requires_grad=True)",
            "x = w @ x",
            "x = w @ x",
        ]
    ),
    "optimizer goes, model stays": Case(
        [
            MODEL + "\noptimizer = torch.optim.SGD(model.parameters(), momentum=0.9)",
            RUN + "; y.sum().backward(); optimizer.step()",
            "del optimizer",
        ],
        "optimizer deleted 0/16",
    ),
    "view goes, tensor stays": Case([f"x = {BIG}\nview = x[:1024]", "del view"]),
    "tensor goes, view stays": Case([f"x = {BIG}\nview = x[:1024]", "del x"]),
    "renamed in a loop": Case(
        [MODEL, "for _ in range(3):\n    net = model\n    del model\n    model = net\n    del net"]
    ),
    "%reset": Case([MODEL + "\nother = 1", "%reset -f"], "model deleted 0/16"),
    "%reset, without the sign": Case([MODEL, "reset -f"], "model deleted 0/16"),
    "%xdel": Case([MODEL, "%xdel model"], "model deleted 0/16"),
    "%xdel, without the sign": Case([MODEL, "xdel model"], "model deleted 0/16"),
    "%time del": Case([MODEL, RUN, "%time del model"], "model deleted 16/16 y", "del y"),
    "%%time": Case([MODEL, RUN, "%%time\ndel model"], "model deleted 16/16 y", "del y"),
    "%%capture": Case([MODEL, "%%capture\ndel model"], "model deleted 0/16"),
    "except ... as": Case(
        ["e = torch.ones(2**22)", "try: 1 / 0\nexcept Exception as e: pass"], "e deleted 0/16"
    ),
    "del in a function": Case([MODEL, "def f(model): del model\nf(model)"]),
    "del of an item": Case([f"table = {{'m': {BIG}}}", "del table['m']"]),
    "del of a local of a comprehension": Case([MODEL, "[model for model in [1, 2]]"]),
    "a name that is not removed": Case([MODEL, "if False: del model"]),
    "a name that fails to be removed": Case([MODEL, "1 / 0; del model"]),
    "small things": Case(["small = torch.ones(100)", "del small"]),
    "a subclass of tensor": Case(
        [MINE, "del t"],
        "t deleted 0/16",
    ),
    "tensors without memory": Case([FAKE, "del fake, meta"]),
    "a wrapper counts what it wraps": Case(
        [WRAPPER, "del q"],
        "q deleted 0/16",
    ),
}


def described(removal):
    name, how = removal["name"], removal["how"]
    assert removal["device"] == "practice"
    alive, held = (round(removal[key] / MIB) for key in ("alive_bytes", "held_bytes"))
    held_by = [re.sub(r"^Out\[\d+\]$", "Out[n]", each) for each in removal["held_by"]]
    return " ".join([name, how, f"{alive}/{held}", *held_by])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_removal(kernel, case):
    for code in case.cells[:-1]:
        outcome = kernel.run(code)
        assert outcome.leaks == [], code
    outcome = kernel.run(case.cells[-1])
    removed = [case.removed] if case.removed else []
    assert [described(each) for each in outcome.record["removed"]] == removed
    left = [each for each in removed if " 0/" not in each]
    assert [described(each) for each in outcome.leaks] == left
    if case.then:
        assert outcome.leaks[0]["run"] == outcome.record["run"]
        assert outcome.leaks[0]["execution_count"] == outcome.record["execution_count"]
        kernel.run(case.then)
        assert kernel.leaks_now() == []


def test_a_leak_that_heals_while_idle_is_told_of(kernel):
    kernel.run(MODEL)
    kernel.run(RUN)
    kernel.run("del model")
    kernel.run("import threading; threading.Timer(0.3, lambda: globals().pop('y')).start()")
    kernel.wait_until(lambda: not kernel.pushes[-1].payload["leaks"], timeout_s=10)


def test_leaks_are_numbered_and_bounded(kernel):
    kernel.run("kept, graphs = [], []")
    kernel.run(
        "for n in range(40):\n"
        "    globals()[f't{n}'] = torch.ones(2**18, requires_grad=True)\n"
        "    graphs.append(globals()[f't{n}'].exp())"
    )
    kernel.run("del " + ", ".join(f"t{n}" for n in range(40)))
    leaks = kernel.leaks_now()
    numbers = [each["id"] for each in leaks]
    assert len(leaks) == 32
    assert numbers == list(range(numbers[0], numbers[0] + 32))
    kernel.run("graphs.clear()")
    assert kernel.leaks_now() == []
