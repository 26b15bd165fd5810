"""Which of ``nvidia-smi``'s GPUs each device of torch's is, by UUID and by nothing else."""

import sys
import threading

import pytest
from fakes import GIB, Cards, Device, Family, fake_torch

from jupyterlab_vram.devices import driver, readings
from jupyterlab_vram.devices import numbering as places
from jupyterlab_vram.devices.numbering import Place
from jupyterlab_vram.magics import process_report, report
from jupyterlab_vram.nvidia import nvml, smi
from jupyterlab_vram.nvidia.types import DriverError, Gpu, Numbered
from jupyterlab_vram.processes.listing import GpuProcess, GpuShare, Survey

FIRST, SECOND = "11111111-aaaa", "22222222-bbbb"
SLICE = "44444444-dddd"


@pytest.fixture
def machine(monkeypatch):
    """A machine whose driver lists some GPUs, and torch some of them in another order."""

    def machine(torch_uuids, driver_uuids, *, slices=None, hip=False):
        cuda = Family(*(Device(uuid=uuid) for uuid in torch_uuids))
        torch = fake_torch(cuda=cuda, version={"hip": "6.0"} if hip else None)
        monkeypatch.setitem(sys.modules, "torch", torch)
        monkeypatch.setattr(places, "_places", places._Places())
        monkeypatch.setattr(driver, "_driver", driver._Driver())
        binding = Cards(*driver_uuids, slices=slices)
        monkeypatch.setattr(nvml, "load", lambda: binding)
        monkeypatch.setattr(driver, "_load_binding", lambda: binding)
        places.learn()
        return binding

    return machine


def silent(*_arguments):
    raise DriverError("no-tool")


@pytest.mark.parametrize(
    ("torch_uuids", "labels"),
    [
        # CUDA_VISIBLE_DEVICES=1,0, and any fastest-first order of mixed cards.
        ([SECOND, FIRST], ["cuda:0 (GPU 1 in nvidia-smi)", "cuda:1 (GPU 0 in nvidia-smi)"]),
        # CUDA_VISIBLE_DEVICES=1, or the second's UUID.
        ([SECOND], ["cuda:0 (GPU 1 in nvidia-smi)"]),
        # As nvidia-smi counts, nothing needs to be said.
        ([FIRST, SECOND], ["cuda:0", "cuda:1"]),
        # A card that the driver does not list, and a torch that tells no UUID.
        (["33333333-cccc"], ["cuda:0"]),
        ([None], ["cuda:0"]),
    ],
)
def test_both_numbers_where_they_differ(machine, torch_uuids, labels):
    machine(torch_uuids, [FIRST, SECOND])
    assert [places.label(f"cuda:{index}") for index in range(len(labels))] == labels


def test_a_slice_is_named_by_its_gpu_and_number(machine):
    machine([SLICE], [FIRST, SECOND], slices={SECOND: ["MIG-other", f"MIG-{SLICE}"]})
    assert places.label("cuda:0") == "cuda:0 (MIG slice 1 of GPU 1 in nvidia-smi)"
    assert places.place_of(f"MIG-{SLICE}") == Place(1, 1)


def test_a_gpu_that_is_sliced_is_no_device_of_torchs(machine):
    # CUDA before 12 gives the whole GPU's UUID to each of its slices.
    machine([FIRST], [FIRST], slices={FIRST: [f"MIG-{SLICE}"]})
    assert places.label("cuda:0") == "cuda:0"


def test_other_makers_numbers_are_not_nvidia_smis(machine):
    binding = machine([SECOND, FIRST], [FIRST, SECOND], hip=True)
    assert places.label("cuda:0") == "cuda:0"
    assert binding.questions == 0


def test_what_is_known_is_not_asked_again(machine):
    binding = machine([SECOND], [FIRST, SECOND])
    asked = binding.questions
    places.learn()
    assert (asked, binding.questions) == (1, 1)


def test_a_driver_that_does_not_tell_is_asked_again_later(machine, monkeypatch):
    machine([SECOND], [FIRST, SECOND])
    monkeypatch.setattr(places, "_places", places._Places())
    monkeypatch.setattr(nvml, "load", silent)
    monkeypatch.setattr(smi, "run", silent)
    places.learn()
    assert places.label("cuda:0") == "cuda:0"
    monkeypatch.setattr(nvml, "load", lambda: Cards(FIRST, SECOND))
    places.learn()
    assert places.label("cuda:0") == "cuda:0"
    places._places._next_s = 0
    places.learn()
    assert places.label("cuda:0") == "cuda:0 (GPU 1 in nvidia-smi)"


def test_a_driver_that_hangs_is_not_waited_for(machine, monkeypatch):
    machine([SECOND], [FIRST, SECOND])
    monkeypatch.setattr(places, "_places", places._Places())
    monkeypatch.setattr(places, "_PATIENCE_S", 0.01)
    answers = threading.Event()

    def hang():
        assert answers.wait(10)
        return Cards(FIRST, SECOND)

    monkeypatch.setattr(nvml, "load", hang)
    places.learn()
    places.learn()
    assert places.label("cuda:0") == "cuda:0"
    answers.set()
    with places._places._asking:
        assert places.label("cuda:0") == "cuda:0 (GPU 1 in nvidia-smi)"


def test_without_the_binding_the_program_is_asked(machine, monkeypatch):
    machine([SECOND], [FIRST, SECOND])
    monkeypatch.setattr(places, "_places", places._Places())
    monkeypatch.setattr(nvml, "load", silent)
    listed = (
        f"GPU 0: A (UUID: GPU-{FIRST})\nGPU 3: Fake (UUID: GPU-{SECOND})\n"
        f"  MIG 1g.5gb      Device  2: (UUID: MIG-{SLICE})\n"
    )
    monkeypatch.setattr(smi, "run", lambda *_arguments: listed)
    places.learn()
    assert places.label("cuda:0") == "cuda:0"
    assert places.place_of(SLICE) == Place(3, 2)
    assert smi.parse_numbers(listed)[0] == Numbered(FIRST, None, 0)


def test_a_reading_carries_the_drivers_number(machine):
    machine([SECOND, "33333333-cccc"], [FIRST, SECOND])
    found = [
        (each["driver_index"], each["driver_slice"]) for each in readings.take_reading()["devices"]
    ]
    assert found == [(1, None), (None, None)]


def test_the_agents_way_learns_it_too(machine, monkeypatch):
    machine([SECOND], [FIRST, SECOND])
    monkeypatch.setattr(places, "_places", places._Places())
    driver.refresh()
    assert readings.take_reading()["devices"][0]["driver_index"] == 1


def test_tables_name_both(machine):
    machine([SECOND], [FIRST, SECOND])
    assert "cuda:0 (GPU 1 in nvidia-smi, Fake GPU)" in report.table(readings.take_reading())


def test_a_device_that_is_lost_is_named_by_both(machine):
    machine([SECOND, FIRST], [FIRST, SECOND])
    sys.modules["torch"].cuda.devices[1].is_lost = True
    detail = readings.take_reading()["detail"]
    assert detail.startswith("cuda:1 (GPU 0 in nvidia-smi): RuntimeError")


def test_the_process_table_says_which_device_of_this_kernel_it_is(machine):
    machine([SECOND, SLICE], [FIRST])
    gpus = (
        Gpu(FIRST, None, 0, "Fake", 8 * GIB, GIB, True),
        Gpu(SECOND, None, 1, "Fake", 8 * GIB, GIB, True),
        Gpu("33333333-cccc", None, 2, None, None, None, True),
        Gpu(f"MIG-{SLICE}", "33333333-cccc", 0, None, None, None, True),
    )
    process = GpuProcess(
        *(7, "compute", (GpuShare(SECOND, GIB),), False, None, "x", None),
        *(False, False, None, None, None, None, None, None),
    )
    text = process_report.table(Survey(0, "ok", "", "nvml", gpus, (process,)))
    headings = [line.partition(":  ")[0] for line in text.splitlines() if line[:1] not in (" ", "")]
    assert headings == [
        "GPU 0 (Fake): 1.00 GiB of 8.00 GiB used",
        "GPU 1 (Fake, cuda:0 in this kernel): 1.00 GiB of 8.00 GiB used",
        "GPU 2: unknown used",
        "MIG slice 0 of GPU 2 (cuda:1 in this kernel): unknown used",
    ]


LISTINGS = {
    # Profiles of several sizes, with extensions, on the second of two GPUs.
    "mixed": (
        "GPU 0: NVIDIA A100-PCIE-40GB (UUID: GPU-1111)\n"
        "GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2222)\n"
        "  MIG 1g.10gb+me  Device  0: (UUID: MIG-3333)\n"
        "  MIG 3g.40gb     Device  1: (UUID: MIG-4444)\n",
        {"1111": Place(0), "3333": Place(1, 0), "4444": Place(1, 1)},
    ),
    # Drivers before R470 name slices by their GPU; torch never does.
    "old": (
        "GPU 0: A100-SXM4-40GB (UUID: GPU-1111)\n"
        "  MIG 3g.20gb Device 0: (UUID: MIG-GPU-1111/1/0)\n",
        {"GPU-1111/1/0": Place(0, 0)},
    ),
    # A card that fell off the bus leaves its number free.
    "lost": (
        "GPU 0: NVIDIA H100 (UUID: GPU-1111)\n"
        "Unable to determine the device handle for gpu 0000:18:00.0: Unknown Error\n"
        "GPU 2: NVIDIA H100 (UUID: GPU-2222)\n",
        {"1111": Place(0), "2222": Place(2)},
    ),
    "name": (
        "GPU 0: Quadro RTX (UUID: 8000) (UUID: GPU-1111)\n",
        {"1111": Place(0)},
    ),
    "orphan": ("  MIG 1g.5gb Device 0: (UUID: MIG-3333)\n", {}),
    "nothing": ("No devices found.\n", {}),
    "wsl": ("GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-1111)\r\n", {"1111": Place(0)}),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_what_nvidia_smi_lists(name):
    text, expected = LISTINGS[name]
    assert places.places_of(smi.parse_numbers(text)) == expected
