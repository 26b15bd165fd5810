"""Readings of GPUs that are not here, by fake modules that pass for torch."""

import sys
import threading
import time
import types
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader, find_spec, module_from_spec

import pytest
from fakes import GIB, Device, Family, Mps, fake_torch
from wire import checked_reading

from jupyterlab_vram import clear
from jupyterlab_vram.cells.recorder import allocations_or_none
from jupyterlab_vram.devices import driver, practice, readings
from jupyterlab_vram.devices.torch_access import driver_is_missing, gpu_build, loaded_torch
from jupyterlab_vram.holders.clear import ClearRefusedError


@pytest.fixture(autouse=True)
def no_driver(monkeypatch):
    monkeypatch.setattr(driver, "_driver", driver._Driver())
    monkeypatch.setattr(driver._driver, "refresh", lambda: None)


@pytest.fixture
def install(monkeypatch):
    def install(module):
        monkeypatch.setitem(sys.modules, "torch", module)
        return module

    return install


def take():
    return checked_reading(readings.take_reading())


def test_a_cuda_device(install):
    install(fake_torch(cuda=Family(Device(), Device(uuid=None))))
    reading = take()
    assert (reading["state"], reading["torch_version"]) == ("ok", "2.99.0+fake")
    first, second = reading["devices"]
    assert first == {
        "id": "cuda:0",
        "kind": "cuda",
        "index": 0,
        "name": "Fake GPU",
        "uuid": "0123-4567",
        "driver_index": None,
        "driver_slice": None,
        "allocated_bytes": GIB,
        "reserved_bytes": 2 * GIB,
        "peak_allocated_bytes": 2 * GIB,
        "peak_reserved_bytes": 4 * GIB,
        "pinned_bytes": GIB // 4,
        "free_bytes": 4 * GIB,
        "total_bytes": 8 * GIB,
        "process_bytes": None,
        "compute_capability": [9, 0],
    }
    assert (second["id"], second["uuid"]) == ("cuda:1", None)
    assert [each.device for each in readings.allocations()] == ["cuda:0", "cuda:1"]
    assert readings.device_types() == {"cuda"}


def test_a_device_without_a_context_is_not_asked_for_what_is_free(install):
    cuda = Family(Device())
    cuda.mem_get_info = None
    install(fake_torch(cuda=cuda, contexts=False))
    (device,) = take()["devices"]
    assert (device["free_bytes"], device["total_bytes"]) == (None, 8 * GIB)


def test_a_torch_that_cannot_tell_of_contexts_is_not_asked_either(install):
    torch = install(fake_torch(cuda=Family(Device())))
    del torch._C._cuda_hasPrimaryContext
    assert take()["devices"][0]["free_bytes"] is None


def test_rocm_reads_as_cuda_and_is_called_hip(install):
    install(fake_torch(cuda=Family(Device()), version={"cuda": None, "hip": "7.0"}))
    (device,) = take()["devices"]
    assert (device["id"], device["kind"]) == ("cuda:0", "hip")
    assert device["compute_capability"] is None


def test_a_torch_that_does_not_tell_the_compute_capability(install):
    device = Device()
    del device.properties.major
    install(fake_torch(cuda=Family(device)))
    assert take()["devices"][0]["compute_capability"] is None


def test_an_intel_gpu_does_not_tell_what_is_pinned(install):
    install(fake_torch(xpu=Family(Device(free=None, uuid=None), statistics=())))
    (device,) = take()["devices"]
    assert (device["id"], device["kind"]) == ("xpu:0", "xpu")
    assert (device["pinned_bytes"], device["free_bytes"]) == (None, None)
    assert device["total_bytes"] == 8 * GIB


def test_an_apple_gpu_has_no_peak(install):
    install(fake_torch(mps=Mps(), version={"cuda": None}))
    (device,) = take()["devices"]
    assert (device["id"], device["kind"], device["total_bytes"]) == ("mps", "mps", 16 * GIB)
    assert (device["allocated_bytes"], device["reserved_bytes"]) == (GIB, 2 * GIB)
    assert device["peak_allocated_bytes"] is device["pinned_bytes"] is None
    assert [(each.device, each.peak_allocated) for each in readings.allocations()] == [
        ("mps", None)
    ]
    assert readings.device_types() == {"mps"}


def test_an_older_apple_torch_does_not_tell_the_total(install):
    mps = Mps()
    mps.recommended_max_memory = None
    install(fake_torch(mps=mps))
    assert take()["devices"][0]["total_bytes"] is None


@pytest.mark.parametrize(
    ("version", "nodes", "state"),
    [
        ({"cuda": None}, (), "torch-without-gpu"),
        ({}, (), "no-driver"),
        ({}, ("/dev/nvidiactl",), "not-initialized"),
        ({}, ("/dev/dxg",), "not-initialized"),
        ({}, ("/dev/kfd",), "no-driver"),
        ({"cuda": None, "hip": "7.0"}, ("/dev/kfd",), "not-initialized"),
        ({"cuda": None, "hip": "7.0"}, ("/dev/nvidiactl",), "no-driver"),
    ],
)
def test_why_there_is_no_device(install, monkeypatch, version, nodes, state):
    monkeypatch.setattr("pathlib.Path.exists", lambda path: str(path) in nodes)
    monkeypatch.setattr(sys, "platform", "linux")
    install(fake_torch(cuda=Family(Device(), initialised=False), version=version))
    reading = take()
    assert (reading["state"], reading["devices"]) == (state, [])
    assert readings.allocations() == []


def test_only_linux_is_sure_that_a_driver_is_missing(monkeypatch):
    monkeypatch.setattr("pathlib.Path.exists", lambda _path: False)
    for platform, missing in [("linux", True), ("darwin", False), ("win32", False)]:
        monkeypatch.setattr(sys, "platform", platform)
        assert driver_is_missing() is missing


def test_an_intel_build_is_one_for_xpu():
    torch = fake_torch(version={"cuda": None})
    assert gpu_build(torch) is None
    torch.xpu = types.SimpleNamespace(_is_compiled=lambda: True)
    assert gpu_build(torch) == "xpu"


def test_a_device_that_vanishes_is_an_error_with_its_reason(install):
    cuda = Family(Device())
    install(fake_torch(cuda=cuda))
    assert take()["state"] == "ok"
    cuda.fails = RuntimeError("CUDA error: device lost\n" + "x" * 5000)
    reading = take()
    assert (reading["state"], reading["devices"]) == ("error", [])
    assert reading["detail"].startswith("RuntimeError: CUDA error: device lost")
    assert len(reading["detail"]) == 1000
    assert allocations_or_none() is None
    cuda.fails = None
    assert take()["state"] == "ok"


def test_one_device_that_vanishes_hides_no_other(install):
    cuda = Family(Device(), Device(uuid="89ab"), Device(uuid="cdef"))
    install(fake_torch(cuda=cuda))
    cuda.devices[1].is_lost = True
    reading = take()
    assert reading["state"] == "ok"
    assert [each["id"] for each in reading["devices"]] == ["cuda:0", "cuda:2"]
    assert reading["detail"] == (
        "cuda:1: RuntimeError: CUDA error: uncorrectable ECC error encountered"
    )
    assert [each.device for each in allocations_or_none()] == ["cuda:0", "cuda:2"]
    assert [each["id"] for each in clear().to_dict()["devices"]] == ["cuda:0", "cuda:2"]
    cuda.devices[1].is_lost = False
    assert take()["detail"] is None


def test_a_device_without_a_context_has_the_drivers_figure(install, monkeypatch):
    install(fake_torch(cuda=Family(Device(), Device(uuid="89ab")), contexts=False))
    assert [each["free_bytes"] for each in take()["devices"]] == [None, None]
    monkeypatch.setattr(driver._driver, "_free_bytes", {"89ab": 5 * GIB})
    assert [each["free_bytes"] for each in take()["devices"]] == [None, 5 * GIB]


def test_what_the_process_has_is_unknown_while_something_changed_outside_torch(
    install, monkeypatch
):
    device = Device(free=4 * GIB)
    install(fake_torch(cuda=Family(device)))
    view = driver.View(2 * GIB, 4 * GIB)
    answers = {"0123-4567": driver._Answer(GIB, view)}
    monkeypatch.setattr(driver._driver, "_answers", answers)
    monkeypatch.setattr(driver._driver, "refresh_soon", lambda: None)
    assert [each["process_bytes"] for each in take()["devices"]] == [3 * GIB]
    # Another library of this process, or another process, took 2 GiB.
    device.free = 2 * GIB
    assert [each["process_bytes"] for each in take()["devices"]] == [None]


def test_what_is_reserved_between_two_questions_is_not_taken_for_another_change(
    install, monkeypatch
):
    device = Device(free=4 * GIB)
    cuda = Family(device)
    install(fake_torch(cuda=cuda))
    answers = {"0123-4567": driver._Answer(GIB, driver.View(2 * GIB, 4 * GIB))}
    monkeypatch.setattr(driver._driver, "_answers", answers)
    free_of = cuda.mem_get_info

    def reserve_and_ask(index):
        cuda.mem_get_info = free_of
        device.allocated, device.free = 3 * GIB // 2, 3 * GIB
        return free_of(index)

    cuda.mem_get_info = reserve_and_ask
    [found] = take()["devices"]
    assert (found["reserved_bytes"], found["free_bytes"]) == (3 * GIB, 3 * GIB)
    assert found["process_bytes"] == 4 * GIB


def test_an_error_that_cannot_even_be_printed_is_an_error(install):
    class MuteError(Exception):
        def __str__(self):
            raise ValueError

    cuda = Family(Device())
    cuda.fails = MuteError()
    install(fake_torch(cuda=cuda))
    assert take()["state"] == "error"


def test_the_number_of_devices_may_change(install):
    cuda = Family(Device())
    install(fake_torch(cuda=cuda))
    cuda.devices.append(Device())
    assert len(take()["devices"]) == 2
    cuda.devices.clear()
    assert take()["state"] != "ok"


def test_capturing_is_told(install):
    cuda = Family(Device())
    cuda.is_current_stream_capturing = lambda: True
    install(fake_torch(cuda=cuda))
    assert take()["capturing"] is True
    assert checked_reading(readings.take_reading(capturing=False))["capturing"] is False
    with pytest.raises(ClearRefusedError, match=r"^A CUDA graph is being captured; .*\.$"):
        clear()
    assert cuda.emptied == 0
    cuda.is_current_stream_capturing = None
    assert take()["state"] == "ok"


def test_clear_empties_every_cache(install):
    cuda, xpu, mps = Family(Device()), Family(Device()), Mps()
    install(fake_torch(cuda=cuda, xpu=xpu, mps=mps))
    report = clear().to_dict()
    assert (cuda.emptied, xpu.emptied, mps.emptied) == (1, 1, 1)
    assert [each["id"] for each in report["devices"]] == ["cuda:0", "xpu:0", "mps"]


def test_the_practice_device_stands_beside_real_ones(install):
    practice.switch_on(3 * GIB)
    try:
        install(fake_torch(cuda=Family(Device())))
        assert [each["id"] for each in take()["devices"]] == ["practice", "cuda:0"]
        assert readings.device_types() == {"cpu", "cuda"}
    finally:
        practice.switch_off()


def nothing_by_that_name():
    return types.ModuleType("torch")


def still_importing():
    torch = fake_torch(cuda=Family(Device()))
    torch.__spec__ = ModuleSpec("torch", None)
    torch.__spec__._initializing = True
    return torch


def with_answers_to_all():
    torch = types.ModuleType("torch")
    torch.__getattr__ = lambda name: pytest.fail(f"asked for {name}")
    return torch


def loads_itself():
    spec = find_spec("json.tool")
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Impostor:
    def __getattr__(self, name):
        pytest.fail(f"asked for {name}")


@pytest.mark.parametrize(
    "make",
    [
        nothing_by_that_name,
        still_importing,
        with_answers_to_all,
        loads_itself,
        Impostor,
        lambda: None,
    ],
)
def test_what_is_not_torch(install, make):
    module = install(make())
    assert loaded_torch() is None
    assert take()["state"] == "no-torch"
    assert readings.allocations() == []
    if make is loads_itself:
        # The first touch would have loaded it.
        assert "main" not in object.__getattribute__(module, "__dict__")


def test_readings_on_another_thread_during_an_import(tmp_path, monkeypatch):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(
        "import time\n"
        "_C = Tensor = version = backends = __version__ = object()\n"
        "class cuda:\n"
        "    def is_initialized(): raise RuntimeError('asked too early')\n"
        "time.sleep(0.5)\n"
        "raise ImportError('broken after all')\n"
    )
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    states = set()

    def read():
        end_s = time.monotonic() + 0.7
        while time.monotonic() < end_s:
            states.add(take()["state"])

    thread = threading.Thread(target=read)
    thread.start()
    with pytest.raises(ImportError, match="broken after all"):
        import torch  # noqa: F401
    thread.join()
    assert states == {"no-torch"}
