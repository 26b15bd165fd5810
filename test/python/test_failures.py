"""The last out-of-memory error: what is kept of it, and ``%vram_oom``."""

import gc
import json
import sys
import weakref
from pathlib import Path

import pytest
from fakes import Device, Family, fake_torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyterlab_vram.cells import oom as failures

GIB = 2**30
FIXTURES = Path(__file__).parents[1] / "fixtures"
TEXT = (
    "CUDA out of memory. Tried to allocate 39.59 GiB. GPU 0 has a total capacity of 79.18 GiB "
    "of which 25.79 GiB is free. Including non-PyTorch memory, this process has 53.38 GiB memory "
    "in use. Of the allocated memory 52.79 GiB is allocated by PyTorch, and 0 bytes is reserved "
    "by PyTorch but unallocated."
)


class OutOfMemoryError(RuntimeError):
    __module__ = "torch"


@pytest.fixture(autouse=True)
def forgotten():
    failures.forget()
    yield
    failures.forget()


@pytest.fixture
def shell(tmp_path):
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config, ipython_dir=str(tmp_path))
    shell.user_ns["OutOfMemoryError"] = OutOfMemoryError
    shell.user_ns["TEXT"] = TEXT
    yield shell
    shell.restore_sys_module_state()
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


@pytest.fixture
def run(shell, capsys):
    def run(code):
        capsys.readouterr()
        shell.run_cell(code, store_history=True)
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("text", "tried", "free"),
    [
        (TEXT, round(39.59 * GIB), round(25.79 * GIB)),
        (
            "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 4.00 GiB total capacity; "
            "3.46 GiB already allocated; 0 bytes free; 3.47 GiB reserved in total by PyTorch)",
            20 * 2**20,
            0,
        ),
        (
            "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
            "Currently allocated     : 6.89 GiB\nRequested               : 320.00 MiB\n"
            "Free (according to CUDA): 2.94 MiB",
            320 * 2**20,
            round(2.94 * 2**20),
        ),
        ("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 5520 bytes.", 5520, None),
        ("Out of memory allocating 1,024 bytes (allocated so far: 0 bytes).", 1024, None),
        ("CUDA error: out of memory", None, None),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", None, None),
    ],
)
def test_a_failure_is_read(text, tried, free):
    failure = failures.failure_of(RuntimeError(text), 7)
    assert failure is not None
    assert (failure.tried_bytes, failure.free_bytes) == (tried, free)
    assert failure.execution_count == 7


ROWS = json.loads((FIXTURES / "oom.json").read_text(encoding="utf-8"))
FROM_GPU = json.loads((FIXTURES / "oom_gpu.json").read_text(encoding="utf-8"))
MEMORY = [row["text"] for row in ROWS if row["expect"]] + [row["text"] for row in FROM_GPU]
#: Neither is the text of an exception that says memory: the system's word, and one of cuDNN's
#: that only its neighbors explain.
UNKNOWN = ("Killed\n", "CUDNN_STATUS_INTERNAL_ERROR")


@pytest.mark.parametrize("text", MEMORY)
def test_what_the_panel_explains_is_a_failure(text):
    is_known = not text.endswith(UNKNOWN)
    assert failures.says_memory(text) is is_known


@pytest.mark.parametrize(
    "text",
    [
        "[719] Call to cuMemAlloc results in CUDA_ERROR_LAUNCH_FAILED",
        "CUDA error: device-side assert triggered",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "CUDA error: too many resources requested for launch",
        "numpy.ndarray size changed, may indicate binary incompatibility",
        "The size of tensor a (3) must match the size of tensor b (4)",
        "could not allocate a port",
        "room 'bedroom' is unknown",
    ],
)
def test_an_ordinary_error_is_no_failure(text):
    assert failures.says_memory(text) is False


def test_an_error_that_names_a_class_is_no_failure():
    for kind in (NameError, AttributeError, ImportError):
        assert failures.failure_of(kind("name 'OutOfMemoryError' is not defined"), 1) is None


def test_another_error_is_no_failure():
    for text in ("CUDA error: an illegal memory access was encountered", "", "launch failed"):
        assert failures.failure_of(RuntimeError(text), 1) is None


def test_a_quota_of_a_service_is_no_memory():
    class ResourceExhausted(Exception):  # noqa: N818
        __module__ = "google.api_core.exceptions"

    text = "429 RESOURCE_EXHAUSTED: Quota exceeded for metric"
    assert failures.failure_of(ResourceExhausted(text), 1) is None
    assert failures.failure_of(RuntimeError(text), 1) is None


@pytest.mark.parametrize(
    "text",
    [
        "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 5520 bytes.",
        "RESOURCE_EXHAUSTED: Failed to allocate request for 2.00GiB (2147483648B)",
        "RESOURCE_EXHAUSTED: XLA:TPU compile permanent error. Ran out of memory in hbm",
    ],
)
def test_memory_that_is_exhausted_is_a_failure(text):
    assert failures.failure_of(RuntimeError(text), 1) is not None


def test_a_figure_ends_where_its_line_ends():
    text = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 5520 bytes\nGiB follow"
    failure = failures.failure_of(RuntimeError(text), 1)
    assert failure is not None
    assert failure.tried_bytes == 5520
    cut = "CUDA out of memory. Tried to allocate 12\nGiB free; 3 MiB free;"
    failure = failures.failure_of(RuntimeError(cut), 1)
    assert failure is not None
    assert failure.tried_bytes is None


def test_an_error_with_a_hostile_text_is_survived():
    class HostileError(Exception):
        def __str__(self):
            raise ValueError

    assert failures.failure_of(HostileError(object()), 1) is None


def test_the_error_that_led_to_another_is_found():
    error = RuntimeError("The engine did not start")
    error.__cause__ = OutOfMemoryError(TEXT)
    failure = failures.failure_of(error, None)
    assert failure is not None
    assert failure.error == "torch.OutOfMemoryError"


def test_a_chain_without_end_is_given_up():
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert failures.failure_of(first, None) is None


def test_nothing_keeps_the_error_or_its_frames_alive(shell, run):
    shell.run_line_magic("load_ext", "jupyterlab_vram")

    class Large:
        pass

    shell.user_ns["Large"] = Large
    run(
        "import weakref\n"
        "def f():\n"
        "    global seen\n"
        "    x = Large(); seen = weakref.ref(x)\n"
        "    raise OutOfMemoryError(TEXT)\n"
        "f()"
    )
    seen = shell.user_ns["seen"]
    assert isinstance(seen, weakref.ref)
    assert failures.last_failure() is not None
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    shell.InteractiveTB.tb = None
    shell.last_execution_result = None
    run("1")
    gc.collect()
    assert seen() is None
    assert failures.last_failure() is not None


def test_vram_oom_says_that_nothing_failed(shell, run):
    shell.run_line_magic("load_ext", "jupyterlab_vram")
    run("1 / 0")
    assert run("%vram_oom") == "No out-of-memory error is known in this kernel.\n"


def test_vram_oom_prints_then_and_now(shell, run, monkeypatch):
    shell.run_line_magic("load_ext", "jupyterlab_vram")
    full = Device(allocated=5 * GIB, free=GIB)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=Family(full)))
    run("raise OutOfMemoryError(TEXT)")
    empty = Device(allocated=GIB, free=3 * GIB)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=Family(empty)))
    run("1 / 0")
    lines = run("%vram_oom").splitlines()
    assert lines[0].startswith("Out of memory in cell [1], ")
    assert lines[0].endswith(" s ago: torch.OutOfMemoryError")
    assert lines[1] == "tried 39.59 GiB, free 25.79 GiB"
    assert lines[2].split() == ["device", "when", "allocated", "reserved", "free"]
    device, then, now = lines[2].split(), lines[3].split(), lines[4].split()
    assert [device[0], then[:4], now[:4]] == [
        "device",
        ["cuda:0", "then", "5.00", "GiB"],
        ["cuda:0", "now", "1.00", "GiB"],
    ]
    assert (then[-2:], now[-2:]) == (["1.00", "GiB"], ["3.00", "GiB"])


def test_vram_oom_knows_what_python_remembers(shell, run):
    run("raise OutOfMemoryError(TEXT)")
    shell.run_line_magic("load_ext", "jupyterlab_vram")
    assert "tried 39.59 GiB, free 25.79 GiB" in run("%vram_oom")


def test_unloading_leaves_no_hook(shell):
    shell.run_line_magic("load_ext", "jupyterlab_vram")
    assert failures.note in shell.events.callbacks["post_run_cell"]
    shell.run_line_magic("unload_ext", "jupyterlab_vram")
    assert failures.note not in shell.events.callbacks["post_run_cell"]


def test_the_settings_of_the_allocator_are_those_of_the_environment(monkeypatch):
    for name in ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF"):
        monkeypatch.delenv(name, raising=False)
    assert failures.allocator_settings() is None
    monkeypatch.setenv("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    assert failures.allocator_settings() == "expandable_segments:True"


def test_the_front_end_is_told(kernel):
    answer = kernel.ask("failure")
    assert answer["kind"] == "answered"
    assert set(answer["answer"]) == {"allocator_settings"}
