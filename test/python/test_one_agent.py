"""One agent in a process, whatever a person does to the modules."""

import pytest
from kernels import ROOT, archive

THREADS = (
    "[each.name for each in __import__('threading').enumerate()"
    " if each.name.startswith('jupyterlab-vram')]"
)
PURGE = """
import sys
for name in [name for name in sys.modules if name.partition(".")[0] == "jupyterlab_vram"]:
    del sys.modules[name]
"""
#: As people do who want to begin anew without a restart.
PURGE_ALL = """
import sys
for name in set(sys.modules) - at_start:
    del sys.modules[name]
"""

MISHAPS = {
    "frontend deleted": "import sys; del sys.modules['jupyterlab_vram.frontend']",
    "requests deleted": "import sys; del sys.modules['jupyterlab_vram.agent.requests']",
    "agent deleted": "import sys; del sys.modules['jupyterlab_vram.agent.agent']",
    "package deleted": "import sys; del sys.modules['jupyterlab_vram']",
    "purged": PURGE,
    "purged and imported": PURGE + "import jupyterlab_vram",
    "purged and asked": PURGE + "import jupyterlab_vram.frontend as f; r = f.handle('{}')",
    "purged and the extension loaded": PURGE + "%load_ext jupyterlab_vram",
    "all purged since the start": PURGE_ALL,
    "frontend reloaded": "import importlib, jupyterlab_vram.frontend as f; importlib.reload(f)",
    "requests reloaded": """
import importlib, jupyterlab_vram.agent.requests as f
importlib.reload(f)""",
    "all reloaded": """
import importlib, sys
for name in sorted(name for name in sys.modules if name.startswith("jupyterlab_vram.")):
    importlib.reload(sys.modules[name])
""",
    "extension reloaded": "%load_ext jupyterlab_vram\n%reload_ext jupyterlab_vram",
    "autoreload": "%load_ext autoreload\n%autoreload 2\nimport jupyterlab_vram.frontend",
    "reset": "%reset -f",
    "finders lost": PURGE + "sys.meta_path[:] = [each for each in sys.meta_path "
    "if type(each).__module__ != 'jupyterlab_vram']",
}


OURS = (
    "[len([each for each in get_ipython().events.callbacks[name] if 'jupyterlab_vram' in"
    " str(getattr(each, '__module__', ''))]) for name in ('pre_run_cell', 'post_run_cell')]"
)


def is_alone(kernel, note_hooks=0):
    assert kernel.value(OURS) == [1, 1 + note_hooks]
    kernel.wait_until(lambda: kernel.value(THREADS) == ["jupyterlab-vram"])


@pytest.mark.parametrize("mishap", MISHAPS.values(), ids=MISHAPS)
def test_the_agent_stays_the_one(start_kernel, mishap):
    kernel = start_kernel(path=[ROOT])
    kernel.run("import sys; at_start = set(sys.modules)")
    kernel.run("import torch")
    boot = kernel.attach(practice=True)["boot"]
    kernel.run("leak = {'weight': torch.ones(2**21)}\nkept = [leak]")
    assert [each["name"] for each in kernel.run("del leak").leaks] == ["leak"]
    kernel.run(mishap)
    kernel.run("2")
    answer = kernel.ask("attach", viewer="another", interval_ms=250)
    assert (answer["kind"], answer["boot"]) == ("attached", boot)
    assert {push.payload["boot"] for push in kernel.pushes} == {boot}
    assert len(answer["records"]) >= 3
    if "reset" not in mishap:
        assert [each["name"] for each in answer["leaks"]] == ["leak"]
    is_alone(kernel, note_hooks="_ext jupyterlab_vram" in mishap)
    kernel.detach("another")
    kernel.detach("test")
    kernel.wait_until(lambda: kernel.value(THREADS) == [])
    assert kernel.value(OURS) == [0, int("_ext jupyterlab_vram" in mishap)]
    assert kernel.complaints() == ""


def test_refusals_are_told_after_a_reload(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.attach(practice=True)
    kernel.run(MISHAPS["all reloaded"])
    answer = kernel.ask("clear", names=["nothing"])
    assert (answer["kind"], answer["reason"]) == ("refused", "There is no variable `nothing`.")


def test_the_practice_device_is_one_for_all_copies(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.attach(practice=True)
    kernel.run(PURGE + "%load_ext jupyterlab_vram")
    kernel.run("%vram practice on --size 2GiB")
    assert kernel.records[-1]["reading"]["devices"][0]["total_bytes"] == 2**31
    kernel.run("%vram practice off")
    assert kernel.ask("attach", viewer="test")["reading"]["devices"] == []


def test_a_delivered_agent_outlives_the_loss_of_its_modules(start_kernel, tmp_path):
    package = tmp_path / "elsewhere" / "jupyterlab_vram"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError\n")
    kernel = start_kernel(path=[package.parent])
    boot = kernel.attach(archive=archive())["boot"]
    kernel.run(MISHAPS["finders lost"])
    assert kernel.attach()["boot"] == boot
    assert kernel.attach(archive=archive())["boot"] == boot
    is_alone(kernel)


def older(sources):
    """As another version was: it kept its agent in its module alone."""
    sources["process_state.py"] = sources["process_state.py"].replace(
        "found: T = versions.setdefault(__version__, {}).setdefault(name, make())",
        "found: T = make()",
    )
    assert "found: T = make()" in sources["process_state.py"]


@pytest.mark.parametrize("purged", ["", PURGE], ids=["imported", "purged"])
def test_an_agent_that_nothing_leads_to_is_found_and_ended(start_kernel, tmp_path, purged):
    package = tmp_path / "elsewhere" / "jupyterlab_vram"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError\n")
    kernel = start_kernel(path=[package.parent])
    boot = kernel.attach(archive=archive(older))["boot"]
    kernel.run("%load_ext jupyterlab_vram")
    kernel.run(purged + f"\nimport sys; sys.path.insert(0, {str(ROOT)!r})\n")
    kernel.run(
        "sys.meta_path[:] = [each for each in sys.meta_path"
        " if type(each).__module__ != 'jupyterlab_vram']\n" + PURGE
    )
    answer = kernel.attach()
    assert (answer["kind"], answer["boot"] != boot) == ("attached", True)
    is_alone(kernel, note_hooks=1)
