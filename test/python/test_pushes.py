"""What a kernel sends by itself, and as part of no request that anybody made."""

import hashlib

import pytest


def gaps_s(pushes):
    times = [push.payload["reading"]["time"] for push in pushes]
    return [later - earlier for earlier, later in zip(times, times[1:])]


def test_pushes_are_part_of_no_cell_and_of_no_tracked_request(kernel):
    message_id = kernel.send("time.sleep(1)")
    kernel.finish(message_id)
    during = [push for push in kernel.pushes if push.payload["running"]]
    assert len(during) >= 2
    assert any(not push.payload["running"] for push in kernel.pushes)
    assert {push.parent_type for push in kernel.pushes} == {"kernel_info_request"}
    assert message_id not in {push.parent_id for push in kernel.pushes}


def test_who_collects_the_outputs_of_a_cell_finds_nothing_of_a_push_among_them(kernel):
    # As servers that keep outputs do: all that is part of the cell, whatever its display.
    message_id = kernel.send("time.sleep(1)\nprint('over')")
    kernel.finish(message_id)
    collected = [
        each["header"]["msg_type"]
        for each in kernel.messages
        if each["parent_header"].get("msg_id") == message_id
    ]
    assert sorted(collected) == ["execute_input", "status", "status", "stream"]


def test_a_cell_without_an_id_is_known_by_its_code(kernel):
    code = "größer = '🙂'\nx = 1"
    kernel.run(code)
    record = kernel.wait_until(lambda: kernel.records and kernel.records[-1]["finished"])
    assert record["cell_id"] is None
    # As `codeDigest` in TypeScript makes it.
    assert record["code_digest"] == hashlib.sha256(code.encode()).hexdigest()[:16]


def test_the_kernel_is_busy_once_and_idle_once_around_a_cell(kernel):
    message_id = kernel.send("time.sleep(0.5)")
    kernel.finish(message_id)
    assert kernel.states(message_id) == ["busy", "idle"]
    others = {push.parent_id for push in kernel.pushes} - {message_id}
    assert all(kernel.states(each) == [] for each in others)


def test_an_idle_kernel_in_which_nothing_changes_is_silent(kernel):
    kernel.run("x = torch.ones(2**20)")
    kernel.listen(0.5)
    kernel.messages.clear()
    kernel.listen(6)
    assert kernel.messages == []


def test_an_idle_kernel_tells_what_changed(kernel):
    kernel.run(
        "import threading\n"
        "threading.Timer(0.7, lambda: globals().update(late=torch.ones(2**22))).start()"
    )
    before = kernel.records[-1]["reading"]["devices"][0]["allocated_bytes"]
    told = kernel.wait_until(
        lambda: [
            push
            for push in kernel.pushes
            if push.payload["reading"]["devices"][0]["allocated_bytes"] >= before + 2**24
        ]
    )
    assert (told[0].parent_type, told[0].payload["running"]) == ("kernel_info_request", None)


@pytest.mark.parametrize(
    "code",
    ["time.sleep(2)", "end = time.time() + 2\nwhile time.time() < end: pass"],
    ids=["sleep", "loop"],
)
def test_pushes_continue_at_two_to_four_a_second(kernel, code):
    kernel.run(code)
    during = [push for push in kernel.pushes if push.payload["running"]]
    assert len(during) >= 4
    assert min(gaps_s(during)) >= 0.24


def test_sequences_grow_within_one_boot(kernel):
    kernel.run("time.sleep(0.6)")
    answer = kernel.ask("attach", viewer="test")
    kernel.run("1 + 1")
    sequences = [push.payload["sequence"] for push in kernel.pushes]
    assert sequences == sorted(set(sequences))
    assert answer["sequence"] not in sequences
    assert {push.payload["boot"] for push in kernel.pushes} == {answer["boot"]}


def test_pushes_stop_when_the_last_viewer_has_left(kernel):
    kernel.attach(viewer="other")
    kernel.detach("other")
    kernel.is_watched = True
    assert kernel.run("time.sleep(0.5)").push is not None
    kernel.detach("test")
    kernel.listen(0.3)
    kernel.pushes.clear()
    kernel.run("y = torch.ones(2**20); time.sleep(0.7)")
    assert kernel.pushes == []


def test_a_viewer_that_comes_late_gets_what_others_were_told(kernel):
    first = kernel.run("a = 1", cell_id="first").record
    kernel.detach()
    kernel.run("b = 2", cell_id="nobody looked")
    answer = kernel.attach()
    assert answer["records"][-1] == first
    assert kernel.run("c = 3").record["run"] == first["run"] + 1


def test_nothing_of_the_agent_runs_when_nobody_looks(kernel):
    kernel.run("held = torch.ones(2**20)")
    here = (
        "[sum('jupyterlab_vram' in type(getattr(each, '__self__', each)).__module__"
        " for name in ('pre_run_cell', 'post_run_cell')"
        " for each in get_ipython().events.callbacks[name]),"
        " len(get_ipython().ast_transformers),"
        " sum(each.name == 'jupyterlab-vram' for each in __import__('threading').enumerate())]"
    )
    assert kernel.value(here) == [2, 0, 1]
    kernel.detach("test")
    kernel.run("held = None")
    kernel.wait_until(lambda: kernel.value(here) == [0, 0, 0])
    kernel.ask("clear")
    kernel.ask("nonsense")
    assert kernel.value(here) == [0, 0, 0]


def test_every_cell_is_told_of_when_many_run_at_once(kernel):
    sent = [kernel.send(f"number = {number}") for number in range(20)]
    counts = [kernel.finish(each).record["execution_count"] for each in sent]
    assert counts == list(range(counts[0], counts[0] + 20))
    runs = [each["finished"]["run"] for each in kernel.records[-20:]]
    assert runs == list(range(runs[0], runs[0] + 20))


def test_the_fastest_viewer_sets_the_pace(kernel):
    kernel.attach(viewer="fast", interval_ms=250)
    kernel.attach(viewer="slow", interval_ms=5000)
    kernel.run("time.sleep(0.8)")
    assert len([push for push in kernel.pushes if push.payload["running"]]) >= 2
    kernel.detach("fast")
    kernel.detach("test")
    kernel.is_watched = True
    kernel.pushes.clear()
    kernel.run("time.sleep(0.8)")
    assert len([push for push in kernel.pushes if push.payload["running"]]) <= 1
    kernel.detach("slow")


def test_a_device_that_fails_is_told_of_and_ends_nothing(kernel):
    kernel.run(
        "def fail(): raise RuntimeError('CUDA error: device lost')\n"
        "was, torch.cuda.is_initialized = torch.cuda.is_initialized, fail"
    )
    try:
        outcome = kernel.run("print('fine'); time.sleep(1)")
        states = {push.payload["reading"]["state"] for push in kernel.pushes[-3:]}
        assert (outcome.text, outcome.reply["status"], states) == ("fine\n", "ok", {"error"})
        assert outcome.push["reading"]["detail"] == "RuntimeError: CUDA error: device lost"
        assert outcome.record["devices"] == []
    finally:
        kernel.run("torch.cuda.is_initialized = was")
    assert kernel.run("1").push["reading"]["state"] == "ok"
