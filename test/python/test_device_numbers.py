"""The checks of ``test/gpu/devices_flow.py``, on what the agent says with stand-ins for GPUs."""

import sys

import pytest
from fakes import GIB, Cards, Device, Family, fake_torch
from kernels import ROOT

from jupyterlab_vram.devices import driver, numbering, readings
from jupyterlab_vram.magics import process_report, report
from jupyterlab_vram.nvidia import nvml
from jupyterlab_vram.nvidia.types import Gpu
from jupyterlab_vram.processes.listing import Survey

sys.path.append(str(ROOT / "test" / "gpu"))

import device_numbers

FIRST, SECOND = "11111111-aaaa", "22222222-bbbb"
NUMBERS = device_numbers.parse_numbers(f"0, GPU-{FIRST}\n1, GPU-{SECOND}\n")


@pytest.fixture(params=[(SECOND, FIRST), (FIRST, SECOND), (SECOND,)], ids=["1,0", "0,1", "1"])
def told(request, monkeypatch):
    """The devices, the table and the process table of a kernel that sees some cards."""
    cuda = Family(*(Device(uuid=uuid) for uuid in request.param))
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=cuda))
    monkeypatch.setattr(numbering, "_places", numbering._Places())
    monkeypatch.setattr(driver, "_driver", driver._Driver())
    monkeypatch.setattr(nvml, "load", lambda: Cards(FIRST, SECOND))
    numbering.learn()
    reading = readings.take_reading()
    gpus = tuple(
        Gpu(uuid, None, number, "Fake", 8 * GIB, GIB, True) for uuid, number in NUMBERS.items()
    )
    processes = process_report.table(Survey(0, "ok", "", "nvml", gpus, ()))
    return reading["devices"], report.table(reading), processes


def test_what_the_agent_says_passes(told):
    devices, table, processes = told
    assert device_numbers.wrong_readings(devices, NUMBERS) == []
    assert device_numbers.wrong_lines(table, devices, NUMBERS) == []
    assert device_numbers.wrong_headings(processes, devices, NUMBERS) == []


def test_numbers_that_are_exchanged_do_not_pass(told):
    devices, table, processes = told
    turned = {uuid: 1 - number for uuid, number in NUMBERS.items()}
    assert len(device_numbers.wrong_readings(devices, turned)) == len(devices)
    assert len(device_numbers.wrong_lines(table, devices, turned)) == len(devices)
    assert len(device_numbers.wrong_headings(processes, devices, turned)) == len(devices)


def test_texts_that_lack_a_device_do_not_pass(told):
    devices, _, _ = told
    assert len(device_numbers.wrong_lines("device", devices, NUMBERS)) == len(devices)
    assert len(device_numbers.wrong_headings("", devices, NUMBERS)) == len(devices)
