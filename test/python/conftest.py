import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
# The tests' own modules, and the package where it is not installed.
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from kernels import ROOT, Kernel  # noqa: E402 - found only now


@pytest.fixture(autouse=True)
def _nothing_learned_of_places():
    """No test knows what a driver told another one of its numbers."""
    places = sys.modules.get("jupyterlab_vram.devices.numbering")
    if places is not None:
        places._places = places._Places()


@pytest.fixture(scope="session", autouse=True)
def _pytest_is_machinery():
    """A search in this process looks at the frames of tests, and not at pytest with all of them."""
    running = sys.modules.get("jupyterlab_vram.roots.running")
    if running is not None:
        running._MACHINERY += (
            "_pytest.",
            "pluggy.",
            "pytest",
            "xdist.",
            "execnet.",
            "__channelexec",
        )


@pytest.fixture(autouse=True)
def _main_module_stays():
    """A shell that a test makes puts a module of its own in the place of ``__main__``."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def torch_kernel(tmp_path_factory):
    """One kernel for all: it has torch, the practice device, and a viewer."""
    kernel = Kernel(tmp_path_factory.mktemp("torch"), path=[ROOT])
    kernel.run("import torch")
    kernel.attach(practice=True)
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(torch_kernel):
    """The kernel of all, with nothing left in it by an earlier test."""
    torch_kernel.forget()
    yield torch_kernel
    assert torch_kernel.complaints() == ""


@pytest.fixture(scope="module")
def leak_runner(torch_kernel):
    """Runs leak shapes in the kernel of all."""
    from leak_cases import Runner

    runner = Runner(torch_kernel, "cpu")
    yield runner
    runner.clean()


@pytest.fixture
def practice_device():
    """The practice device of this process, on for one test."""
    from jupyterlab_vram.devices import practice

    practice.switch_on()
    yield practice
    practice.switch_off()


@pytest.fixture
def start_kernel(tmp_path):
    """Starts kernels that end with the test; see ``Kernel``."""
    kernels = []

    def start(**options):
        kernels.append(Kernel(tmp_path / f"kernel{len(kernels)}", **options))
        return kernels[-1]

    yield start
    for each in kernels:
        each.stop()
