"""Notebooks as people write them: a release gives back what was shown before, to a MiB.

``python test/python/test_notebooks.py`` prints all of them as a table.
"""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "leaks"))

from kernels import ROOT, Kernel
from notebooks import NOTEBOOKS
from wire import checked_release_preview

MIB = 2**20
CASES = [(notebook, choice) for notebook in NOTEBOOKS for choice in notebook.choices]
#: Holders of the test before that the kernel does not forget by itself.
CLEAN = """
import gc, sys, jupyterlab_vram
gc.enable()
if "ipywidgets" in sys.modules: sys.modules["ipywidgets"].Widget.close_all()
jupyterlab_vram.clear(release=["all"])
"""


def can_run(notebook):
    return all(importlib.util.find_spec(need) is not None for need in notebook.needs)


def examine(kernel, notebook, choice):
    """Run a notebook, release some holders; returns what was shown and what came back."""
    kernel.silently(CLEAN)
    kernel.forget()
    kernel.silently("gc.unfreeze()")
    for cell in notebook.cells:
        number = kernel.run(cell).reply["execution_count"]
    names = [name.replace("[N]", f"[{number}]") for name in choice if name[0] != "*"]
    groups = [name[1:] for name in choice if name[0] == "*"]
    answer = kernel.ask("release_preview", names=names, groups=groups)
    assert answer["kind"] == "answered", answer["reason"]
    shown = checked_release_preview(answer["answer"])
    (device,) = shown["devices"]
    cleared = kernel.ask("clear", shown=shown["token"])
    assert cleared["kind"] == "cleared", cleared["reason"]
    (counters,) = cleared["clear"]["devices"]
    came_back = counters["before_allocated_bytes"] - counters["after_allocated_bytes"]
    return shown, device, came_back


@pytest.mark.parametrize(
    ("notebook", "choice"), CASES, ids=[f"{each.name}: {', '.join(of)}" for each, of in CASES]
)
def test_what_was_shown_comes_back(torch_kernel, notebook, choice):
    if not can_run(notebook):
        pytest.skip(f"needs {', '.join(notebook.needs)}")
    _, device, came_back = examine(torch_kernel, notebook, choice)
    promised = device["frees_bytes"] + device["collected_bytes"]
    assert abs(promised - came_back) <= MIB


def main():
    more = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kernel = Kernel(Path(tempfile.mkdtemp()), path=[ROOT, *filter(None, more)])
    kernel.run("import torch")
    kernel.attach(practice=True)
    # The clock of a loaded machine must not decide.
    kernel.silently("from jupyterlab_vram.holders import preview as p; p.SEARCH_S = 60.0")
    say = sys.stdout.write
    say("| Notebook | Released | Shown | Came back | Stays |\n|---|---|---|---|---|\n")
    try:
        for notebook, choice in CASES:
            if can_run(notebook):
                shown, device, came_back = examine(kernel, notebook, choice)
                promised = device["frees_bytes"] + device["collected_bytes"]
                stays = device["stays_bytes"] / MIB
                kept = f"{stays:.1f} ({', '.join(shown['kept_by'])})" if stays else "0"
                figures = f"{promised / MIB:.2f} | {came_back / MIB:.2f} | {kept}"
                say(f"| {notebook.name} | {', '.join(choice)} | {figures} |\n")
                sys.stdout.flush()
    finally:
        kernel.stop()


if __name__ == "__main__":
    main()
