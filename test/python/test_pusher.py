"""The pushing thread alone, with a clock and readings of our own."""

import threading
import time

import pytest

from jupyterlab_vram.agent import push
from jupyterlab_vram.host.values import ChannelClosedError

READING = {"state": "no-torch", "devices": []}


class Clock:
    """Stands for ``time``; moves only when told."""

    def __init__(self):
        self.now_s = 1000.0

    def monotonic(self):
        return self.now_s

    time = monotonic


class Rig:
    """A pusher whose thread is not started: its steps are taken by hand."""

    def __init__(self, monkeypatch):
        self.clock = Clock()
        monkeypatch.setattr(push, "time", self.clock)
        self.sent, self.samples, self.logged = [], 0, []
        self.started_s = None
        self.reading = dict(READING)
        self.leaks = []
        self.pusher = push.Pusher(
            self.compose, self.sent.append, lambda: self.started_s, self.sample, self.logged.append
        )

    def compose(self, records):
        return {"reading": self.reading, "leaks": self.leaks, "records": records}

    def sample(self):
        self.samples += 1

    def run_for(self, seconds, step_s=0.1):
        """Step as the loop would; returns the times of what was sent."""
        before, times = len(self.sent), []
        for _ in range(round(seconds / step_s)):
            self.clock.now_s += step_s
            self.pusher._step()
            if len(self.sent) > before:
                before = len(self.sent)
                times.append(self.clock.now_s)
        return times


@pytest.fixture
def rig(monkeypatch):
    return Rig(monkeypatch)


def device(**figures):
    names = ("allocated", "reserved", "pinned", "free", "process")
    return {f"{name}_bytes": figures.get(name, 0) for name in names}


def test_at_most_four_a_second_while_a_cell_runs(rig):
    rig.started_s = rig.clock.now_s
    times = rig.run_for(10)
    assert 20 <= len(times) <= 40
    assert min(b - a for a, b in zip(times, times[1:])) >= 0.25 - 1e-9
    assert rig.samples == 100


@pytest.mark.parametrize(
    ("age_s", "gap_s"), [(40, 0.3), (200, 1.0), (600, 3.0), (1000, 5.0), (36000, 5.0)]
)
def test_long_cells_are_told_of_ever_more_slowly(rig, age_s, gap_s):
    rig.started_s = rig.clock.now_s - age_s
    times = rig.run_for(30)
    assert times[2] - times[1] == pytest.approx(gap_s, abs=0.2)


def test_a_slower_pace_is_kept(rig):
    rig.pusher.interval_s = 2.0
    rig.started_s = rig.clock.now_s
    assert len(rig.run_for(10)) in (4, 5)


def test_an_idle_kernel_speaks_only_of_changes(rig):
    assert len(rig.run_for(20, step_s=2)) == 1
    rig.reading["devices"] = [device(allocated=2**20)]
    assert len(rig.run_for(20, step_s=2)) == 1
    rig.reading["devices"] = [device(allocated=2**20 + push.MIN_CHANGE_BYTES - 1)]
    assert rig.run_for(20, step_s=2) == []
    rig.reading["devices"] = [device(allocated=2**20 + push.MIN_CHANGE_BYTES)]
    assert len(rig.run_for(20, step_s=2)) == 1


def test_what_creeps_is_told_of_in_the_end(rig):
    rig.reading["devices"] = [device()]
    rig.run_for(2, step_s=2)
    for turn in range(10):
        rig.reading["devices"] = [device(free=turn * 16 * 1024)]
        rig.run_for(2, step_s=2)
    assert len(rig.sent) == 3


def test_figures_that_the_driver_has_yet_to_explain_wait_for_its_answer(rig, monkeypatch):
    rig.reading["devices"] = [device(free=100, process=50)]
    rig.run_for(2, step_s=2)
    monkeypatch.setattr(push.driver, "is_asking", lambda: True)
    rig.reading["devices"] = [device(process=None)]
    assert rig.run_for(0.5) == []
    assert rig.pusher._rest_s() == push.SAMPLE_INTERVAL_S
    monkeypatch.setattr(push.driver, "is_asking", lambda: False)
    rig.reading["devices"] = [device(process=2**30)]
    assert len(rig.run_for(0.5)) == 1
    assert rig.pusher._rest_s() == push.IDLE_INTERVAL_S


@pytest.mark.parametrize(
    "change",
    [
        {"state": "error"},
        {"devices": [device(), device()]},
        {"devices": [device(pinned=None)]},
    ],
    ids=["state", "device", "unknown"],
)
def test_other_changes_count_too(rig, change):
    rig.reading["devices"] = [device()]
    rig.run_for(2, step_s=2)
    rig.reading = {**rig.reading, **change}
    assert len(rig.run_for(10, step_s=2)) == 1


def test_a_leak_that_heals_is_told_of(rig):
    rig.leaks = [{"alive_bytes": 2**20}]
    rig.run_for(2, step_s=2)
    rig.leaks = []
    assert len(rig.run_for(4, step_s=2)) == 1


def finish(rig, run):
    """End a cell; without a run, one that leaves no record."""
    rig.pusher._thread = threading.current_thread()
    rig.pusher.cell_finished(None if run is None else {"run": run})


def runs_sent(rig):
    return [[record["run"] for record in each["records"]] for each in rig.sent]


def test_a_record_after_a_pause_is_sent_at_once(rig):
    finish(rig, 1)
    rig.pusher._step()
    assert runs_sent(rig) == [[1]]


def test_a_record_soon_after_another_waits_until_the_kernel_takes_a_breath(rig):
    finish(rig, 1)
    rig.pusher._step()
    rig.clock.now_s += 0.05
    finish(rig, 2)
    rig.pusher._step()
    assert runs_sent(rig) == [[1]]
    assert rig.run_for(0.03, step_s=0.03)
    assert runs_sent(rig) == [[1], [2]]


def test_cells_one_right_after_another_are_told_of_together_and_in_order(rig):
    for run in range(100):
        rig.started_s = rig.clock.now_s
        rig.run_for(0.03, step_s=0.01)
        rig.started_s = None
        finish(rig, run)
        rig.pusher._step()
        rig.clock.now_s += 0.01
    rig.run_for(0.3)
    sent = runs_sent(rig)
    assert [run for each in sent for run in each] == list(range(100))
    # 100 cells take 4 s, and 250 ms is the interval.
    assert 10 <= len(sent) <= 18


def test_nobody_is_told_of_the_start_of_a_short_cell(rig):
    rig.run_for(2, step_s=2)
    rig.clock.now_s += 1
    rig.started_s = rig.clock.now_s
    assert rig.run_for(0.09, step_s=0.03) == []
    assert len(rig.run_for(0.03, step_s=0.03)) == 1


def test_a_clock_that_was_set_back_silences_nobody(rig):
    rig.started_s = rig.clock.now_s + 3600
    assert len(rig.run_for(2)) >= 4


def test_the_end_of_a_cell_without_a_record_is_told_of(rig):
    finish(rig, None)
    rig.pusher._step()
    assert runs_sent(rig) == [[]]


def test_nothing_is_kept_for_nobody(rig):
    rig.pusher.cell_finished({"run": 1})
    assert not rig.pusher._finished


class Live:
    """A pusher with its thread."""

    def __init__(self, send):
        self.logged, self.running = [], True
        since_s = time.time()
        self.pusher = push.Pusher(
            lambda records: {"reading": READING, "leaks": [], "records": records},
            send,
            lambda: since_s if self.running else None,
            lambda: None,
            self.logged.append,
        )

    def thread(self):
        return self.pusher._thread


@pytest.fixture
def start():
    """Starts pushers that end with the test."""
    started = []

    def start(send):
        started.append(Live(send))
        started[-1].pusher.start()
        return started[-1]

    yield start
    for live in started:
        live.pusher.stop()


def wait_until(condition, timeout_s=10):
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_the_thread_ends_when_the_channel_closes(start):
    def closed(_message):
        raise ChannelClosedError

    live = start(closed)
    live.thread().join(10)
    assert not live.thread().is_alive()
    assert live.logged == []


def test_the_thread_survives_a_failure_and_says_so_once(start):
    calls = []

    def send(message):
        calls.append(message)
        if len(calls) < 4:
            raise ValueError("not this time")

    live = start(send)
    wait_until(lambda: len(calls) >= 5)
    assert live.logged == ["A reading could not be pushed"]


def test_it_can_be_stopped_and_started_again_at_once(start):
    sent = []
    live = start(sent.append)
    for _ in range(50):
        live.pusher.start()
        live.pusher.stop()
    live.pusher.start()
    sent.clear()
    wait_until(lambda: len(sent) >= 2)
    live.pusher.stop()
    mine = [each for each in threading.enumerate() if each.name == "jupyterlab-vram"]
    for thread in mine:
        thread.join(10)
    assert not any(thread.is_alive() for thread in mine)
    sent.clear()
    time.sleep(0.3)
    assert sent == []


def test_a_thread_that_is_about_to_end_does_not_go_on_beside_the_next(start):
    sending, go_on = threading.Event(), threading.Event()

    def send(_message):
        sending.set()
        go_on.wait(10)

    live = start(send)
    assert sending.wait(10)
    first = live.thread()
    live.pusher.stop()
    live.pusher.start()
    go_on.set()
    first.join(10)
    assert not first.is_alive()
    assert live.thread().is_alive()
