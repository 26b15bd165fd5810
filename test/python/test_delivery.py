"""The agent in kernels whose environment lacks it, or has another one."""

import pytest
from kernels import ROOT, archive
from wire import SCHEMA_VERSION

BROKEN = "raise ImportError('not in this environment')\n"

#: As an older agent might have been: it watches the shell, and can be stopped.
OLD_FRONTEND = """
SCHEMA_VERSION = 1
def note(info): calls.append(info.raw_cell)
calls = []
get_ipython = __import__("IPython").get_ipython
get_ipython().events.register("pre_run_cell", note)
def stop(): get_ipython().events.unregister("pre_run_cell", note)
def handle(request): return "an old answer"
"""

OURS = """{
    name: getattr(module, "__file__", None) or str(module.__spec__)
    for name, module in __import__("sys").modules.items()
    if name.partition(".")[0] == "jupyterlab_vram"
}"""
HOOKS = "[len(get_ipython().events.callbacks[name]) for name in ('pre_run_cell', 'post_run_cell')]"


@pytest.fixture
def elsewhere(tmp_path):
    """A folder for the path of a kernel, in which the package cannot be imported."""
    package = tmp_path / "elsewhere" / "jupyterlab_vram"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(BROKEN)
    return package.parent


def old_package(folder, frontend=OLD_FRONTEND):
    package = folder / "jupyterlab_vram"
    (package / "__init__.py").write_text("")
    (package / "frontend.py").write_text(frontend)


def deliver(kernel, **options):
    kernel.is_watched = True
    return kernel.ask("attach", viewer="test", interval_ms=250, archive=archive(), **options)


def test_a_kernel_without_the_agent_gets_it(start_kernel, elsewhere):
    kernel = start_kernel(path=[elsewhere])
    before = kernel.value("sorted(globals())")
    assert kernel.ask("attach", viewer="test") == {"schema": SCHEMA_VERSION, "kind": "missing"}
    assert kernel.value("'jupyterlab_vram' in __import__('sys').modules") is False

    answer = deliver(kernel)
    assert (answer["kind"], answer["agent_version"]) == ("attached", "9.9.9")
    assert kernel.value("sorted(globals())") == before
    assert kernel.run("1 + 1").record["run"] == 1
    # Once delivered it is there for all: for another front end, and for the magics.
    assert kernel.ask("attach", viewer="second")["boot"] == answer["boot"]
    kernel.run("%load_ext jupyterlab_vram\n%vram practice on --size 1GiB")
    outcome = kernel.run("%vram")
    assert "practice device" in outcome.text
    assert "1.00 GiB" in outcome.text
    assert kernel.records[-1]["reading"]["devices"][0]["total_bytes"] == 2**30
    assert "vram practice on" in kernel.run("%vram?").reply["payload"][0]["data"]["text/plain"]
    failing = kernel.run("import jupyterlab_vram; jupyterlab_vram.practice.switch_on(-1)")
    assert any("must be positive" in line for line in failing.reply["traceback"])
    # The recorder's two, and with the magics the one that notes out-of-memory errors.
    assert kernel.value(HOOKS) == [1, 2]
    assert kernel.complaints() == ""


def test_an_agent_of_another_schema_is_replaced(start_kernel, elsewhere):
    old_package(elsewhere)
    kernel = start_kernel(path=[elsewhere])
    kernel.run("import jupyterlab_vram.frontend as old")
    kernel.run("1")
    assert kernel.value("old.calls") == ["1"]
    assert kernel.value(HOOKS) == [1, 0]
    assert kernel.ask("attach", viewer="test") == {"schema": SCHEMA_VERSION, "kind": "missing"}
    assert kernel.value("__import__('sys').modules['jupyterlab_vram.frontend'] is old")

    assert deliver(kernel)["kind"] == "attached"
    kernel.run("2")
    assert kernel.value("old.calls") == ["1"]
    assert kernel.value(HOOKS) == [1, 1]
    origins = kernel.value(OURS)
    assert len(origins) > 10
    assert all(str(elsewhere) not in origin for origin in origins.values())


@pytest.mark.parametrize(
    "frontend",
    [
        OLD_FRONTEND.replace("def stop(): ", "def stop(): 1 / 0\ndef unused(): "),
        "SCHEMA_VERSION = 1",
        "this is no python",
    ],
    ids=["cannot be stopped", "nothing in it", "no python"],
)
def test_an_agent_that_is_no_use_harms_nobody(start_kernel, elsewhere, frontend):
    old_package(elsewhere, frontend)
    kernel = start_kernel(path=[elsewhere])
    assert deliver(kernel)["kind"] == "attached"
    assert kernel.value("hasattr(__import__('sys'), 'last_traceback')") is False


def test_a_delivered_agent_is_replaced_by_a_newer_one_and_its_magics_too(start_kernel, elsewhere):
    kernel = start_kernel(path=[elsewhere])
    deliver(kernel)
    kernel.run("%load_ext jupyterlab_vram\n%vram practice on")
    boot = kernel.pushes[-1].payload["boot"]

    def newer(sources):
        old, new = (f"SCHEMA_VERSION = {SCHEMA_VERSION + more}" for more in (0, 1))
        changed = sources["wire.py"].replace(old, new)
        assert changed != sources["wire.py"]
        sources["wire.py"] = changed
        # What it sends is still checked as this schema.
        sources["agent/agent.py"] = sources["agent/agent.py"].replace(
            '"schema": SCHEMA_VERSION', f'"schema": {SCHEMA_VERSION}'
        )

    answer = kernel.ask(
        "attach", viewer="test", archive=archive(newer), schema_version=SCHEMA_VERSION + 1
    )
    assert (answer["kind"], answer["boot"] != boot) == ("attached", True)
    assert kernel.value(HOOKS) == [1, 2]
    finders = "[type(each).__module__ for each in __import__('sys').meta_path]"
    assert kernel.value(finders).count("jupyterlab_vram") == 1
    threads = "[each.name for each in __import__('threading').enumerate()].count('jupyterlab-vram')"
    kernel.wait_until(lambda: kernel.value(threads) == 1)
    # The magics act on the practice device that the new agent reads.
    kernel.run("%vram practice on --size 2GiB")
    assert kernel.records[-1]["reading"]["devices"][0]["total_bytes"] == 2**31


def test_an_archive_that_fails_leaves_nothing_behind(start_kernel, elsewhere):
    kernel = start_kernel(path=[elsewhere])

    def broken(sources):
        sources["cells/recorder.py"] = "1 / 0"

    assert kernel.ask("attach", viewer="test", archive=archive(broken))["kind"] == "missing"
    assert kernel.ask("attach", viewer="test", archive="no archive")["kind"] == "missing"
    assert kernel.value(OURS) == {}
    assert kernel.value("hasattr(__import__('sys'), 'last_traceback')") is False
    assert deliver(kernel)["kind"] == "attached"


def test_a_file_called_torch_is_not_torch(start_kernel, tmp_path):
    (tmp_path / "kernel0").mkdir()
    (tmp_path / "kernel0" / "torch.py").write_text("cuda = Tensor = 'mine'\n")
    kernel = start_kernel(path=[ROOT])
    kernel.run("import torch")
    assert kernel.attach()["reading"]["state"] == "no-torch"
    outcome = kernel.run("print(torch.cuda); torch = 5; del torch")
    assert (outcome.text, outcome.record["ok"]) == ("mine\n", True)
    kernel.run("%load_ext jupyterlab_vram")
    assert "torch is not imported" in kernel.run("%vram").text
