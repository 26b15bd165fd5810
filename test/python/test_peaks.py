"""When a peak is exact, and when it is a lower bound."""

import sys

import pytest
from fakes import GIB, Device, Family, fake_torch
from IPython.core.interactiveshell import InteractiveShell

from jupyterlab_vram.cells.recorder import CellRecorder, PeakMeter
from jupyterlab_vram.devices.readings import Allocation, reset_peaks
from jupyterlab_vram.host.ipython import IPythonHost


def gpu(allocated, peak, device="cuda:0"):
    return Allocation(device, allocated, allocated, peak)


@pytest.mark.parametrize(
    ("before", "samples", "after", "expected"),
    [
        pytest.param(gpu(1, 5), [], gpu(2, 9), (9, True), id="a new record is exact"),
        pytest.param(gpu(1, 5), [3], gpu(2, 5), (3, False), id="below the record it is a sample"),
        pytest.param(gpu(1, 5), [], gpu(2, 5), (2, False), id="what stayed is a sample"),
        pytest.param(gpu(4, 5), [], gpu(2, 5), (4, False), id="what was there is a sample"),
        pytest.param(gpu(1, 5), [5], gpu(2, 5), (5, True), id="a sample at the record is exact"),
        pytest.param(gpu(5, 5), [], gpu(5, 5), (5, True), id="nothing happened at the record"),
        pytest.param(gpu(1, 5), [4], gpu(2, 3), (4, False), id="the counter was reset"),
        pytest.param(gpu(1, 5), [], gpu(2, 3), (3, False), id="reset, and no sample"),
        pytest.param(gpu(1, 5), [8], gpu(2, 6), (8, False), id="reset, and a record after it"),
        pytest.param(gpu(1, None), [7], gpu(2, None), (7, False), id="no counter"),
        pytest.param(gpu(1, None), [], gpu(2, None), (2, False), id="no counter, no sample"),
        pytest.param(None, [], gpu(2, 9), (9, True), id="the device was not there before"),
        pytest.param(None, [], gpu(0, 0), (0, True), id="it is there now, and unused"),
    ],
)
def test_peak(before, samples, after, expected):
    meter = PeakMeter([before] if before is not None else [])
    for sample in samples:
        meter.sample([after._replace(allocated=sample)])
    assert meter.peak(after) == expected


def test_devices_are_told_apart():
    meter = PeakMeter([gpu(1, 5), gpu(1, 5, "cuda:1")])
    meter.sample([gpu(4, 5), gpu(2, 5, "cuda:1")])
    assert meter.peak(gpu(0, 5, "cuda:1")) == (2, False)
    assert meter.peak(gpu(0, 5)) == (4, False)


def test_on_request_every_cell_begins_with_a_new_counter(monkeypatch):
    device = Device(allocated=GIB, peak=7 * GIB)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=Family(device)))
    shell = InteractiveShell()
    records = []
    recorder = CellRecorder(IPythonHost(shell), lambda: {"header": {"msg_id": str(len(records))}})
    recorder.on_finish = records.append
    recorder.install()
    shell.run_cell("1")
    recorder.exact_peaks = True
    shell.run_cell("2")
    recorder.remove()
    peaks = [each["devices"][0] for each in records]
    assert [each["peak_exact"] for each in peaks] == [False, True]
    assert [each["peak_allocated_bytes"] for each in peaks] == [GIB, GIB]


def test_a_counter_that_cannot_be_reset_harms_nobody(monkeypatch):
    family = Family(Device())
    family.fails = RuntimeError("device lost")
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=family))
    reset_peaks()
