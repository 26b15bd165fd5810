"""The hooks around a cell, in an IPython whose GPUs are fakes."""

import sys

import pytest
from fakes import GIB, Device, Family, fake_torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from wire import CELL_RECORD

from jupyterlab_vram.cells.recorder import CellRecorder
from jupyterlab_vram.host.ipython import IPythonHost


class Rig:
    def __init__(self, folder, monkeypatch):
        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell(config=config, ipython_dir=str(folder))
        self.device = Device(allocated=GIB, peak=5 * GIB)
        self.cuda = Family(self.device)
        monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=self.cuda))
        self.shell.user_ns.update(device=self.device, cuda=self.cuda)
        self.requests = 0
        self.records = []
        self.recorder = CellRecorder(
            IPythonHost(self.shell), lambda: {"header": {"msg_id": f"request {self.requests}"}}
        )
        self.recorder.on_finish = self.records.append
        self.recorder.install()

    def run(self, code):
        self.requests += 1
        self.shell.run_cell(code)
        record = self.records[-1]
        CELL_RECORD(record, "record")
        assert self.recorder.running is None
        return record


@pytest.fixture
def rig(tmp_path, monkeypatch):
    rig = Rig(tmp_path, monkeypatch)
    yield rig
    rig.shell.restore_sys_module_state()


def peak(record):
    (device,) = record["devices"]
    return device["peak_allocated_bytes"] // GIB, device["peak_exact"]


def test_a_peak_below_the_record_is_a_lower_bound(rig):
    assert peak(rig.run(f"device.allocated = {3 * GIB}")) == (3, False)
    assert peak(rig.run(f"device.peak = {7 * GIB}")) == (7, True)
    assert rig.device.peak == 7 * GIB


def test_with_exact_peaks_the_counters_are_reset(rig):
    rig.recorder.exact_peaks = True
    assert peak(rig.run(f"device.peak = {4 * GIB}")) == (4, True)
    assert peak(rig.run("1")) == (1, True)
    assert rig.device.peak == GIB


def test_a_counter_that_cannot_be_reset_goes_on(rig):
    rig.recorder.exact_peaks = True
    rig.cuda.reset_peak_memory_stats = None
    assert peak(rig.run("1")) == (1, False)


@pytest.mark.parametrize("code", ["cuda.fails = OSError('gone')", "cuda.fails = None"])
def test_a_device_that_fails_on_one_side_leaves_a_record_without_figures(rig, code):
    if code.endswith("None"):
        rig.cuda.fails = OSError("gone")
    record = rig.run(code)
    assert (record["ok"], record["devices"]) == (True, [])


def test_a_device_that_comes_during_a_cell_began_with_nothing(rig):
    rig.shell.user_ns["Device"] = Device
    record = rig.run("cuda.devices.append(Device())")
    began = [each["before_allocated_bytes"] for each in record["devices"]]
    assert began == [GIB, 0]


def test_a_cell_whose_end_is_never_heard_of_gives_way_to_the_next(rig):
    rig.shell.events.trigger("pre_run_cell", None)
    assert rig.run("1")["run"] == 1


def test_hooks_are_installed_once_and_removed_completely(rig):
    callbacks = rig.shell.events.callbacks
    rig.recorder.install()
    assert [len(callbacks[name]) for name in ("pre_run_cell", "post_run_cell")] == [1, 1]
    rig.shell.events.trigger("pre_run_cell", None)
    assert rig.shell.ast_transformers == [rig.recorder]
    rig.recorder.remove()
    rig.recorder.remove()
    assert rig.shell.ast_transformers == []
    assert [len(callbacks[name]) for name in ("pre_run_cell", "post_run_cell")] == [0, 0]
    assert rig.recorder.running is None


def test_nothing_that_goes_wrong_in_a_hook_reaches_the_person(rig, capsys, monkeypatch):
    monkeypatch.setattr("jupyterlab_vram.cells.recorder.cell_names", None)
    assert rig.run("x = 1")["removed"] == []
    rig.recorder._leaks = None
    rig.recorder._records = None
    rig.requests += 1
    assert rig.shell.run_cell("print('fine')").success
    assert capsys.readouterr().out == "fine\n"
    assert rig.records[-1] is None


def test_a_cell_that_does_not_parse_leaves_no_hook(rig):
    assert not rig.run("def broken(:")["ok"]
    assert rig.shell.ast_transformers == []


def test_a_cell_without_a_result_has_failed(rig):
    rig.shell.events.trigger("pre_run_cell", None)
    rig.shell.events.trigger("post_run_cell", None)
    assert rig.records[-1]["ok"] is False
