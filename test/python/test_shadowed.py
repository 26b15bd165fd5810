"""A notebook whose names hide Python's own: front ends and magics work all the same."""

import builtins

import pytest
from kernels import ROOT, archive

#: Names that have to stay for IPython's own sake.
KEPT = ("__build_class__", "__spec__", "__loader__", "get_ipython", "display")


@pytest.fixture(scope="module")
def shadowed(tmp_path_factory):
    from kernels import Kernel

    kernel = Kernel(tmp_path_factory.mktemp("shadowed"), path=[ROOT])
    names = [name for name in dir(builtins) if name not in KEPT and name.isidentifier()]
    keywords = {"None", "True", "False", "__debug__"}
    lines = [f"{name} = 1" for name in names if name not in keywords]
    kernel.run("import torch")
    kernel.run("\n".join(lines))
    yield kernel
    kernel.stop()


def test_every_request_is_answered(shadowed):
    assert shadowed.attach(practice=True)["kind"] == "attached"
    assert shadowed.run("held = torch.ones(2**22)").record["ok"] is True
    answer = shadowed.ask("holders", min_bytes=1 << 20)
    assert [each["name"] for each in answer["answer"]["holders"][:1]] == ["held"]
    assert shadowed.ask("clear", names=["held"])["clear"]["released"] == ["held"]
    assert shadowed.run("%load_ext jupyterlab_vram\n%vram").text != ""


@pytest.mark.parametrize("builtins", ["{}", "None", "5", "{'exec': print}"])
def test_even_where_builtins_itself_is_something_else(start_kernel, builtins):
    kernel = start_kernel(path=[ROOT])
    kernel.run(f"__builtins__ = {builtins}")
    assert kernel.attach(practice=True)["kind"] == "attached"


@pytest.mark.parametrize(
    "line",
    ["from numpy import *", "from torch import *", "exec = 1", "list = [1]; type = 'a'; open = 2"],
)
def test_what_people_really_write(start_kernel, line):
    kernel = start_kernel(path=[ROOT])
    kernel.run(line)
    assert kernel.attach(practice=True)["kind"] == "attached"
    assert kernel.run("1 + 1").record["ok"] is True


def test_the_agent_is_delivered_all_the_same(start_kernel, tmp_path):
    package = tmp_path / "elsewhere" / "jupyterlab_vram"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError\n")
    kernel = start_kernel(path=[package.parent])
    kernel.run("exec = compile = dict = __import__ = __builtins__ = 1")
    assert kernel.attach()["kind"] == "missing"
    assert kernel.attach(archive=archive())["kind"] == "attached"
