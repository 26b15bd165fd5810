"""Event loops and shells beside the kernel's own: who really holds is named, and nobody else."""

import pytest
from kernels import HAS_SUBSHELLS, ROOT

LOOPS = {
    "asyncio": "pass",
    "nest_asyncio": (
        "try: import nest_asyncio2 as nest\n"
        "except ImportError: import nest_asyncio as nest\n"
        "nest.apply()"
    ),
}


def named(kernel, at_least=8 << 20):
    """The names of all holders, by their kinds, and what lets go."""
    answer = kernel.ask("holders", min_bytes=1 << 20)["answer"]
    return {
        each["name"]: (each["kind"], each["release"])
        for each in answer["holders"]
        if each["bytes"] + each["shared_bytes"] >= at_least
    }


@pytest.fixture
def fresh(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.run("import asyncio, torch")
    kernel.attach(practice=True)
    return kernel


@pytest.mark.parametrize("patch", LOOPS.values(), ids=LOOPS)
def test_no_event_loop_is_a_holder(fresh, patch):
    fresh.run(patch)
    fresh.run(
        "async def train(batch): await asyncio.sleep(1000)\n"
        "loop = asyncio.get_event_loop()\n"
        "task = loop.create_task(train(torch.ones(2**22)), name='training')"
    )
    holders = named(fresh)
    assert set(holders) == {"task", "train() in training"}
    fresh.run("task.cancel(); del task")
    fresh.run("import gc; gc.collect();")
    fresh.run("x = torch.ones(2**22)")
    assert set(named(fresh)) == {"x"}


@pytest.mark.parametrize("patch", LOOPS.values(), ids=LOOPS)
def test_a_callback_that_waits_is_named(fresh, patch):
    fresh.run(patch)
    fresh.run(
        "def later(batch): pass\n"
        "asyncio.get_event_loop().call_later(1000, later, torch.ones(2**22));"
    )
    assert named(fresh) == {"later() in the event loop": ("task", None)}
    fresh.ask("clear", release=["later() in the event loop"])
    assert named(fresh) == {}


@pytest.mark.skipif(not HAS_SUBSHELLS, reason="ipykernel 6 has no subshells")
def test_while_a_nested_loop_runs_only_the_function_is_named(fresh):
    fresh.run(LOOPS["nest_asyncio"])
    message_id = fresh.send(
        "async def train(batch): await asyncio.sleep(4)\nasyncio.run(train(torch.ones(2**22)))"
    )
    subshell = fresh.create_subshell()
    fresh.listen(1.5)
    answer = fresh.ask("holders", min_bytes=1 << 20, subshell=subshell)["answer"]
    names = [each["name"] for each in answer["holders"] if each["shared_bytes"] + each["bytes"]]
    assert any(name.startswith("train()") for name in names)
    assert not any("_run_once" in name or "run()" in name for name in names)
    fresh.finish(message_id)


EMBEDDED = """
from IPython.terminal.embed import InteractiveShellEmbed
x = torch.ones(2**22)
{name} = InteractiveShellEmbed{instance}(user_ns={{'inner': x}})
"""


def test_a_variable_of_an_embedded_shell_is_named(fresh):
    fresh.run(EMBEDDED.format(name="shell", instance=""))
    assert set(named(fresh)) == {"x", "shell.user_ns['inner']"}
    answer = fresh.ask("clear", names=["x"])
    assert answer["clear"]["released"] == ["x"]
    ((name, (kind, line)),) = named(fresh).items()
    assert (name, kind) == ("shell.user_ns['inner']", "variable")
    fresh.run(line + ";")
    assert named(fresh) == {}


def test_a_shell_without_a_name_is_found(fresh):
    fresh.run(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell().user_ns['y'] = torch.ones(2**22)"
    )
    ((name, (kind, line)),) = named(fresh).items()
    assert (name, kind) == ("another shell 1.user_ns['y']", "variable")
    assert line.endswith(f"clear(release=[{name!r}])")
    fresh.ask("clear", release=[name])
    assert named(fresh) == {}


def test_outputs_of_another_shell_are_named(fresh):
    fresh.run(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "other = InteractiveShell()\n"
        "other.user_ns['torch'] = torch\n"
        "other.run_cell('torch.ones(2**22)', store_history=True);"
    )
    assert "other: Out[1]" in named(fresh)
    fresh.ask("clear", release=["other: Out[1]"])
    assert named(fresh) == {}


def test_while_another_shell_stands_in_for_the_kernels_its_variables_are_not_taken(fresh):
    fresh.run("x = torch.ones(2**22)")
    fresh.run(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "kept = get_ipython()\n"
        "InteractiveShell.clear_instance()\n"
        "from IPython.terminal.embed import InteractiveShellEmbed\n"
        "InteractiveShellEmbed.instance(user_ns={'x': torch.ones(2**21)})"
    )
    assert {"x", "another shell 1.user_ns['x']"} <= set(named(fresh))
    assert fresh.ask("clear", names=["x"])["clear"]["released"] == ["x"]
    assert fresh.value("'x' in globals()") is False
    assert set(named(fresh)) == {"another shell 1.user_ns['x']"}
    # A new agent finds the kernel's shell as well.
    fresh.silently("import jupyterlab_vram.frontend as f; f.stop()")
    assert fresh.attach()["kind"] == "attached"


def test_a_variable_for_the_shell_or_the_kernel_holds_nothing(fresh):
    fresh.run("ip = get_ipython(); kernel = ip.kernel; x = torch.ones(2**22)")
    assert set(named(fresh)) == {"x"}


def test_looking_for_shells_keeps_nothing_alive(fresh):
    fresh.run("import gc, weakref; gc.disable()")
    fresh.run("class Box: pass\nbox = Box(); alive = weakref.ref(box)")
    fresh.ask("holders", min_bytes=1)
    fresh.run("del box")
    assert fresh.value("alive() is None") is True
