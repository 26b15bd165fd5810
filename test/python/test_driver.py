"""The driver's figure for this process, and its many ways not to tell."""

import os
import subprocess
import sys
import threading
import time

import pytest
from fakes import Device, Family, Nvml, fake_torch

from jupyterlab_vram.devices import driver

MIB = 2**20
ME = os.getpid()
UUID = "0123-4567"
#: What is free before torch has reserved anything.
FREE = 6 * 2**30


@pytest.fixture
def used(monkeypatch):
    """Ask a driver; returns what it says of this process, of which torch has reserved some."""
    device = Device(allocated=0, peak=0, free=FREE)
    cuda = Family(device)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=cuda))
    monkeypatch.setattr(driver, "_driver", driver._Driver())

    def used(binding=None, uuid=UUID, reserved=0):
        monkeypatch.setattr(driver, "_load_binding", lambda: binding)
        reserve(device, reserved)
        driver.refresh()
        return told(reserved, uuid=uuid)

    used.cuda, used.device = cuda, device
    return used


def reserve(device, count):
    """Of the stand-in's device, twice as much is reserved as allocated."""
    device.allocated = count // 2
    device.free = FREE - count


def told(reserved, *, taken=0, uuid=UUID):
    """The driver's figure while torch has reserved some, and something else has taken some."""
    return driver.process_bytes(uuid, driver.View(reserved, FREE - reserved - taken))


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Put a program called nvidia-smi on the path that prints ``text``."""

    def command(text, code=0):
        program = tmp_path / "nvidia-smi"
        (tmp_path / "answer").write_bytes(text.encode() if isinstance(text, str) else text)
        program.write_text(f'#!/bin/sh\ncat "{tmp_path}/answer"\nexit {code}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    return command


@pytest.mark.parametrize("uuid", [b"GPU-0123-4567", "GPU-0123-4567", "0123-4567"])
def test_the_binding_tells(used, uuid):
    nvml = Nvml([(1, 5 * MIB), (ME, 700 * MIB)], uuid=uuid)
    assert used(nvml) == 700 * MIB
    assert told(0, uuid="GPU-" + UUID) == 700 * MIB
    assert told(0, uuid="another") is None
    assert told(0, uuid=None) is None


@pytest.mark.parametrize("figure", [2**64 - 1, 2**64 - 2, 2**63, 2**53, -1, None])
def test_what_is_not_available_is_unknown(used, figure):
    assert used(Nvml([(ME, figure)])) is None


def test_between_two_answers_reserved_memory_is_all_that_changes(used):
    assert used(Nvml([(ME, 700 * MIB)]), reserved=500 * MIB) == 700 * MIB
    assert told(100 * MIB) == 300 * MIB
    assert told(900 * MIB) == 1100 * MIB


def test_what_was_reserved_after_the_answer_is_not_taken_off_it(used):
    used(Nvml([(ME, 700 * MIB)]))
    driver._driver._next_s = 0
    driver.refresh()
    # A cell that runs meanwhile reserves more than the context, before anything is read.
    assert told(2000 * MIB) == 2700 * MIB


def test_what_was_reserved_while_the_driver_was_asked_tells_nothing(used):
    nvml = Nvml([(ME, 700 * MIB)])
    count_of = nvml.nvmlDeviceGetCount

    def grow():
        reserve(used.device, used.device.allocated * 2 + 100 * MIB)
        return count_of()

    nvml.nvmlDeviceGetCount = grow
    assert used(nvml, reserved=500 * MIB) is None
    nvml.nvmlDeviceGetCount = count_of
    driver._driver._next_s = 0
    assert used(nvml, reserved=500 * MIB) == 700 * MIB
    # From then on, the latest that told is kept.
    nvml.nvmlDeviceGetCount = grow
    driver._driver._next_s = 0
    assert used(nvml, reserved=600 * MIB) == 800 * MIB


@pytest.mark.parametrize("taken", [4096 * MIB, -4096 * MIB, 3 * MIB])
def test_what_changes_outside_torch_is_no_one_s_until_the_driver_answers(used, taken, monkeypatch):
    asked = []
    nvml = Nvml([(ME, 5000 * MIB)])
    used(nvml, reserved=500 * MIB)
    with monkeypatch.context() as patch:
        patch.setattr(driver._driver, "refresh_soon", lambda: asked.append(True))
        assert told(500 * MIB, taken=taken) is None
        assert told(900 * MIB, taken=taken) is None
    assert asked
    # It is this process's, says the driver.
    nvml.processes = [(ME, 5000 * MIB + taken)]
    used.device.free -= taken
    driver._driver._next_s = 0
    driver.refresh()
    assert told(500 * MIB, taken=taken) == 5000 * MIB + taken


def test_less_than_a_page_of_the_driver_is_no_change(used):
    used(Nvml([(ME, 700 * MIB)]), reserved=500 * MIB)
    assert told(500 * MIB, taken=2 * MIB) == 700 * MIB


def test_an_answer_in_the_middle_of_a_change_tells_nothing(used):
    nvml = Nvml([(ME, 700 * MIB)])
    count_of = nvml.nvmlDeviceGetCount

    def take():
        used.device.free -= 100 * MIB
        return count_of()

    nvml.nvmlDeviceGetCount = take
    assert used(nvml, reserved=500 * MIB) is None


def test_the_driver_is_asked_soon_again_where_its_answer_no_longer_holds(used):
    nvml = Nvml([(ME, 700 * MIB)])
    used(nvml)
    assert told(0, taken=4096 * MIB) is None
    deadline_s = time.monotonic() + 10
    while nvml.questions == 1 and time.monotonic() < deadline_s:
        time.sleep(0.05)
        told(0, taken=4096 * MIB)
    assert nvml.questions == 2
    # In much less time than to the next question of its own accord.
    assert time.monotonic() < deadline_s - 10 + driver._BINDING_INTERVAL_S


def test_less_than_torch_has_reserved_tells_nothing(used):
    assert used(Nvml([(ME, 700 * MIB)]), reserved=800 * MIB) is None


@pytest.mark.parametrize("uuid", [b"GPU-0123-4567", "MIG-0123-4567"])
def test_the_driver_tells_what_is_free_on_a_gpu_that_nobody_here_uses(used, uuid):
    used(Nvml([], uuid=uuid))
    assert driver.free_bytes(UUID) == 5 * 2**30
    assert driver.free_bytes("another") is None
    assert driver.free_bytes(None) is None


def test_the_command_tells_what_is_free(used, command):
    command(f"GPU-{UUID}, 5120\n")
    used()
    assert driver.free_bytes(UUID) == 5 * 2**30


def test_a_lost_gpu_hides_no_other(used):
    assert used(Nvml([(ME, MIB)], lost=[0, 1])) == MIB


def test_a_binding_that_fails_is_unknown(used):
    nvml = Nvml([(ME, MIB)])
    nvml.nvmlDeviceGetCount = None
    assert used(nvml) is None


def test_it_is_asked_only_now_and_then(used):
    nvml = Nvml([(ME, MIB)])
    used(nvml)
    for _ in range(10):
        driver.refresh()
        driver.refresh_soon()
    assert nvml.questions == 1
    driver._driver._next_s = 0
    driver.refresh()
    assert nvml.questions == 2


def test_it_is_not_asked_before_cuda_is_used(used):
    nvml = Nvml([(ME, MIB)])
    used.cuda.initialised = False
    assert used(nvml) is None
    used.cuda.initialised = True
    used.cuda.is_initialized = None
    assert used(nvml) is None
    assert nvml.questions == 0


@pytest.mark.usefixtures("used")
def test_nobody_waits_for_a_driver_that_hangs(monkeypatch):
    nvml = Nvml([(ME, MIB)])
    hanging, ready = threading.Event(), threading.Event()

    def hang():
        ready.set()
        hanging.wait(10)
        return 1

    nvml.nvmlDeviceGetCount = hang
    monkeypatch.setattr(driver, "_load_binding", lambda: nvml)
    start_s = time.monotonic()
    driver.refresh_soon()
    assert ready.wait(10)
    driver._driver._next_s = 0
    driver.refresh_soon()
    assert told(0) is None
    assert time.monotonic() - start_s < 5
    hanging.set()
    with driver._driver._asking:
        assert told(0) == MIB


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"GPU-{UUID}, {ME}, 700\n", 700 * MIB),
        (f"GPU-other, {ME}, 1\nGPU-{UUID}, 1, 5\nGPU-{UUID}, {ME}, 700\n", 700 * MIB),
        (f"GPU-{UUID}, {ME}, 700, more\n", 700 * MIB),
        (f"a warning\n\n,,,\nGPU-{UUID}, {ME}, 700\n", 700 * MIB),
        (b"\xff\xfe\n" + f"GPU-{UUID}, {ME}, 700\n".encode(), 700 * MIB),
        (f"GPU-{UUID}, {ME}, [N/A]\n", None),
        (f"GPU-{UUID}, {ME}, [Not Supported]\n", None),
        (f"GPU-{UUID}, {ME}, -1\n", None),
        (f"GPU-{UUID}, {ME}, ²\n", None),
        (f"GPU-{UUID}, {ME}, {2**44}\n", None),
        (f"GPU-{UUID}, {ME}\n", None),
        (f"GPU-{UUID}\n", None),
        ("", None),
    ],
    # Not by their text, in which the number of this process stands.
    ids=[
        "ours",
        "ours below others",
        "more columns",
        "other lines",
        "no text",
        "not available",
        "not supported",
        "negative",
        "another digit",
        "too many",
        "no bytes",
        "no process",
        "nothing",
    ],
)
def test_the_command_tells(used, command, text, expected):
    command(text)
    assert used() == expected


def test_a_command_that_fails_is_unknown(used, command):
    command(f"GPU-{UUID}, {ME}, 700\n", code=9)
    assert used() is None


def test_a_command_that_hangs_is_unknown(used, command, monkeypatch):
    command("")

    def run(*_args, **options):
        raise subprocess.TimeoutExpired("nvidia-smi", options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    assert used() is None


def test_without_binding_and_command_nothing_is_known(used, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert used() is None


@pytest.mark.parametrize(
    "source",
    ["def nvmlInit(): raise RuntimeError('no driver')", "raise OSError('broken')", ""],
    ids=["no driver", "broken", "another module"],
)
def test_a_binding_that_is_no_use_is_not_used(tmp_path, monkeypatch, source):
    (tmp_path / "pynvml.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    assert driver._load_binding() is None
    sys.modules.pop("pynvml", None)
