"""NVML by way of its Python binding, which comes in many versions."""

import sys
import types

import pytest

from jupyterlab_vram.nvidia import nvml
from jupyterlab_vram.nvidia.types import DriverError, Gpu, GpuUse

MIB = 2**20
NO_FIGURE = 2**64 - 1


class NvmlError(Exception):
    def __init__(self, value):
        super().__init__(f"error {value}")
        self.value = value


def processes(**used):
    return [
        types.SimpleNamespace(pid=int(pid.lstrip("p")), usedGpuMemory=figure)
        for pid, figure in used.items()
    ]


class Binding:
    """As a new ``pynvml`` on a machine with two GPUs, the second cut in slices."""

    nvmlMemory_v2 = 2  # noqa: N815 - NVIDIA's name

    def __init__(self, **lists):
        self.compute = {"A": processes(p10=500 * MIB), "M1": processes(p20=700 * MIB)} | lists
        self.graphics = {}
        self.slices = {"B": ["M0", "M1"]}
        self.denied = {"B"}

    def nvmlDeviceGetCount(self):  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return "AB"[index]

    def nvmlDeviceGetUUID(self, handle):  # noqa: N802
        return handle if handle.startswith("M") else f"GPU-{handle}".encode()

    def nvmlDeviceGetName(self, handle):  # noqa: N802
        return f"Fake {handle}"

    def nvmlDeviceGetMemoryInfo(self, handle, version=None):  # noqa: N802
        if handle in self.denied:
            raise NvmlError(4)
        # The first version counts what the driver itself reserves as used.
        used = (100 if version == 2 else 700) * MIB
        return types.SimpleNamespace(total=8000 * MIB, used=used, free=7300 * MIB)

    def nvmlDeviceGetMaxMigDeviceCount(self, handle):  # noqa: N802
        if handle not in self.slices:
            raise NvmlError(3)
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle, index):  # noqa: N802
        try:
            return self.slices[handle][index]
        except IndexError:
            raise NvmlError(6) from None

    def nvmlDeviceGetComputeRunningProcesses(self, handle):  # noqa: N802
        if handle in self.denied:
            raise NvmlError(4)
        return self.compute.get(handle, [])

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle):  # noqa: N802
        return self.graphics.get(handle, [])


def test_gpus_slices_and_processes():
    answer = nvml.ask(Binding())
    assert answer.source == "nvml"
    assert answer.gpus == (
        Gpu("A", None, 0, "Fake A", 8000 * MIB, 100 * MIB, True),
        Gpu("B", None, 1, "Fake B", None, None, False),
        Gpu("M0", "B", 0, "Fake M0", 8000 * MIB, 100 * MIB, True),
        Gpu("M1", "B", 1, "Fake M1", 8000 * MIB, 100 * MIB, True),
    )
    assert answer.uses == (GpuUse("A", 10, 500 * MIB), GpuUse("M1", 20, 700 * MIB))


def test_an_older_binding():
    binding = Binding()
    for name in ("nvmlMemory_v2", "nvmlDeviceGetMaxMigDeviceCount"):
        monkey = types.SimpleNamespace(**{each: getattr(binding, each) for each in dir(binding)})
        delattr(monkey, name)
        binding = monkey
    answer = nvml.ask(binding)
    assert [gpu.uuid for gpu in answer.gpus] == ["A", "B"]
    assert answer.gpus[0].used_bytes == 700 * MIB


@pytest.mark.parametrize("figure", [None, NO_FIGURE, NO_FIGURE - 1, 2**53, -1, 0])
def test_a_figure_that_is_not_available_is_unknown(figure):
    assert nvml.ask(Binding(A=processes(p10=figure))).uses[0].used_bytes is None


def test_what_draws_and_computes_is_one_process():
    binding = Binding()
    binding.graphics["A"] = processes(p10=500 * MIB, p11=None)
    uses = nvml.ask(binding).uses
    assert uses[0] == GpuUse("A", 10, 500 * MIB, "both")
    assert GpuUse("A", 11, None, "graphics") in uses


@pytest.mark.parametrize("pid", [0, 2**32 - 1, 524288000, -1])
def test_scrambled_numbers_refuse_the_whole_list(pid):
    lists = [*processes(p10=5), types.SimpleNamespace(pid=pid, usedGpuMemory=10)]
    with pytest.raises(DriverError, match="mismatch"):
        nvml.ask(Binding(A=lists))


def test_no_gpu():
    binding = Binding()
    binding.nvmlDeviceGetCount = lambda: 0
    with pytest.raises(DriverError, match="no-devices"):
        nvml.ask(binding)


@pytest.mark.parametrize(
    ("value", "state"),
    [(18, "mismatch"), (9, "no-driver"), (12, "no-driver"), (4, "no-permission"), (999, "failed")],
)
def test_a_binding_that_can_not_start_says_why(monkeypatch, tmp_path, value, state):
    (tmp_path / "pynvml.py").write_text(
        f"class NVMLError(Exception):\n    value = {value}\ndef nvmlInit(): raise NVMLError('no')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    with pytest.raises(DriverError) as caught:
        nvml.load()
    assert caught.value.state == state
    sys.modules.pop("pynvml", None)


def test_a_look_tells_of_one_process_and_of_all_memory():
    uses, free = nvml.look(Binding(), 20)
    assert uses == [GpuUse("M1", 20, 700 * MIB)]
    # A whole GPU and two slices of one that tells nothing itself.
    assert free == {"A": 7300 * MIB, "M0": 7300 * MIB, "M1": 7300 * MIB}
    assert nvml.look(Binding(), 21)[0] == []
