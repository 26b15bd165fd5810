"""The record of each cell, in a real kernel."""

import time

import pytest
from kernels import digest

MIB = 2**20
BIG = "torch.ones(16 * 2**18)"  # 16 MiB


def practice(record):
    (device,) = record["devices"]
    assert device["id"] == "practice"
    return device


def change(record):
    device = practice(record)
    return device["after_allocated_bytes"] - device["before_allocated_bytes"]


def test_a_record_says_what_a_cell_added(kernel):
    began_s = time.time()
    outcome = kernel.run(f"x = {BIG}", cell_id="a-cell")
    record = outcome.record
    assert record["cell_id"] == "a-cell"
    assert record["execution_count"] == outcome.reply["execution_count"]
    assert record["code_digest"] == digest(f"x = {BIG}")
    assert began_s <= record["started"] <= record["ended"] <= time.time()
    assert (record["ok"], record["removed"]) == (True, [])
    assert 16 * MIB <= change(record) < 17 * MIB
    again = kernel.run(f"x = {BIG}").record
    assert (again["run"], again["code_digest"]) == (record["run"] + 1, record["code_digest"])
    assert abs(change(again)) < MIB


def test_a_peak_is_the_largest_sample_on_the_practice_device(kernel):
    device = practice(kernel.run(f"x = {BIG}; time.sleep(0.5); del x").record)
    peak = device["peak_allocated_bytes"] - device["before_allocated_bytes"]
    assert 16 * MIB <= peak < 17 * MIB
    assert not device["peak_exact"]
    assert device["after_reserved_bytes"] >= device["peak_allocated_bytes"]


@pytest.mark.parametrize(
    ("code", "ok"),
    [
        ("1 / 0", False),
        ("def broken(:", False),
        ("raise SystemExit", False),
        ("raise KeyboardInterrupt", False),
        ("%vram_nonsense", False),
        ("%lsmagic", True),
        ("%%capture\nprint(1)", True),
        ("import asyncio; await asyncio.sleep(0.01)", True),
        ("import asyncio; await asyncio.sleep(0.01); 1 / 0", False),
        ("import asyncio; raise asyncio.CancelledError", False),
        ("async def f(): return 1\nawait f()", True),
        ("!true", True),
        ("get_ipython?", True),
        ("# nothing but a comment", True),
        ("'" + "x" * 2_000_000 + "'; None", True),
        ("\n".join(f"v{n} = {n}" for n in range(20_000)), True),
    ],
    ids=lambda value: str(value)[:30].encode("ascii", "replace").decode(),
)
def test_every_kind_of_cell_leaves_one_record(kernel, code, ok):
    runs = [record["finished"]["run"] for record in kernel.records]
    outcome = kernel.run(code, cell_id="odd")
    assert (outcome.record["ok"], outcome.record["cell_id"]) == (ok, "odd")
    assert outcome.record["execution_count"] == outcome.reply["execution_count"]
    assert not runs or outcome.record["run"] == runs[-1] + 1
    assert kernel.ask("attach", viewer="test")["running"] is None


def test_a_blank_cell_leaves_no_record(kernel):
    before = kernel.run("1").record["run"]
    kernel.run("  \n")
    assert kernel.run("2").record["run"] == before + 1


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(20)",
        "while True: pass",
        "import asyncio\nfor _ in range(400): await asyncio.sleep(0.05)",
    ],
    ids=["sleep", "loop", "await"],
)
def test_an_interrupted_cell_is_over_and_failed(kernel, code):
    message_id = kernel.send(code)
    kernel.wait_until(lambda: any(push.payload["running"] for push in kernel.pushes))
    kernel.interrupt()
    outcome = kernel.finish(message_id)
    assert outcome.reply["status"] == "error"
    assert not outcome.record["ok"]
    assert outcome.push["running"] is None


def test_cells_run_by_a_cell_belong_to_it(kernel):
    outcome = kernel.run(
        "shell = get_ipython()\n"
        f"shell.run_cell('x = {BIG}')\nshell.run_cell(' ')\n"
        "shell.run_cell('1 / 0')\n"
        "shell.run_cell('%%capture\\nshell.run_cell(\"y = 1\")')\n"
        "time.sleep(0.6)",
        cell_id="outer",
    )
    assert (outcome.record["cell_id"], outcome.record["ok"]) == ("outer", True)
    assert change(outcome.record) >= 16 * MIB
    assert kernel.records[-1] is outcome.push
    running = [
        push.payload["running"]["cell_id"] for push in kernel.pushes if push.payload["running"]
    ]
    assert set(running) == {"outer"}
    assert kernel.run("1").record["run"] == outcome.record["run"] + 1


def test_a_vram_cell_is_recorded_as_any_other(kernel):
    kernel.run("%load_ext jupyterlab_vram")
    outcome = kernel.run(f"%%vram\nx = {BIG}")
    assert change(outcome.record) >= 16 * MIB
    assert "practice device" in outcome.text
    failed = kernel.run("%%vram\n1 / 0")
    assert (failed.record["ok"], failed.reply["ename"]) == (False, "ZeroDivisionError")


def test_a_cell_that_leaves_no_history_has_no_count(kernel):
    outcome = kernel.run("silent = 1", store_history=False)
    assert outcome.record["execution_count"] is None
    following = kernel.run("1")
    assert following.record["execution_count"] == following.reply["execution_count"]


def test_the_running_cell_has_the_count_that_it_will_have(kernel):
    message_id = kernel.send("%reset -f in\nimport time; time.sleep(0.5)")
    running = kernel.wait_until(
        lambda: [push.payload["running"] for push in kernel.pushes if push.payload["running"]]
    )
    assert running[0]["execution_count"] == kernel.finish(message_id).reply["execution_count"]
    after = kernel.send("import time; time.sleep(0.5)")
    kernel.pushes.clear()
    running = kernel.wait_until(
        lambda: [push.payload["running"] for push in kernel.pushes if push.payload["running"]]
    )
    assert running[0]["execution_count"] == kernel.finish(after).reply["execution_count"]


def test_a_hook_that_the_person_registered_still_runs(kernel):
    kernel.run(
        "calls = []\n"
        "class Shift:\n"
        "    def visit(self, tree): calls.append('tree'); return tree\n"
        "shift = Shift()\n"
        "get_ipython().ast_transformers.append(shift)\n"
        "note = lambda *_: calls.append('cell')\n"
        "get_ipython().events.register('pre_run_cell', note)"
    )
    kernel.run("held = 1")
    outcome = kernel.run(
        "get_ipython().ast_transformers.remove(shift)\n"
        "get_ipython().events.unregister('pre_run_cell', note)\n"
        "print(calls, get_ipython().ast_transformers)"
    )
    assert outcome.text == "['cell', 'tree', 'cell', 'tree'] []\n"


def test_records_are_bounded(kernel):
    answer = kernel.ask("attach", viewer="test")
    assert 0 < len(answer["records"]) <= 200
    runs = [each["run"] for each in answer["records"]]
    assert runs == sorted(set(runs))
