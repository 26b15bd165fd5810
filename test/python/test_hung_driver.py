"""A driver that never answers: nobody waits for long, and what is unknown is said to be."""

import subprocess
import sys
import threading
import time

import pytest
from fakes import Device, Family, Nvml, fake_torch

import jupyterlab_vram
from jupyterlab_vram import deadline
from jupyterlab_vram.devices import backends, driver, readings
from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.holders import clear as clearing
from jupyterlab_vram.magics.magics import VramMagics
from jupyterlab_vram.nvidia import smi
from jupyterlab_vram.processes import listing


@pytest.fixture
def hang(monkeypatch):
    """A call that never returns, until the test is over; and little patience."""
    over = threading.Event()
    monkeypatch.setattr(deadline, "_silent", {})
    monkeypatch.setattr(driver, "_driver", driver._Driver())
    for module, name in [
        (driver, "_PATIENCE_S"),
        (driver, "_SILENCE_S"),
        (backends, "_FREE_S"),
        (readings, "_EMPTYING_S"),
        (listing, "_NVML_PATIENCE_S"),
        (smi, "_ENDING_S"),
        (smi, "_TIMEOUT_S"),
    ]:
        monkeypatch.setattr(module, name, 0.2)
    yield lambda *_args, **_options: over.wait(60)
    over.set()


@pytest.fixture
def cuda(monkeypatch):
    family = Family(Device(allocated=2**20))
    torch = fake_torch(cuda=family)
    torch._C._cuda_hasPrimaryContext = lambda _index: True
    monkeypatch.setitem(sys.modules, "torch", torch)
    return family


@pytest.fixture
def nvml(monkeypatch):
    nvml = Nvml([(1, 2**20)])
    monkeypatch.setattr(driver, "_load_binding", lambda: nvml)
    monkeypatch.setattr(listing.nvml, "load", lambda: nvml)
    return nvml


@pytest.fixture
def magics(capsys):
    # Without a shell: one of this process would be taken for the person's by later tests.
    magics = VramMagics(None)

    def run(name, line=""):
        start_s = time.monotonic()
        getattr(magics, name)(line)
        return capsys.readouterr().out, time.monotonic() - start_s

    return run


@pytest.mark.usefixtures("cuda")
def test_nvml_that_never_returns(hang, nvml, magics):
    nvml.nvmlDeviceGetCount = hang
    text, took_s = magics("vram")
    assert "The driver has not answered for" in text
    assert took_s < 3
    # Nobody waits for it a second time, and no second thread waits for it.
    before = threading.active_count()
    for _ in range(5):
        text, took_s = magics("vram")
        assert took_s < 0.5
    assert threading.active_count() <= before
    device = jupyterlab_vram.reading()["devices"][0]
    assert device["process_bytes"] is None
    assert device["allocated_bytes"] == 2**20


@pytest.mark.usefixtures("cuda")
def test_the_last_answer_of_a_driver_that_hangs_is_not_told(hang, nvml):
    driver.refresh()
    assert driver.free_bytes("0123-4567") is not None
    nvml.nvmlDeviceGetCount = hang
    driver._driver._next_s = 0
    driver.refresh_soon()
    deadline_s = time.monotonic() + 5
    while driver.free_bytes("0123-4567") is not None:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    assert "has not answered" in readings.take_reading()["detail"]


def test_mem_get_info_that_never_returns(hang, cuda, magics, monkeypatch):
    monkeypatch.setattr(driver, "refresh", lambda: None)
    cuda.mem_get_info = hang
    text, took_s = magics("vram")
    assert "cuda:0: What is free is unknown; the driver has not answered" in text
    assert took_s < 3
    assert readings.take_reading()["devices"][0]["free_bytes"] is None


def test_a_cache_that_the_driver_does_not_take(hang, cuda):
    cuda.empty_cache = hang
    start_s = time.monotonic()
    with pytest.raises(RefusedError, match="the memory comes back when the driver answers"):
        clearing.clear()
    assert time.monotonic() - start_s < 3


def test_a_list_of_processes_that_never_comes(hang, nvml, magics):
    nvml.nvmlDeviceGetCount = hang
    text, took_s = magics("vram_ps")
    assert listing.survey().state == "timeout"
    assert "did not answer" in text
    assert took_s < 3


def test_nvidia_smi_that_never_ends(hang, monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert state_of_smi() == "timeout"
    # And one that not even a kill ends, as where the system waits for the card.
    monkeypatch.setattr(subprocess, "run", hang)
    start_s = time.monotonic()
    assert state_of_smi() == "timeout"
    assert state_of_smi() == "timeout"
    assert time.monotonic() - start_s < 3


def state_of_smi():
    with pytest.raises(listing.DriverError) as caught:
        smi.run("-L")
    return caught.value.state


@pytest.mark.usefixtures("cuda", "hang")
def test_an_answer_that_comes_late_ends_the_silence(nvml):
    gate = threading.Event()
    real = nvml.nvmlDeviceGetCount
    nvml.nvmlDeviceGetCount = lambda: (gate.wait(30), real())[1]
    driver.refresh()
    assert driver.silence_s() is not None
    gate.set()
    deadline_s = time.monotonic() + 5
    while driver.silence_s() is not None:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    nvml.nvmlDeviceGetCount = real
    driver._driver._next_s = 0
    driver.refresh()
    assert driver.free_bytes("0123-4567") == 5 * 2**30
