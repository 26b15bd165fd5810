"""Who uses the GPUs, with a driver that is told what to say and real processes."""

import dataclasses
import json
import os
import random
import signal
import sys
import types

import pytest
from gpu_users import GpuUsers, wait_for

import jupyterlab_vram
from jupyterlab_vram.magics import process_report
from jupyterlab_vram.nvidia import nvml, smi
from jupyterlab_vram.nvidia.types import DriverAnswer, DriverError, Gpu, GpuUse
from jupyterlab_vram.processes import listing as gpu_processes
from jupyterlab_vram.processes import owners, procfs
from jupyterlab_vram.processes import stop as stopping
from jupyterlab_vram.processes.listing import GpuProcess, GpuShare, Survey, survey
from jupyterlab_vram.wire import LEFTOVER_THRESHOLD_BYTES

MIB = 2**20
GIB = 2**30
BIG = LEFTOVER_THRESHOLD_BYTES + 1
CARD = Gpu("A", None, 0, "Fake", 80 * GIB, 40 * GIB, True)


def no_tool():
    raise DriverError("no-tool")


@pytest.fixture
def users(tmp_path, monkeypatch):
    users = GpuUsers(tmp_path)
    monkeypatch.setattr(procfs, "DEVICE_PREFIXES", (str(users.device),))
    for name in ("JPY_SESSION_NAME", "JPY_PARENT_PID", stopping.READ_ONLY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    yield users
    users.end()


@pytest.fixture
def driver(monkeypatch):
    """Let the driver say something; ``driver(use, ...)`` returns the survey."""

    def driver(*uses, gpus=(CARD,), **options):
        answer = DriverAnswer("nvidia-smi", tuple(gpus), uses)
        monkeypatch.setattr(nvml, "load", no_tool)
        monkeypatch.setattr(smi, "ask", lambda: answer)
        return survey(**options)

    return driver


def only(found):
    assert len(found.processes) == 1
    return found.processes[0]


def test_a_bare_process(users, driver):
    pid = users.start("two", "words", service=True)
    process = only(driver(GpuUse("A", pid, 3 * GIB, "compute", "python")))
    assert (process.pid, process.used_bytes, process.is_visible) == (pid, 3 * GIB, True)
    assert process.user == procfs.user_name(os.geteuid())
    assert process.command.startswith(sys.executable)
    assert process.command.endswith("two words")
    assert (process.is_own, process.is_kernel, process.kernel_id) == (False, False, None)
    assert (process.notebook, process.leftover) == (None, "unowned")
    assert (process.identity, process.why_not_stoppable) == (procfs.look_up(pid).identity, None)
    assert abs(process.started_s - driver().time_s) < 30
    assert json.loads(json.dumps(process.to_dict()))["shares"] == [
        {"uuid": "A", "used_bytes": 3 * GIB}
    ]


def test_a_listed_process_can_be_stopped(users, driver):
    pid = users.start()
    process = only(driver(GpuUse("A", pid, GIB)))
    assert stopping.stop(pid, process.identity).has_ended
    assert users.reap(pid) == -signal.SIGTERM


def test_a_notebook_of_another_server_is_named(users, driver):
    server = users.start()
    path = "/home/ada/deep learning.ipynb"
    words = ("-f", "/run/kernel-3f0a.json")
    pid = users.start(*words, service=True, JPY_SESSION_NAME=path, JPY_PARENT_PID=str(server))
    process = only(driver(GpuUse("A", pid, BIG)))
    assert (process.notebook, process.is_kernel, process.kernel_id) == (path, True, "3f0a")
    assert (process.kernel_pid, process.leftover) == (pid, None)
    assert process.why_not_stoppable is None


def test_a_kernel_whose_server_is_gone_is_left_over(users, driver):
    server = users.start()
    words = ("kernel-3f0a.json",)
    pid = users.start(*words, service=True, JPY_SESSION_NAME="a.ipynb", JPY_PARENT_PID=str(server))
    assert only(driver(GpuUse("A", pid, BIG))).leftover is None
    os.kill(server, signal.SIGKILL)
    users.reap(server)
    process = only(driver(GpuUse("A", pid, BIG)))
    assert (process.leftover, process.notebook) == ("orphan", "a.ipynb")


def test_what_a_kernel_started_belongs_to_its_notebook(users, driver, monkeypatch):
    kernel = users.start("kernel-77.json", service=True, JPY_SESSION_NAME="b.ipynb")
    worker = users.start(service=True)
    look_up = procfs.look_up
    adopted = dataclasses.replace(look_up(worker), parent_pid=kernel)
    monkeypatch.setattr(procfs, "look_up", lambda pid: adopted if pid == worker else look_up(pid))
    process = only(driver(GpuUse("A", worker, BIG)))
    assert (process.notebook, process.kernel_id, process.kernel_pid) == ("b.ipynb", "77", kernel)
    assert (process.is_kernel, process.leftover) == (False, None)


def test_the_kernel_itself_and_its_children_are_its_own(users, driver):
    child = users.start()
    found = driver(GpuUse("A", os.getpid(), BIG), GpuUse("A", child, BIG))
    # This process has no device open, so the driver does not mean it.
    assert [process.is_own for process in found.processes if process.pid == child] == [True]
    with users.device.open():
        own = only(driver(GpuUse("A", os.getpid(), BIG)))
    assert (own.is_own, own.leftover, own.why_not_stoppable) == (True, None, "this-kernel")
    assert own.identity is None


@pytest.fixture
def stranger(users):
    """The PID of a process that is no child of this one."""
    pid = users.start(orphan=True)
    wait_for(lambda: os.getpid() not in map(pid_of, procfs.ancestors(procfs.look_up(pid))))
    return pid


def pid_of(facts):
    return facts.pid


def test_an_orphan_is_left_over(stranger, driver):
    assert only(driver(GpuUse("A", stranger, BIG))).leftover == "orphan"
    # Nobody comes back for it, so it counts where the driver does not tell.
    assert only(driver(GpuUse("A", stranger, None))).leftover == "orphan"
    assert only(driver(GpuUse("A", stranger, LEFTOVER_THRESHOLD_BYTES))).leftover is None
    assert only(driver(GpuUse("A", stranger, 5 * GIB), leftover_bytes=6 * GIB)).leftover is None


def test_what_left_on_purpose_is_no_orphan(users):
    facts = procfs.look_up(users.start())
    for parent, session, gone in ((1, 4242, True), (1, facts.pid, False), (1, 1, False)):
        changed = dataclasses.replace(facts, parent_pid=parent, session_id=session)
        assert owners.is_parent_gone(changed) is gone
    assert not owners.is_parent_gone(facts)


def test_a_number_that_means_another_process_here(users, driver, monkeypatch):
    """In a container the driver counts as the host does."""
    pid = users.start()
    monkeypatch.setattr(procfs, "DEVICE_PREFIXES", ("/dev/no-such-device",))
    process = only(driver(GpuUse("A", pid, 3 * GIB, "compute", "/usr/bin/trainer")))
    assert (process.is_visible, process.why_not_stoppable) == (False, "not-visible")
    assert (process.user, process.started_s, process.identity) == (None, None, None)
    assert (process.command, process.used_bytes) == ("/usr/bin/trainer", 3 * GIB)


def test_a_number_that_means_nothing_here(driver):
    process = only(driver(GpuUse("A", 2**22, None)))
    assert (process.is_visible, process.command, process.used_bytes) == (False, None, None)


def test_where_the_devices_of_another_user_can_not_be_seen_the_name_decides(
    users, driver, monkeypatch
):
    pid = users.start()
    monkeypatch.setattr(procfs, "holds_device", lambda _pid: None)
    name = os.path.basename(sys.executable)  # noqa: PTH119
    assert only(driver(GpuUse("A", pid, GIB, "compute", f"/other/{name} x"))).is_visible
    assert not only(driver(GpuUse("A", pid, GIB, "compute", "blender"))).is_visible
    process = only(driver(GpuUse("A", pid, GIB)))
    assert process.is_visible
    assert (process.identity, process.why_not_stoppable) == (None, "unconfirmed")


def test_text_from_elsewhere_is_one_bounded_line(users, driver):
    pid = users.start("\x1b[31m\nred\u202e", "x" * 1000, JPY_SESSION_NAME="a\n\x1b.ipynb")
    process = only(driver(GpuUse("A", pid, GIB)))
    assert process.command.isprintable()
    assert len(process.command) == 400
    assert process.notebook == "a  .ipynb"
    table = process_report.table(driver(GpuUse("A", pid, GIB)))
    assert all(line.isprintable() for line in table.splitlines())


def test_several_gpus(users, driver):
    pid = users.start()
    second = dataclasses.replace(CARD, uuid="B", index=1)
    found = driver(
        GpuUse("A", 2**22, 9 * GIB),
        GpuUse("A", pid, GIB),
        GpuUse("B", pid, 10 * GIB),
        gpus=(CARD, second),
    )
    assert [process.pid for process in found.processes] == [pid, 2**22]
    assert found.processes[0].shares == (GpuShare("A", GIB), GpuShare("B", 10 * GIB))
    assert found.processes[0].used_bytes == 11 * GIB
    assert [found.other_bytes(gpu) for gpu in found.gpus] == [30 * GIB, 30 * GIB]


def test_one_unknown_figure_makes_the_sum_unknown(users, driver):
    pid = users.start()
    found = driver(GpuUse("A", pid, GIB), GpuUse("B", pid, None))
    assert only(found).used_bytes is None
    assert found.other_bytes(CARD) == 39 * GIB


def test_the_rest_of_a_gpu(driver):
    unknown = dataclasses.replace(CARD, used_bytes=None)
    sliced = dataclasses.replace(CARD, uuid="S")
    part = dataclasses.replace(CARD, uuid="MIG-1", parent_uuid="S")
    found = driver(GpuUse("A", 2**22, 50 * GIB), gpus=(unknown, sliced, part))
    assert [found.other_bytes(gpu) for gpu in found.gpus] == [None, None, 40 * GIB]
    # More than is used: two moments.
    assert found.other_bytes(CARD) == 0


def test_five_hundred_processes(users, driver):
    pids = [users.start() for _ in range(3)]
    uses = [GpuUse("A", pid, BIG) for pid in (*pids, *range(2**22 - 497, 2**22))]
    found = driver(*uses)
    assert len(found.processes) == 500
    assert sum(process.is_visible for process in found.processes) == 3


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("no-tool", "mismatch", "mismatch"),
        ("mismatch", "no-tool", "mismatch"),
        ("no-tool", "no-tool", "no-tool"),
        ("failed", "no-driver", "no-driver"),
    ],
)
def test_where_nobody_can_be_asked_the_survey_says_why(monkeypatch, first, second, state):
    def fail(with_state):
        raise DriverError(with_state, "in other words")

    monkeypatch.setattr(nvml, "load", lambda: fail(first))
    monkeypatch.setattr(smi, "ask", lambda: fail(second))
    found = survey()
    assert (found.state, found.processes, found.gpus) == (state, (), ())
    assert jupyterlab_vram.processes() == []
    assert "in other words" in process_report.table(found)
    assert found.to_dict()["state"] == state


def test_a_binding_that_tells_nonsense_gives_way_to_the_program(monkeypatch):
    monkeypatch.setattr(nvml, "load", lambda: types.SimpleNamespace(nvmlDeviceGetCount=None))
    monkeypatch.setattr(smi, "ask", lambda: DriverAnswer("nvidia-smi", (CARD,), ()))
    assert survey().source == "nvidia-smi"


def test_whatever_breaks_the_survey_does_not(monkeypatch):
    monkeypatch.setattr(nvml, "load", no_tool)
    monkeypatch.setattr(smi, "ask", lambda: 1 / 0)
    found = survey()
    assert (found.state, found.detail) == ("failed", "ZeroDivisionError('division by zero')")


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_between_processes_and_the_rest(driver, seed):
    """What is listed and the rest always make up what is used."""
    randomness = random.Random(seed)  # noqa: S311 - the same in every run
    gpus = [
        dataclasses.replace(CARD, uuid=uuid, used_bytes=randomness.choice([None, 0, 80 * GIB]))
        for uuid in "ABC"
    ]
    figures = [None, 1, GIB, 5 * GIB]
    uses = {
        (randomness.choice("ABC"), randomness.randrange(2**22 - 9, 2**22)): figure
        for figure in randomness.choices(figures, k=12)
    }
    found = driver(*(GpuUse(*key, figure) for key, figure in uses.items()), gpus=gpus)
    assert sum(len(process.shares) for process in found.processes) == len(uses)
    for gpu in gpus:
        known = sum(figure or 0 for (uuid, _), figure in uses.items() if uuid == gpu.uuid)
        other = found.other_bytes(gpu)
        assert (other is None) is (gpu.used_bytes is None)
        if gpu.used_bytes is not None:
            assert other == max(0, gpu.used_bytes - known)


def process_of(**fields):
    unset = {field.name: None for field in dataclasses.fields(GpuProcess)}
    usual = {"pid": 77, "kind": "compute", "shares": (GpuShare("A", GIB),), "is_visible": True}
    return GpuProcess(**(unset | usual | fields))


def table_of(*processes, gpu=CARD, **options):
    return process_report.table(Survey(0, "ok", "", "nvml", (gpu,), processes), **options)


def test_the_table():
    text = table_of(
        process_of(command="python train.py", user="ada", leftover="unowned"),
        process_of(pid=8, is_own=True, is_kernel=True, shares=(GpuShare("A", None),)),
        process_of(pid=123456, notebook="/home/ada/b", leftover="orphan"),
        process_of(pid=9, is_visible=False),
        process_of(pid=10, kind="graphics", command="Xorg"),
    )
    assert text.splitlines() == [
        "GPU 0 (Fake): 40.00 GiB of 80.00 GiB used",
        "  PID       memory  user     runs for  what",
        "  77      1.00 GiB  ada       unknown  python train.py (orphan?)",
        "  8        unknown  unknown   unknown  this kernel",
        "  123456  1.00 GiB  unknown   unknown  a process of b (orphan: its parent has ended)",
        "  9       1.00 GiB  unknown   unknown  unknown (on the host or in another container)",
        "  Other processes or containers: 36.00 GiB",
    ]
    assert "Xorg" in table_of(process_of(kind="graphics", command="Xorg"), with_graphics=True)


def test_the_table_says_what_is_not_known():
    unlisted = dataclasses.replace(CARD, is_listed=False, used_bytes=None, total_bytes=None)
    assert table_of(gpu=unlisted).splitlines() == [
        "GPU 0 (Fake): unknown used",
        "  The driver does not list the processes that use it.",
    ]
    assert "  The driver lists no process." in table_of()


def test_the_magic(kernel):
    outcome = kernel.run("%load_ext jupyterlab_vram\n%vram_ps")
    assert "driver" in outcome.text
    assert outcome.reply["status"] == "ok"
    kernel.run("%unload_ext jupyterlab_vram")


def test_a_console_is_not_named_by_its_uuid():
    path = "/home/ada/console-1-a4370610-8824-4c57-8d0e-0123456789ab"
    text = table_of(process_of(notebook=path, is_kernel=True))
    assert text.splitlines()[2].endswith("  console-1")
    kept = table_of(process_of(notebook="/x/a-4370610-8824.ipynb", is_kernel=True))
    assert "a-4370610-8824.ipynb" in kept


@pytest.mark.parametrize(
    ("started_as", "program"),
    [
        ("/usr/bin/python3", "python3"),
        ("python", "python"),
        ("/opt/my programs/run me.exe", "run me.exe"),
        ("./train", "train"),
        # Titles that programs give themselves.
        ("VLLM::EngineCore", "VLLM::EngineCore"),
        ("ray::train /data/x", "ray::train /data/x"),
        ("/", None),
        ("a\nb", "a b"),
        ("x" * 500, "x" * 399 + "…"),
        (None, None),
    ],
)
def test_what_a_program_is_called(started_as, program):
    assert gpu_processes._program(started_as) == program
