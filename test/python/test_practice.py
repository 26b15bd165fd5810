"""The practice device: torch on the CPU stands in for a GPU."""

import gc
import platform
import threading

import pytest
from quiet_torch import torch
from wire import checked_reading

import jupyterlab_vram
from jupyterlab_vram.devices import practice

MIB = 2**20


@pytest.fixture(autouse=True)
def off_again(monkeypatch):
    monkeypatch.delenv(practice.ENVIRONMENT_VARIABLE, raising=False)
    practice.switch_off()
    gc.collect()
    yield
    practice.switch_off()


def device():
    (found,) = checked_reading(jupyterlab_vram.reading())["devices"]
    return found


def test_it_is_off_unless_asked_for(monkeypatch):
    assert jupyterlab_vram.reading()["devices"] == []
    assert (practice.counters(), practice.describe()) == (None, None)
    practice.empty_cache()
    monkeypatch.setenv(practice.ENVIRONMENT_VARIABLE, "0")
    practice.switch_on_if_asked()
    assert not practice.is_on()
    monkeypatch.setenv(practice.ENVIRONMENT_VARIABLE, "1")
    practice.switch_on_if_asked()
    assert practice.is_on()


def test_it_counts_what_tensors_hold():
    practice.switch_on()
    before = device()["allocated_bytes"]
    x = torch.ones(8 * 2**18)
    assert 8 * MIB <= device()["allocated_bytes"] - before < 9 * MIB
    del x
    assert device()["allocated_bytes"] == before


def test_it_counts_what_only_autograd_holds():
    practice.switch_on()
    before = device()["allocated_bytes"]
    model = torch.nn.Linear(2048, 1024, bias=False)
    y = model(torch.ones(1, 2048))
    del model
    assert device()["allocated_bytes"] - before >= 8 * MIB
    del y
    assert device()["allocated_bytes"] - before < MIB


def test_a_heap_that_was_large_hides_no_tensor():
    practice.switch_on()
    practice.switch_off()
    blocks = [bytearray(100_000) for _ in range(1000)]
    behind = bytearray(100_000)
    del blocks
    practice.switch_on()
    before, _ = practice.counters()
    x = torch.ones(8 * MIB)
    assert practice.counters()[0] - before >= x.nbytes
    del behind


def test_what_was_freed_stays_reserved_until_the_cache_is_emptied():
    practice.switch_on()
    x = torch.ones(8 * 2**18)
    held = device()
    del x
    after = device()
    assert after["reserved_bytes"] == held["reserved_bytes"] > after["allocated_bytes"]
    assert after["peak_allocated_bytes"] == held["allocated_bytes"]
    assert after["free_bytes"] == after["total_bytes"] - after["reserved_bytes"]
    report = jupyterlab_vram.clear().to_dict()["devices"][0]
    assert report["before_reserved_bytes"] - report["after_reserved_bytes"] >= 8 * MIB
    assert device()["reserved_bytes"] == device()["allocated_bytes"]
    assert device()["peak_reserved_bytes"] == held["reserved_bytes"]


def test_it_may_be_fuller_than_it_pretends_to_be():
    practice.switch_on(MIB)
    x = torch.ones(8 * 2**18)
    assert (device()["free_bytes"], device()["total_bytes"]) == (0, MIB)
    del x


@pytest.mark.parametrize("size", [0, -1])
def test_its_size_is_positive(size):
    with pytest.raises(ValueError, match="must be positive"):
        practice.switch_on(size)
    assert not practice.is_on()


def test_where_the_c_library_cannot_count_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("musl", ""))
    with pytest.raises(practice.PracticeUnavailableError, match="needs Linux with glibc"):
        practice.switch_on()
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.31"))
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    with pytest.raises(practice.PracticeUnavailableError, match=r"glibc 2\.33 or newer"):
        practice.switch_on()
    monkeypatch.setenv(practice.ENVIRONMENT_VARIABLE, "1")
    practice.switch_on_if_asked()
    assert not practice.is_on()


def test_a_figure_taken_before_the_cache_was_emptied_is_not_noted_after():
    practice.switch_on()
    x = torch.ones(8 * 2**18)
    found = practice._state[practice.DEVICE_ID]
    taken, go_on = threading.Event(), threading.Event()
    count = found._mallinfo2

    def slow_count():
        answer = count()
        taken.set()
        go_on.wait(10)
        return answer

    found._mallinfo2 = slow_count
    reader = threading.Thread(target=practice.counters)
    reader.start()
    assert taken.wait(10)
    found._mallinfo2 = count
    del x
    emptier = threading.Thread(target=practice.empty_cache)
    emptier.start()
    emptier.join(0.1)
    go_on.set()
    reader.join()
    emptier.join()
    allocated, reserved = practice.counters()
    assert reserved == allocated
