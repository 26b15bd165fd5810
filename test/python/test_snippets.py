"""The cells that the front end inserts, run in a real kernel as they are."""

import json
import shutil
import subprocess

import pytest
from kernels import ROOT

PRINT = """
import {{ allSnippets }} from '{source}';
const kinds = ['cuda', 'hip', 'xpu', 'mps', 'practice'] as const;
console.log(JSON.stringify(Object.fromEntries(kinds.map(kind => [kind, allSnippets(kind)]))));
"""
CELLS = ["check-memory", "clear-memory", "memory-summary", "verify-after-load", "vram-cell"]
#: These ask an Apple GPU without looking for it first: they are offered only where there is one.
NEEDS_DEVICE = [("mps", "clear-memory"), ("mps", "memory-summary")]


VARIABLES = """{
    name: repr(globals()[name])
    for name in globals()
    # Without IPython's own, such as _ and _i7.
    if name.strip("_i0123456789") not in ("", "In", "Out", "oh", "h", "dh")
}"""


@pytest.fixture(scope="module")
def snippets():
    deno = ROOT / "node_modules" / ".bin" / "deno"
    command = str(deno) if deno.exists() else shutil.which("deno")
    if command is None:
        pytest.skip("needs the packages of package.json")
    code = PRINT.format(source=(ROOT / "src" / "core" / "cells" / "snippets.ts").as_uri())
    flags = ["--no-lock", "--no-config", "--no-remote", "--unstable-sloppy-imports", "--ext=ts"]
    done = subprocess.run(  # noqa: S603 - our own code
        [command, "eval", *flags, code], capture_output=True, text=True, check=True
    )
    return {
        kind: {each["id"]: each["code"] for each in found}
        for kind, found in json.loads(done.stdout).items()
    }


def test_there_is_a_test_for_every_cell(snippets):
    assert [*snippets] == ["cuda", "hip", "xpu", "mps", "practice"]
    assert all([*found] == CELLS for found in snippets.values())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("cuda", "hip", "xpu", "mps", "practice")
        for name in CELLS
        if (kind, name) not in NEEDS_DEVICE
    ],
)
def test_a_cell_runs_and_leaves_no_name(kernel, snippets, kind, name):
    kernel.run("%load_ext jupyterlab_vram")
    # A person's own variables are left alone, whatever they are called.
    kernel.run("show = device = gc = i = output = generate = 'mine'; del torch")
    before = kernel.value(VARIABLES)
    outcome = kernel.run(snippets[kind][name])
    assert outcome.reply["status"] == "ok", outcome.reply
    assert outcome.text
    assert kernel.value(VARIABLES) == before
    assert kernel.value("__import__('torch').cuda._initialized") is False


def test_clear_gives_back_the_practice_cache(kernel, snippets):
    kernel.run("x = torch.ones(2**22); time.sleep(0.3)")
    kernel.run("cycle = [x]; cycle.append(cycle); gc.disable(); del x, cycle")
    outcome = kernel.run(snippets["practice"]["clear-memory"])
    before, after = outcome.text.splitlines()
    assert before.startswith("practice before: allocated 0.0")
    assert before != after.replace("after", "before")
    device = outcome.push["reading"]["devices"][0]
    assert device["reserved_bytes"] == device["allocated_bytes"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("model = nn.Linear(4, 2)", "Inference succeeded: torch.Size([1, 2])"),
        (
            "class model:\n    def generate(ids, max_new_tokens): return [ids, max_new_tokens]",
            "Inference succeeded: list",
        ),
    ],
    ids=["call", "generate"],
)
def test_verify_runs_the_model(kernel, snippets, model, said):
    kernel.run(f"{model}\ninput_ids = torch.ones(1, 4)")
    outcome = kernel.run(snippets["practice"]["verify-after-load"])
    assert said in outcome.text.splitlines()
