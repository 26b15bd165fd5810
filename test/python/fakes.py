"""Stand-ins for what this machine lacks: GPUs, their drivers, and torch's view of them."""

from __future__ import annotations

import types

GIB = 2**30


class Family:
    """As ``torch.cuda`` or ``torch.xpu``: devices with allocator statistics."""

    def __init__(self, *devices, initialised=True, statistics=("inactive_split_bytes",)):
        self.devices = list(devices)
        self.initialised = initialised
        self.emptied = 0
        self.fails = None
        self._statistics = ("allocated_bytes", "reserved_bytes", *statistics)

    def is_initialized(self):
        return self.initialised

    def is_current_stream_capturing(self):
        return False

    def device_count(self):
        self._may_fail()
        return len(self.devices)

    def memory_stats_as_nested_dict(self, index):
        self._may_fail()
        if self.devices[index].is_lost:
            raise RuntimeError("CUDA error: uncorrectable ECC error encountered")
        return {name: {"all": self.devices[index].stats(name)} for name in self._statistics}

    def get_device_properties(self, index):
        self._may_fail()
        return self.devices[index].properties

    def mem_get_info(self, index):
        if self.devices[index].free is None:
            raise AttributeError("mem_get_info")
        return self.devices[index].free, self.devices[index].properties.total_memory

    def empty_cache(self):
        self.emptied += 1

    def reset_peak_memory_stats(self, index):
        self._may_fail()
        self.devices[index].peak = self.devices[index].allocated

    def _may_fail(self):
        if self.fails is not None:
            raise self.fails


class Device:
    def __init__(self, *, allocated=GIB, peak=2 * GIB, uuid="0123-4567", free=4 * GIB):
        self.allocated, self.peak, self.free = allocated, peak, free
        self.is_lost = False
        self.properties = types.SimpleNamespace(
            name="Fake GPU", total_memory=8 * GIB, major=9, minor=0
        )
        if uuid is not None:
            self.properties.uuid = uuid

    def stats(self, name):
        factor = {"allocated_bytes": 1, "reserved_bytes": 2, "inactive_split_bytes": 0.25}[name]
        current = int(self.allocated * factor)
        return {"current": current, "peak": max(int(self.peak * factor), current)}


class Mps:
    """As ``torch.mps``."""

    def __init__(self, allocated=GIB):
        self.allocated = allocated
        self.emptied = 0

    def current_allocated_memory(self):
        return self.allocated

    def driver_allocated_memory(self):
        return self.allocated + GIB

    def recommended_max_memory(self):
        return 16 * GIB

    def empty_cache(self):
        self.emptied += 1


def fake_torch(*, cuda=None, xpu=None, mps=None, version=None, contexts=True):
    """A module that passes for torch; each part as on a machine that has or lacks it."""
    torch = types.ModuleType("torch")
    torch.__version__ = "2.99.0+fake"
    torch.Tensor = type("Tensor", (), {})
    torch.cuda = cuda if cuda is not None else Family(initialised=False)
    torch.version = types.SimpleNamespace(**({"cuda": "13.0", "hip": None} | (version or {})))
    torch._C = types.SimpleNamespace(_cuda_hasPrimaryContext=lambda _index: contexts)
    torch.backends = types.SimpleNamespace(
        mps=types.SimpleNamespace(is_available=lambda: mps is not None)
    )
    if xpu is not None:
        torch.xpu = xpu
    if mps is not None:
        torch.mps = mps
    return torch


class Nvml:
    """As ``pynvml`` on a machine with some GPUs."""

    def __init__(self, processes, uuid=b"GPU-0123-4567", lost=()):
        self.processes, self.uuid, self.lost = processes, uuid, lost
        self.questions = 0

    def nvmlInit(self):  # noqa: N802 - NVIDIA's name
        return None

    def nvmlDeviceGetCount(self):  # noqa: N802
        self.questions += 1
        return 1 + len(self.lost)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        if index < len(self.lost):
            raise RuntimeError("GPU is lost")
        return index

    def nvmlDeviceGetUUID(self, _handle):  # noqa: N802
        return self.uuid

    def nvmlDeviceGetMemoryInfo(self, _handle):  # noqa: N802
        return types.SimpleNamespace(total=8 * GIB, used=2 * GIB, free=5 * GIB)

    def nvmlDeviceGetComputeRunningProcesses(self, _handle):  # noqa: N802
        return [types.SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in self.processes]


class Cards(Nvml):
    """As ``pynvml`` with several GPUs, in its own order; some are cut in MIG slices."""

    def __init__(self, *uuids, slices=None):
        super().__init__([])
        self.uuids, self.slices = uuids, slices or {}

    def nvmlDeviceGetCount(self):  # noqa: N802
        self.questions += 1
        return len(self.uuids)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return self.uuids[index]

    def nvmlDeviceGetUUID(self, handle):  # noqa: N802
        return handle if handle.startswith("MIG-") else f"GPU-{handle}"

    def nvmlDeviceGetName(self, _handle):  # noqa: N802
        return "Fake GPU"

    def nvmlDeviceGetMaxMigDeviceCount(self, handle):  # noqa: N802
        return len(self.slices.get(handle, ()))

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle, index):  # noqa: N802
        return self.slices[handle][index]
