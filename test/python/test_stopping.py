"""Who may be stopped, and how: with real processes."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gpu_users import GpuUsers

from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.processes import procfs
from jupyterlab_vram.processes import stop as stopping


@pytest.fixture
def users(tmp_path, monkeypatch):
    users = GpuUsers(tmp_path)
    monkeypatch.setattr(procfs, "DEVICE_PREFIXES", (str(users.device),))
    monkeypatch.setattr(stopping, "_register", stopping._Register())
    monkeypatch.delenv(stopping.READ_ONLY_VARIABLE, raising=False)
    yield users
    users.end()


def listed(pid):
    """What a list says of a process that may be stopped."""
    facts = procfs.look_up(pid)
    assert stopping.reason_against(facts) is None
    return stopping.issue(facts)


def reason(pid):
    return stopping.reason_against(procfs.look_up(pid))


def refusal(*arguments, **options):
    with pytest.raises(RefusedError) as caught:
        stopping.stop(*arguments, **options)
    return str(caught.value)


def is_alive(pid):
    facts = procfs.look_up(pid)
    return facts is not None and not facts.is_zombie


def test_a_process_is_asked_to_end(users):
    pid = users.start()
    report = stopping.stop(pid, listed(pid))
    assert report == stopping.StopReport(pid, "SIGTERM", True, stopping.GRACE_S)
    assert users.reap(pid) == -signal.SIGTERM
    assert report.to_dict() == {
        "pid": pid,
        "signal": "SIGTERM",
        "has_ended": True,
        "grace_s": stopping.GRACE_S,
    }


def test_one_that_does_not_end_is_killed_after_a_while(users, monkeypatch):
    pid = users.start("stubborn")
    identity = listed(pid)
    assert refusal(pid, identity, force=True) == "Ask the process to end before you kill it."
    assert stopping.stop(pid, identity).has_ended is False
    assert refusal(pid, identity, force=True) == "Give the process 5 s more to end by itself."
    assert is_alive(pid)
    monkeypatch.setattr(stopping, "GRACE_S", 0.0)
    report = stopping.stop(pid, identity, force=True)
    assert (report.signal, report.has_ended) == ("SIGKILL", True)
    assert users.reap(pid) == -signal.SIGKILL


def test_asking_again_gives_no_new_time(users):
    pid = users.start("stubborn")
    identity = listed(pid)
    stopping.stop(pid, identity)
    first = stopping._register.issued[identity]
    stopping.stop(pid, identity)
    assert stopping._register.issued[identity] == first
    # Listed again meanwhile, as the table does.
    listed(pid)
    assert stopping._register.issued[identity] == first


def test_a_process_that_was_not_listed_is_left_alone(users):
    pid = users.start()
    facts = procfs.look_up(pid)
    assert "not listed" in refusal(pid, facts.identity)
    other = users.start()
    assert "not listed" in refusal(other, listed(pid))
    assert is_alive(pid)
    assert is_alive(other)


def test_a_number_that_another_process_has_got_is_left_alone(users):
    """The listed process is gone; its number is another's now."""
    listed_one, newcomer = users.start(), users.start()
    identity = listed(listed_one)
    stopping._register.issued[identity] = (newcomer, None)
    assert refusal(newcomer, identity) == "This process ID now belongs to another process."
    assert is_alive(newcomer)


def test_the_same_number_with_another_start_or_command_is_another_process(users):
    pid = users.start()
    identity = procfs.look_up(pid).identity
    assert procfs._identity(pid, "1", b"x") != procfs._identity(pid, "2", b"x")
    assert procfs._identity(pid, "1", b"x") != procfs._identity(pid, "1", b"y")
    assert procfs._identity(pid, "1", b"x") != procfs._identity(pid + 1, "1", b"x")
    assert procfs.look_up(pid).identity == identity


def test_a_process_that_has_ended(users):
    pid = users.start()
    identity = listed(pid)
    os.kill(pid, signal.SIGKILL)
    users.reap(pid)
    assert refusal(pid, identity) == "This process has ended."


def test_a_dead_process_that_nobody_has_noticed(users):
    pid = users.start()
    identity = listed(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert refusal(pid, identity) == stopping.REASONS["zombie"]


def test_this_process_its_ancestors_and_init_are_never_stopped():
    assert reason(os.getpid()) == "this-kernel"
    assert reason(1) == "init"
    above = [each.pid for each in procfs.ancestors(procfs.look_up(os.getpid()))]
    assert os.getppid() in above
    for pid in above:
        assert reason(pid) == ("init" if pid == 1 else "server")


@pytest.mark.parametrize(
    "pid", [1, os.getpid(), os.getppid()], ids=["init", "this process", "its parent"]
)
def test_they_are_not_stopped_even_if_they_were_listed(pid, users):
    facts = procfs.look_up(pid)
    stopping.issue(facts)
    assert refusal(pid, facts.identity) in stopping.REASONS.values()
    assert users.start()


@pytest.mark.parametrize("pid", [0, -1, -(2**31), 2**22 + 1, 2**40])
@pytest.mark.usefixtures("users")
def test_impossible_numbers_are_refused(pid):
    assert "not listed" in refusal(pid, "0" * 32)
    stopping._register.issue("0" * 32, pid)
    assert refusal(pid, "0" * 32) in ("This process has ended.", *stopping.REASONS.values())


def test_the_process_of_another_user_is_left_alone(users, monkeypatch):
    pid = users.start()
    identity = listed(pid)
    monkeypatch.setattr(stopping, "_user", lambda: os.geteuid() + 1)
    assert reason(pid) == "foreign-user"
    assert refusal(pid, identity) == stopping.REASONS["foreign-user"]
    assert is_alive(pid)


def test_one_that_changed_its_user_is_left_alone(users):
    facts = procfs.look_up(users.start())
    uid = os.geteuid()
    changed = dataclasses.replace(facts, uids=(uid, uid + 1, uid))
    assert stopping.reason_against(changed) == "foreign-user"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start another user's process")
def test_a_real_process_of_another_user(users):
    code = "import time; print(1, flush=True); time.sleep(300)"
    other = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-S", "-c", f"import os; os.setuid(65534); {code}"],
        stdout=subprocess.PIPE,
    )
    try:
        other.stdout.readline()
        assert reason(other.pid) == "foreign-user"
        facts = procfs.look_up(other.pid)
        stopping.issue(facts)
        assert refusal(other.pid, facts.identity) == stopping.REASONS["foreign-user"]
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    assert users.start()


def test_a_process_without_the_device_is_left_alone(users, monkeypatch):
    """The driver's number may mean a process of another container."""
    pid = users.start()
    identity = listed(pid)
    monkeypatch.setattr(procfs, "DEVICE_PREFIXES", ("/dev/no-such-device",))
    assert reason(pid) == "unconfirmed"
    assert refusal(pid, identity) == stopping.REASONS["unconfirmed"]
    assert is_alive(pid)


def test_a_kernel_of_this_server_is_left_to_jupyter(users, monkeypatch):
    server = str(os.getppid())
    sibling = users.start("kernel-1234.json", JPY_PARENT_PID=server)
    stranger = users.start("kernel-5678.json", JPY_PARENT_PID="999999")
    worker = users.start(JPY_PARENT_PID=server)
    own = procfs.look_up(os.getpid())
    as_kernel = dataclasses.replace(own, command=("python", "-m", "ipykernel_launcher"))
    look_up = procfs.look_up
    monkeypatch.setattr(
        procfs, "look_up", lambda pid: as_kernel if pid == os.getpid() else look_up(pid)
    )
    assert reason(sibling) == "jupyter-kernel"
    assert reason(stranger) is None
    assert reason(worker) is None


@pytest.mark.parametrize(
    ("value", "forbids"), [("1", True), ("yes", True), ("0", False), ("", False)]
)
def test_the_environment_can_forbid_it(users, monkeypatch, value, forbids):
    pid = users.start()
    identity = listed(pid)
    monkeypatch.setenv(stopping.READ_ONLY_VARIABLE, value)
    assert (reason(pid) == "read-only") is forbids
    if forbids:
        assert refusal(pid, identity) == stopping.REASONS["read-only"]
        assert is_alive(pid)
    else:
        assert stopping.stop(pid, identity).has_ended


def test_without_lasting_handles_it_works_as_well(users, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    pid = users.start()
    assert stopping.stop(pid, listed(pid)).has_ended


def test_a_signal_that_the_system_refuses(users, monkeypatch):
    def send(*_args):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(signal, "pidfd_send_signal", send, raising=False)
    monkeypatch.setattr(os, "kill", send)
    pid = users.start()
    identity = listed(pid)
    assert refusal(pid, identity) == "The system refused: Operation not permitted."
    monkeypatch.undo()


def test_the_register_does_not_grow_for_ever(users):
    pid = users.start()
    identity = listed(pid)
    for number in range(2 * stopping._MAX_ISSUED):
        stopping._register.issue(f"{number}", 99)
    assert len(stopping._register.issued) == stopping._MAX_ISSUED
    assert "not listed" in refusal(pid, identity)


def thread_of(pid):
    """Another thread of a process; threads have numbers like processes."""
    numbers = [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
    return next(number for number in numbers if number != pid)


def test_the_number_of_a_thread_is_no_process(users):
    pid = users.start("threads")
    thread = thread_of(pid)
    assert Path(f"/proc/{thread}/stat").exists()
    assert procfs.look_up(thread) is None
    stopping._register.issue("thread", thread)
    assert refusal(thread, "thread") == "This process has ended."
    assert is_alive(pid)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ProcessLookupError(3, "No such process"), "The system refused: No such process."),
        (OSError(22, "Invalid argument"), "The system refused: Invalid argument."),
        (
            PermissionError(1, "Operation not permitted"),
            "The system refused: Operation not permitted.",
        ),
    ],
    ids=["gone", "a thread", "forbidden"],
)
def test_without_a_handle_nothing_is_sent_where_there_are_handles(users, monkeypatch, error, said):
    pid = users.start()
    identity = listed(pid)
    real = os.pidfd_open

    def fail(number, *_):
        if number == pid:
            raise error
        return real(number)

    monkeypatch.setattr(os, "pidfd_open", fail)
    assert said in refusal(pid, identity)
    assert is_alive(pid)


@pytest.mark.parametrize(
    "error", [38, 1], ids=["an old Linux", "a container that forbids the call"]
)
def test_where_there_are_no_handles_the_number_has_to_do(users, monkeypatch, error):
    pid = users.start()
    identity = listed(pid)

    def fail(*_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "pidfd_open", fail)
    assert stopping.stop(pid, identity).has_ended is True
