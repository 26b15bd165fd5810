"""What a release would do, asked before: true to a MiB, and held against the moment of doing it."""

import pytest
from kernels import ROOT
from wire import checked_release_preview

MIB = 2**20
#: Python's own arenas come and go on the practice device.
TOLERANCE = MIB

ADAM = """
model = nn.Linear(2048, 4096)
opt = torch.optim.Adam(model.parameters())
x = torch.ones(4096, 2048)
out = model(x)
out.sum().backward()
opt.step()
out = model(x)
del model
"""
OWN_CLASS = "class Config: cache = torch.ones(16 << 20)"


@pytest.fixture
def ask(kernel):
    """Asks what releasing some holders would do."""

    def preview(*names, groups=()):
        answer = kernel.ask("release_preview", names=list(names), groups=list(groups))
        assert answer["kind"] == "answered", answer["reason"]
        return checked_release_preview(answer["answer"])

    return preview


def allocated(kernel):
    (device,) = kernel.ask("attach", viewer="test")["reading"]["devices"]
    return device["allocated_bytes"]


def release(kernel, preview):
    """Release what a preview showed, and return what came back."""
    before = allocated(kernel)
    answer = kernel.ask("clear", shown=preview["token"])
    assert answer["kind"] == "cleared", answer["reason"]
    return before - allocated(kernel)


def frees(preview):
    (device,) = preview["devices"]
    return device["frees_bytes"] + device["collected_bytes"]


def stays(preview):
    (device,) = preview["devices"]
    return device["stays_bytes"]


def refusal(kernel, **fields):
    answer = kernel.ask(**fields)
    assert answer["kind"] == "refused"
    return answer["reason"]


def test_what_several_share_is_counted_once_and_comes_back(kernel, ask):
    kernel.run(ADAM)
    shown = ask("opt", "out")
    came_back = release(kernel, shown)
    # `x`, which the graph of `out` shares, stays.
    assert frees(shown) > 100 * MIB
    assert abs(came_back - frees(shown)) <= TOLERANCE
    assert abs(stays(shown) - 32 * MIB) <= TOLERANCE
    assert shown["kept_by"] == ["x"]
    assert shown["names"] == ["opt", "out"]
    assert kernel.value("[each for each in ('opt', 'out', 'x') if each in globals()]") == ["x"]


def test_what_others_hold_stays_and_they_are_named(kernel, ask):
    kernel.run("a = torch.ones(16 << 20); b = [a]; c = {'a': a}")
    shown = ask("a", "b")
    assert (frees(shown), shown["kept_by"]) == (0, ["c"])
    assert stays(shown) >= 64 * MIB
    assert frees(ask("a", "b", "c")) >= 64 * MIB


def test_garbage_is_said_apart_since_it_is_collected_along(kernel, ask):
    kernel.run("gc.disable(); ring = [torch.ones(16 << 20)]; ring.append(ring); del ring")
    kernel.run("y = torch.ones(8 << 20)")
    shown = ask("y")
    came_back = release(kernel, shown)
    (device,) = shown["devices"]
    assert device["collected_bytes"] >= 64 * MIB
    assert 32 * MIB <= device["frees_bytes"] < 33 * MIB
    assert abs(came_back - frees(shown)) <= TOLERANCE


CHANGES = {
    "another object": ("y = torch.ones(1 << 20)", "`y` has changed"),
    "the same memory in another object": ("y = y[:]", "`y` has changed"),
    "more memory": ("y.more = torch.ones(8 << 20)", "`y` has changed"),
    "another holder": ("z = y", "It would free 0 B now, not 64"),
    "nothing": ("del y", "Nothing called `y` holds device memory now."),
    "something small": ("y = 1", "Nothing called `y` holds device memory now."),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_since_is_not_released(kernel, ask, change):
    code, reason = CHANGES[change]
    kernel.run("y = torch.ones(16 << 20)")
    shown = ask("y")
    kernel.run(code)
    before = kernel.value("'y' in globals()")
    said = refusal(kernel, op="clear", shown=shown["token"])
    assert reason in said
    assert said.endswith("Nothing was released.")
    assert kernel.value("'y' in globals()") == before


def test_memory_that_takes_the_place_of_old_memory_is_not_taken_for_it(kernel, ask):
    kernel.run("y = torch.ones(16 << 20)")
    shown = ask("y")
    # Freed and taken again at once: the same addresses, were nobody to remember them.
    kernel.run("del y\ny = torch.ones(16 << 20)")
    assert "`y` has changed" in refusal(kernel, op="clear", shown=shown["token"])
    assert kernel.value("'y' in globals()") is True


def test_what_did_not_change_is_released_whatever_ran_meanwhile(kernel, ask):
    kernel.run("y = torch.ones(16 << 20)")
    shown = ask("y")
    kernel.run("other = torch.ones(8 << 20); y.mul_(2); None")
    answer = kernel.ask("clear", shown=shown["token"])
    assert answer["clear"]["released"] == ["y"]
    assert kernel.value("'y' in globals()") is False


def test_a_preview_is_good_for_one_release(kernel, ask):
    kernel.run("y = torch.ones(16 << 20)")
    shown = ask("y")
    kernel.ask("clear", shown=shown["token"])
    kernel.run("y = torch.ones(16 << 20)")
    for token in (shown["token"], "none"):
        assert "does not know what was shown" in refusal(kernel, op="clear", shown=token)
    assert kernel.value("'y' in globals()") is True


def test_looking_leaves_no_reference_though_nothing_is_collected(kernel, ask):
    kernel.run("gc.disable(); ring = [torch.ones(16 << 20)]; ring.append(ring); del ring")
    kernel.run("y = torch.ones(16 << 20)")
    count = kernel.value("sys.getrefcount(y)")
    ask("y")
    assert kernel.value("sys.getrefcount(y)") == count


def test_looking_keeps_nothing_alive_and_is_bounded(kernel, ask):
    kernel.run("y = torch.ones(16 << 20)")
    for _ in range(20):
        ask("y")
    before = allocated(kernel)
    kernel.run("del y")
    assert before - allocated(kernel) >= 64 * MIB
    kept = "len(__import__('sys').modules['jupyterlab_vram.holders.preview']._kept)"
    assert kernel.value(kept) == 16


def test_who_is_gone_and_who_cannot_are_said(kernel, ask):
    kernel.run(
        "import threading; done = threading.Event(); y = torch.ones(16 << 20)\n"
        "wait, given = lambda _x: done.wait(), (torch.ones(8 << 20),)\n"
        "threading.Thread(target=wait, args=given, name='w').start(); del given"
    )
    try:
        shown = ask("y", "model", "<lambda>() in thread w")
        assert (shown["names"], shown["missing"]) == (["y"], ["model"])
        assert shown["stuck"] == ["<lambda>() in thread w"]
        assert any("thread ends" in note for note in shown["notes"])
        for fields, reason in (
            ({"names": ["model"]}, "Nothing called `model` holds device memory now."),
            (
                {"names": ["<lambda>() in thread w"]},
                "be released. The memory comes back when the thread ends",
            ),
            ({"groups": ["outputs"]}, "The notebook itself holds no device memory now."),
        ):
            assert reason in refusal(kernel, op="release_preview", **fields)
    finally:
        kernel.run("done.set()")


FAILS = "def fit():\n    z = torch.ones(8 << 20)\n    1 / 0\nfit()"
#: Cells, and then the names and the groups that are released.
CODES = {
    "variables": (["a = torch.ones(8 << 20); b = [a]"], ["a", "b"], []),
    "a name that nobody can type": (["globals()['my x'] = torch.ones(8 << 20)"], ["my x"], []),
    "an attribute of a class": ([OWN_CLASS], ["Config.cache"], []),
    "outputs and a variable": (["v = torch.ones(8 << 20)\nv"], ["v", "Out[{n}]"], []),
    "all": (["torch.ones(8 << 20)", FAILS], [], ["all"]),
    "tracebacks": ([FAILS], [], ["tracebacks"]),
}


@pytest.mark.parametrize("case", CODES)
def test_the_code_that_is_shown_does_what_the_release_does(kernel, ask, case):
    cells, wanted, groups = CODES[case]
    freed = []
    for act in ("release", "run"):
        kernel.silently("import gc; gc.collect()")
        for cell in cells:
            last = kernel.run(cell)
        names = [each.format(n=last.reply["execution_count"]) for each in wanted]
        shown = ask(*names, groups=groups)
        before = allocated(kernel)
        if act == "release":
            kernel.ask("clear", shown=shown["token"])
        else:
            code = "\n".join([*shown["code"][:-1], "_report = " + shown["code"][-1]])
            outcome = kernel.run(code)
            assert outcome.reply["status"] == "ok", outcome.reply
        freed.append(before - allocated(kernel))
        assert abs(freed[-1] - frees(shown)) <= TOLERANCE, act
    assert abs(freed[0] - freed[1]) <= TOLERANCE


@pytest.mark.parametrize("name", ["outputs", "all", "tracebacks"])
def test_a_variable_may_be_called_like_a_group(kernel, ask, name):
    kernel.run(f"torch.ones(16 << 20)\n{name} = torch.ones(8 << 20)")
    kernel.run("torch.ones(16 << 20)")
    shown = ask(name)
    kernel.ask("clear", shown=shown["token"])
    assert shown["code"][0] == f"del {name}"
    assert 32 * MIB <= frees(shown) < 33 * MIB
    assert kernel.value(f"[{name!r} in globals(), len(Out)]") == [False, 1]


LIBRARY = """
import logging
model = nn.Linear(4096, 4096)
class Watcher(logging.Handler):
    def emit(self, record): pass
watcher = Watcher()
watcher.model = model
logging.getLogger("kept").addHandler(watcher)
"""


def test_what_a_library_keeps_is_not_promised(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.run("import torch; from torch import nn")
    kernel.attach(practice=True)
    # The clock of a loaded machine must not decide.
    kernel.silently("from jupyterlab_vram.holders import preview as p; p.SEARCH_S = 60.0")
    kernel.run(LIBRARY)
    names = ["model", "watcher"]
    shown = kernel.ask("release_preview", names=names, groups=[])["answer"]
    came_back = release(kernel, shown)
    assert abs(came_back - frees(shown)) <= TOLERANCE
    assert stays(shown) >= 64 * MIB


def test_where_it_cannot_be_told_that_is_said(kernel, ask):
    kernel.run("y = torch.ones(8 << 20)")
    kernel.run(FAILS)
    assert ask("y")["is_checked"] is True
    assert ask(groups=["tracebacks"])["is_checked"] is False
    assert ask("y", groups=["tracebacks"])["is_checked"] is False


def test_the_code_is_short(kernel, ask):
    number = kernel.run("a = torch.ones(8 << 20); b = [a]; a").reply["execution_count"]
    shown = ask("a", "b", f"Out[{number}]")
    assert shown["code"] == [
        "del a, b",
        "import jupyterlab_vram",
        f"jupyterlab_vram.clear(release=['Out[{number}]'])",
    ]
    assert ask(groups=["all"])["code"][-1] == "jupyterlab_vram.clear(release=['all'])"
    assert ask("a")["code"][-1] == "jupyterlab_vram.clear()"
