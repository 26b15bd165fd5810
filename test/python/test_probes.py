"""What a version of IPython, ipykernel or PyTorch lacks is said, and nothing is guessed."""

import sys
import types

import pytest
from fakes import Device, Family, fake_torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from wire import READING

import jupyterlab_vram
from jupyterlab_vram.cells.recorder import CellRecorder
from jupyterlab_vram.devices import torch_private
from jupyterlab_vram.devices.readings import take_reading
from jupyterlab_vram.devices.tensors import can_follow, tensor_reader
from jupyterlab_vram.host.ipython import IPythonHost
from jupyterlab_vram.host.plain import PlainHost
from jupyterlab_vram.magics.support_report import sentences
from jupyterlab_vram.roots.outputs import hidden_roots, output_roots
from jupyterlab_vram.roots.tracebacks import Tracebacks

SHELLS_PARTS = (
    "InteractiveTB",
    "ast_transformers",
    "displayhook",
    "events",
    "execution_count",
    "history_manager",
    "last_execution_result",
    "run_code",
    "user_ns",
    "user_ns_hidden",
)
ALL_OF_IPYTHON = ["outputs", "hidden-names", "last-error", "cells", "cell-code", "interrupts"]
ALL_OF_TORCH = ["storages", "addresses", "use-counts", "graphs", "sparse", "class-code", "blocks"]


@pytest.fixture
def shell(tmp_path):
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config, ipython_dir=str(tmp_path))
    yield shell
    shell.restore_sys_module_state()


class Serving:
    """As a kernel of ipykernel."""

    def __init__(self, loop=None):
        self.io_loop = types.SimpleNamespace(asyncio_loop=loop or object())

    async def execute_request(self, stream, ident, parent):
        metadata = (stream, ident, parent)
        return metadata  # noqa: RET504 - its local variables are what counts


class ServingMore(Serving):
    """Does something first, as ipykernel 7 does."""

    async def execute_request(self, stream, ident, parent):
        return await super().execute_request(stream, ident, parent)


class ServingOtherwise:
    io_loop = types.SimpleNamespace(asyncio_loop=object())

    async def execute_request(self, message):
        return message


def test_a_kernel_of_these_versions_lacks_nothing(kernel):
    assert kernel.ask("read", viewer="test")["reading"]["unsupported"] == []


def test_this_ipython_lacks_nothing(shell):
    assert IPythonHost(shell).probe() == []


def test_nothing_can_be_missing_without_a_shell():
    assert PlainHost().probe() == []


@pytest.mark.parametrize(
    ("kernel", "missing"),
    [
        (Serving(), []),
        (ServingMore(), []),
        (ServingOtherwise(), ["running-cell"]),
        (object(), ["running-cell", "tasks"]),
    ],
    ids=["known", "in two classes", "other code", "neither"],
)
def test_what_a_kernel_lacks(shell, kernel, missing):
    shell.kernel = kernel
    assert IPythonHost(shell).probe() == missing


@pytest.mark.parametrize(
    ("part", "instead", "missing"),
    [
        ("history_manager", types.SimpleNamespace(input_hist_parsed=[""]), ["outputs"]),
        ("history_manager", types.SimpleNamespace(output_hist={}), ["cells"]),
        ("displayhook", object(), ["outputs"]),
        ("user_ns_hidden", {"a name"}, ["hidden-names"]),
        ("InteractiveTB", object(), ["last-error"]),
        ("events", types.SimpleNamespace(callbacks={"post_run_cell": []}), ["cells"]),
        ("ast_transformers", (), ["cell-code"]),
        ("run_code", None, ["interrupts"]),
    ],
)
def test_each_thing_that_a_newer_ipython_changed_is_told_by_itself(shell, part, instead, missing):
    parts = {name: getattr(shell, name) for name in SHELLS_PARTS}
    assert IPythonHost(types.SimpleNamespace(**parts)).probe() == []
    assert IPythonHost(types.SimpleNamespace(**{**parts, part: instead})).probe() == missing


def test_a_shell_that_keeps_everything_elsewhere_is_told_of_and_nothing_is_guessed():
    host = IPythonHost(types.SimpleNamespace(user_ns={"x": 1}))
    assert host.probe() == ALL_OF_IPYTHON
    assert (output_roots(host), hidden_roots(host)) == ([], [])
    assert not any(host.output_tables())
    assert host.names == {"x": 1}
    recorder = CellRecorder(host, dict)
    recorder.install()
    recorder.visit(None)
    assert host.cell_start(object()).execution_count is None
    recorder.remove()
    Tracebacks(host).roots()
    host.forget_errors()


def test_a_torch_that_keeps_everything_elsewhere_is_told_of_and_nothing_is_guessed(monkeypatch):
    torch = fake_torch(cuda=Family(Device()))
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert torch_private.probe(torch) == ALL_OF_TORCH
    assert (tensor_reader(), can_follow(), torch_private.guards(torch)) == (None, False, [])
    assert torch_private.sparse_parts(torch, torch.Tensor()) == []
    assert torch_private.hooks_of(torch, torch.Tensor()) is None
    assert jupyterlab_vram.holders() == []


def test_this_torch_lacks_nothing():
    torch = pytest.importorskip("torch")
    assert torch_private.probe(torch) == []


@pytest.mark.parametrize(
    ("owner", "name", "key"),
    [
        ("Tensor", "_use_count", "use-counts"),
        ("Tensor", "_base", "graphs"),
        ("UntypedStorage", "_weak_ref", "storages"),
        ("_C", "_data_address", "addresses"),
        ("_C", "_dispatch_keys", "sparse"),
        ("_C", "_DisableTorchDispatch", "class-code"),
        ("cuda", "memory_snapshot", "blocks"),
        ("cuda", "memory_stats_as_nested_dict", "counters"),
    ],
)
def test_each_thing_that_another_torch_lacks_is_told_by_itself(owner, name, key):
    torch = pytest.importorskip("torch")

    class Without:
        def __getattr__(self, asked):
            if asked == name:
                raise AttributeError(asked)
            return getattr(getattr(torch, owner), asked)

    other = types.SimpleNamespace(
        **{part: getattr(torch, part) for part in ("Tensor", "UntypedStorage", "_C", "cuda")},
        version=types.SimpleNamespace(cuda=None),
    )
    setattr(other, owner, Without())
    assert torch_private.probe(other) == [key]


def test_what_is_free_on_an_unused_gpu_is_asked_of_no_torch_that_cannot_tell():
    torch = fake_torch()
    del torch._C._cuda_hasPrimaryContext
    assert "free-memory" in torch_private.probe(torch)
    assert torch_private.has_context(torch, 0) is False


def test_a_reading_carries_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=Family(Device())))
    reading = take_reading(unsupported=["outputs"])
    READING(reading, "reading")
    assert reading["unsupported"] == ["outputs", *ALL_OF_TORCH]


def test_a_sentence_names_the_version(monkeypatch):
    monkeypatch.setattr(sys.modules["IPython"], "__version__", "10.0.0")
    said = sentences({"unsupported": ["outputs", "a key of another version"]})
    assert said == [
        "IPython 10.0.0 keeps outputs elsewhere; they may be missing from the list of holders."
    ]


def test_the_magic_says_it_below_the_figures(shell, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=Family(Device())))
    jupyterlab_vram.load_ipython_extension(shell)
    monkeypatch.setattr(IPythonHost, "probe", lambda _host: ["hidden-names"])
    shell.run_line_magic("vram", "")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("device")
    assert any(
        line.endswith("hidden names elsewhere; they may be missing from the list of holders.")
        for line in lines
    )
    assert any(line.startswith("torch 2.99.0+fake does not") for line in lines)
    jupyterlab_vram.unload_ipython_extension(shell)
