"""The agent tells of processes by itself, in a real kernel with a made-up driver."""

import os
import time

import pytest
from kernels import ROOT
from wire import SURVEY

from jupyterlab_vram.agent import process_push as process_watch
from jupyterlab_vram.nvidia.types import Gpu
from jupyterlab_vram.processes.listing import GpuProcess, GpuShare, Survey

MIB = 2**20
XML = """<?xml version="1.0" ?>
<nvidia_smi_log><gpu><product_name>Fake</product_name><uuid>GPU-1</uuid>
<fb_memory_usage><total>8000 MiB</total><used>%d MiB</used></fb_memory_usage>
<processes>%s</processes></gpu></nvidia_smi_log>
"""
PROCESS = "<process_info><pid>%d</pid><type>C</type><used_memory>%s</used_memory></process_info>"
QUICKLY = (
    "import jupyterlab_vram.agent.process_push as watch; watch.COMMAND_INTERVAL_S = 0.1; del watch"
)


class Driver:
    """A program called nvidia-smi whose answer can be changed."""

    def __init__(self, folder):
        self.folder = folder
        program = folder / "nvidia-smi"
        program.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/asked"\ncat "{folder}/answer"\n')
        program.chmod(0o755)
        self.say(3)

    def say(self, used, *processes):
        """Use ``used`` MiB, with processes as pairs of a PID and a figure."""
        entries = "".join(PROCESS % each for each in processes)
        answer = self.folder / "new"
        answer.write_text(XML % (used, entries))
        answer.rename(self.folder / "answer")

    def times_asked(self):
        asked = self.folder / "asked"
        return len(asked.read_text().splitlines()) if asked.exists() else 0


@pytest.fixture
def driver(tmp_path):
    return Driver(tmp_path)


@pytest.fixture
def told(start_kernel, driver):
    """A kernel whose viewer wants to know of processes."""
    path = f"{driver.folder}:{os.environ['PATH']}"
    kernel = start_kernel(path=[ROOT], env={"PATH": path})
    kernel.silently(QUICKLY)
    return kernel


def surveys(kernel):
    return [push.payload["processes"] for push in kernel.pushes if push.payload.get("processes")]


def test_who_wants_to_know_is_told_what_changes_and_no_more(told, driver):
    driver.say(900, (os.getpid(), "890 MiB"))
    told.attach(leftover_bytes=MIB)
    told.wait_until(lambda: surveys(told))
    first = surveys(told)[0]
    assert first["gpus"][0]["used_bytes"] == 900 * MIB
    assert [process["pid"] for process in first["processes"]] == [os.getpid()]
    asked = driver.times_asked()
    told.wait_until(lambda: driver.times_asked() > asked + 3)
    assert len(surveys(told)) == 1
    driver.say(1400, (os.getpid(), "1390 MiB"))
    told.wait_until(lambda: len(surveys(told)) == 2)
    assert surveys(told)[1]["processes"][0]["shares"][0]["used_bytes"] == 1390 * MIB
    # An idle kernel's pushes belong to no request that a server tracks.
    assert {push.parent_type for push in told.pushes} == {"kernel_info_request"}


def test_who_does_not_want_to_know_is_not_told(told, driver):
    asked = driver.times_asked()
    told.attach()
    told.attach(leftover_bytes=None)
    told.run("1 + 1")
    assert surveys(told) == []
    assert driver.times_asked() == asked


@pytest.mark.parametrize("end", ["another attach", "detach"])
def test_it_ends_when_nobody_wants_to_know(told, driver, end):
    told.attach(leftover_bytes=0)
    told.wait_until(lambda: surveys(told))
    if end == "detach":
        told.detach()
    else:
        told.attach()
    threads = "[thread.name for thread in __import__('threading').enumerate()]"
    told.wait_until(lambda: "jupyterlab-vram-processes" not in told.value(threads))
    asked = driver.times_asked()
    driver.say(1400)
    told.listen(0.5)
    assert driver.times_asked() == asked
    assert told.complaints() == ""


def test_it_goes_on_while_a_cell_sleeps(told, driver):
    told.attach(leftover_bytes=0)
    told.wait_until(lambda: surveys(told))
    cell = told.send("import time; time.sleep(3)")
    told.wait_until(lambda: "busy" in told.states(cell))
    driver.say(1400)
    told.wait_until(lambda: len(surveys(told)) == 2)
    assert "idle" not in told.states(cell)
    assert told.pushes[-1].payload["running"] is not None
    told.finish(cell)


def test_a_kernel_answers_who_uses_the_gpus(told, driver):
    driver.say(900, (os.getpid(), "890 MiB"), (2**22, "[N/A]"))
    answer = told.ask("processes")
    assert answer["kind"] == "answered"
    SURVEY(answer["answer"], "answer")
    assert [process["pid"] for process in answer["answer"]["processes"]] == [os.getpid(), 2**22]


@pytest.mark.parametrize(
    "fields",
    [{}, {"pid": "x", "identity": "y"}, {"pid": os.getpid()}, {"pid": None, "identity": None}],
)
def test_a_request_to_stop_that_makes_no_sense_is_refused(told, fields):
    assert told.ask("stop", **fields)["kind"] == "refused"


def test_a_request_that_was_tampered_with_stops_nothing(told, driver):
    driver.say(900, (os.getpid(), "890 MiB"))
    listed = told.ask("processes")["answer"]["processes"][0]
    # This process started the kernel, as a server does.
    assert (listed["identity"], listed["why_not_stoppable"]) == (None, "not-visible")
    for identity in ("0" * 32, "", "None"):
        answer = told.ask("stop", pid=os.getpid(), identity=identity, force=True)
        assert answer["kind"] == "refused"
        assert "not listed" in answer["reason"]


def survey_of(used=900, **fields):
    process = {"pid": 7, "shares": (GpuShare("1", used),), "leftover": None, **fields}
    blank = dict.fromkeys(GpuProcess.__dataclass_fields__)
    gpu = Gpu("1", None, 0, None, None, used, True)
    return Survey(time.time(), "ok", "", None, (gpu,), (GpuProcess(**{**blank, **process}),))


def test_what_counts_as_a_change():
    near = 900 * MIB + process_watch.MIN_CHANGE_BYTES - 1
    assert not process_watch._differ(survey_of(near), survey_of(900 * MIB))
    assert process_watch._differ(survey_of(near + 1), survey_of(900 * MIB))
    assert process_watch._differ(survey_of(None), survey_of(900 * MIB))
    for change in ({"pid": 8}, {"leftover": "orphan"}, {"identity": "x"}, {"notebook": "n"}):
        assert process_watch._differ(survey_of(**change), survey_of())


def test_a_survey_that_fails_is_said_once_and_tried_again(monkeypatch):
    monkeypatch.setattr(process_watch, "COMMAND_INTERVAL_S", 0.02)
    monkeypatch.setattr(process_watch, "BINDING_INTERVAL_S", 0.02)
    answers = [RuntimeError("first"), RuntimeError("second"), Survey(1, "ok", "", "nvml", (), ())]

    def survey(_least):
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(process_watch, "survey", survey)
    said, logged = [], []
    watch = process_watch.ProcessWatch(said.append, logged.append)
    watch.start(1)
    deadline_s = time.monotonic() + 10
    while len(said) < 2:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    watch.stop()
    for each in said:
        SURVEY(each, "survey")
    assert [each["state"] for each in said] == ["failed", "ok"]
    assert "first" in said[0]["detail"]
    assert logged == ["The processes on the GPUs could not be reported"]
