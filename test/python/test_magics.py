"""``%vram``, ``%%vram`` and ``%vram_clear`` in a real IPython."""

import re
import sys

import pytest
from fakes import Device, Family, fake_torch
from IPython.core import magic
from IPython.core.interactiveshell import InteractiveShell
from kernels import ROOT
from quiet_torch import torch
from traitlets.config import Config

from jupyterlab_vram.devices import practice, readings

GIB = 2**30


CAN_BE_SILENCED = pytest.mark.skipif(
    not hasattr(magic, "output_can_be_silenced"), reason="this IPython silences no magic"
)


@pytest.fixture(autouse=True)
def _nothing_is_missing(monkeypatch):
    """The stand-ins for torch have what readings need, and no more."""
    monkeypatch.setattr(readings, "_lacking", lambda _torch: [])


@pytest.fixture
def shell(tmp_path):
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config, ipython_dir=str(tmp_path))
    shell.run_line_magic("load_ext", "jupyterlab_vram")
    yield shell
    shell.restore_sys_module_state()
    practice.switch_off()


@pytest.fixture
def run(shell, capsys):
    """Run a cell; returns what it printed, and its result."""

    def run(code):
        capsys.readouterr()
        result = shell.run_cell(code, store_history=True)
        return capsys.readouterr().out, result

    return run


def error_of(result):
    error = result.error_before_exec or result.error_in_exec
    return type(error).__name__, str(error)


def test_vram_without_torch(run, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    assert run("%vram")[0] == "torch is not imported in this kernel, so it holds no GPU memory.\n"
    assert run("%vram now")[0].startswith("torch is not imported")
    assert run("%vram_clear")[0].startswith("There is nothing to clear")
    assert run("%%vram\n1 + 1")[0].startswith("The cell used no GPU memory.\n")


def test_vram_with_a_torch_that_has_no_gpu(run):
    assert run("%vram")[0] == ("This build of torch supports no GPU. Try `%vram practice on`.\n")


def test_vram_prints_a_line_for_each_device(run, monkeypatch):
    torch_with_gpus = fake_torch(cuda=Family(Device(), Device(free=None, allocated=0, peak=0)))
    monkeypatch.setitem(sys.modules, "torch", torch_with_gpus)
    assert run("%vram")[0] == (
        "device             allocated  reserved      peak      free     total\n"
        "cuda:0 (Fake GPU)   1.00 GiB  2.00 GiB  2.00 GiB  4.00 GiB  8.00 GiB\n"
        "cuda:1 (Fake GPU)        0 B       0 B       0 B         -  8.00 GiB\n"
    )


def test_vram_says_when_memory_cannot_be_read(run, monkeypatch):
    cuda = Family(Device())
    cuda.fails = RuntimeError("device lost")
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=cuda))
    said = "The memory could not be read: RuntimeError: device lost\n"
    assert run("%vram")[0] == said
    output, result = run("%%vram\n6 * 7")
    assert (output.startswith(said), result.result) == (True, 42)


def test_practice_is_switched_on_and_off(run):
    output, _ = run("%vram practice on")
    assert re.search(r"^practice device +.* 4\.00 GiB$", output, re.MULTILINE)
    assert practice.is_on()
    assert "2.00 GiB" in run("%vram practice --size 2GiB")[0]
    assert "1.50 GiB" in run("%vram practice on --size '1.5 GiB'")[0]
    assert "practice" in run("%vram")[0]
    assert "supports no GPU" in run("%vram practice off")[0]
    assert not practice.is_on()


@pytest.mark.parametrize(
    ("version", "nodes", "is_on"),
    [
        ({"cuda": None}, (), True),
        ({"cuda": None}, ("/dev/nvidiactl",), True),
        ({}, (), True),
        ({}, ("/dev/nvidiactl",), False),
    ],
)
def test_practice_auto_is_on_where_torch_has_no_gpu(run, monkeypatch, version, nodes, is_on):
    monkeypatch.setattr("pathlib.Path.exists", lambda path: str(path) in nodes)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(sys.modules, "torch", fake_torch(version=version))
    run("%vram practice auto")
    assert practice.is_on() is is_on


def test_practice_auto_before_torch_goes_by_the_driver(run, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "platform", "linux")
    for nodes in ((), ("/dev/nvidiactl",)):
        monkeypatch.setattr("pathlib.Path.exists", lambda path, nodes=nodes: str(path) in nodes)
        run("%vram practice auto")
        assert practice.is_on() is (not nodes)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%vram bogus", "invalid choice: 'bogus'"),
        ("%vram practice perhaps", "invalid choice: 'perhaps'"),
        ("%vram practice on and on", "unrecognized arguments"),
        ("%vram --size", "expected one argument"),
        ("%vram practice on --size big", "Expected a size such as 4GiB or 512MiB, got 'big'"),
        ("%vram practice on --size 0", "Expected a size"),
        ("%vram practice on --size -1GiB", "expected one argument"),
        ("%vram practice on --size 9e99GiB", "Expected a size"),
        ("%vram practice on --size " + "9" * 400, "Expected a size"),
        ("%%vram practice\n1", "%%vram takes no arguments"),
        ("%vram_clear now", "There is no variable `now`."),
    ],
)
def test_arguments_that_make_no_sense(run, code, said):
    output, result = run(code)
    kind, message = error_of(result)
    assert kind == "UsageError"
    assert said in message + output
    assert not practice.is_on()


def test_a_vram_cell_shows_its_value_and_its_figures(run, shell):
    practice.switch_on()
    shell.user_ns["torch"] = torch
    output, result = run("%%vram\nx = torch.ones(8 * 2**18)\ny = x + 1; del y\n'value'")
    assert result.result == "value"
    assert shell.user_ns["_"] == "value"
    header, row = output.splitlines()[:2]
    assert header.split() == ["device", "change", "peak", "stayed", "reserved"]
    assert re.fullmatch(
        r"practice device +\+8\.\d MiB +at least [\d.]+ MiB +8\.\d MiB of [\d.]+ MiB +[\d.]+ MiB",
        row,
    )
    assert "'value'" in output


def test_the_peak_of_a_vram_cell_is_sampled(run, shell):
    practice.switch_on()
    shell.user_ns["torch"] = torch
    output, _ = run("%%vram\nimport time\nx = torch.ones(8 * 2**18); time.sleep(0.3); del x")
    stayed = re.search(r"(\S+ \S+) of (\d+\.\d) MiB", output)
    assert float(stayed[2]) >= 8


def test_the_peak_of_a_vram_cell_is_exact_whatever_was_before(run, shell, monkeypatch):
    device = Device(allocated=0, peak=7 * GIB)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=Family(device)))
    shell.user_ns["device"] = device
    output, _ = run(f"%%vram\ndevice.peak = {3 * GIB}; device.allocated = {GIB}")
    row = "cuda:0 +1.00 GiB 3.00 GiB 1.00 GiB of 3.00 GiB 2.00 GiB"
    assert output.splitlines()[1].split() == row.split()
    output, _ = run(f"%%vram\ndevice.allocated = {GIB // 2}")
    assert "-512.0 MiB  1.00 GiB  0 B of 0 B" in output


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("1; 2", 2),
        ("x = 1", None),
        ("'a'\nNone", None),
        ("for i in range(3): i", None),
        ("# a comment", None),
        ("%time x = 6 * 7", None),
        ("!true", None),
        pytest.param("x = 5\nx * 2;", None, marks=CAN_BE_SILENCED),
        ("def f(): return 1\nf()", 1),
    ],
)
def test_the_value_of_a_vram_cell(run, body, value):
    _, result = run(f"%%vram\n{body}")
    assert result.success, error_of(result)
    assert result.result == value


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("1 / 0", ("ZeroDivisionError", "division by zero")),
        ("x = 1\nundefined", ("NameError", "name 'undefined' is not defined")),
        ("raise KeyboardInterrupt", ("KeyboardInterrupt", "")),
        ("%vram bogus", ("UsageError", None)),
    ],
)
def test_the_error_of_a_vram_cell_is_its_own(run, shell, body, error):
    practice.switch_on()
    output, result = run(f"%%vram\n{body}")
    kind, message = error_of(result)
    assert kind == error[0]
    assert error[1] is None or message == error[1]
    assert "practice device" in output
    if "x = 1" in body:
        assert shell.user_ns["x"] == 1


def test_a_vram_cell_that_does_not_parse_runs_nothing(run, shell):
    practice.switch_on()
    output, result = run("%%vram\nx = 1\ndef broken(:")
    assert error_of(result)[0] == "SyntaxError"
    assert "x" not in shell.user_ns
    assert "practice device" not in output


def test_vram_clear_says_what_came_back(run, shell):
    practice.switch_on()
    shell.user_ns["torch"] = torch
    run("x = torch.ones(8 * 2**18)\n%vram")
    run("del x")
    output, result = run("%vram_clear")
    assert result.success
    given = re.match(
        r"practice device: gave back (8\.\d) MiB; reserved .* -> .*, allocated", output
    )
    assert given, output
    assert re.search(r"^  .* is still allocated\.$", output, re.MULTILINE)


def test_vram_clear_refuses_during_a_capture(run, monkeypatch):
    cuda = Family(Device())
    cuda.is_current_stream_capturing = lambda: True
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=cuda))
    kind, message = error_of(run("%vram_clear")[1])
    assert (kind, message.startswith("A CUDA graph is being captured")) == ("UsageError", True)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%vram?", ["%vram practice on", "--size", "%%vram", "now (the default)"]),
        ("%vram_clear?", ["Collect reference cycles"]),
    ],
)
def test_help(run, code, said):
    output, result = run(code)
    assert result.success
    assert all(each in output for each in said), output


def test_unloading_removes_the_magics_and_loading_brings_them_back(run):
    _, result = run("%unload_ext jupyterlab_vram")
    assert result.success
    for code in ("%vram", "%%vram\n1", "%vram_clear"):
        assert error_of(run(code)[1])[0] == "UsageError"
    run("%load_ext jupyterlab_vram")
    assert run("%vram")[1].success


def test_a_kernel_that_a_panel_shows_has_the_magics(start_kernel):
    kernel = start_kernel(path=[ROOT])
    assert "not found" in kernel.run("%%vram\n1 + 1").text
    kernel.attach()
    outcome = kernel.run("%%vram\n1 + 1")
    assert outcome.reply["status"] == "ok", outcome.reply
    assert outcome.text.startswith("The cell used no GPU memory.")


def test_a_magic_of_the_persons_own_is_left_alone(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.run(
        "from IPython.core.magic import register_line_magic\n"
        "@register_line_magic\ndef vram(line): print('mine')"
    )
    kernel.attach()
    assert kernel.run("%vram").text == "mine\n"
    # Who asks for ours gets it.
    kernel.run("%load_ext jupyterlab_vram")
    assert kernel.run("%vram").text.startswith("torch is not imported")


def test_a_delivered_copy_takes_over_the_magics_of_another(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.attach()
    kernel.run(
        "import sys\n"
        "for name in [each for each in sys.modules if each.startswith('jupyterlab_vram')]:\n"
        "    del sys.modules[name]"
    )
    kernel.attach()
    module = "get_ipython().magics_manager.magics['line']['vram'].__globals__['driver']"
    assert (
        kernel.value(f"{module} is __import__('sys').modules['jupyterlab_vram.devices.driver']")
        is True
    )
