"""A notebook that is executed without a front end keeps no trace of readings."""

import json
import os
import subprocess
import sys

import nbformat
from kernels import ROOT
from wire import MIME_TYPE

CELLS = [
    "x = None",
    "%load_ext jupyterlab_vram\n%vram practice on",
    "1 + 1",
    "%%vram\nx = bytearray(2**22)",
    "%vram_clear",
    "import time; time.sleep(0.6)",
    "_",
]

#: What an open panel would do, from inside the kernel.
ATTACH = (
    "__import__('jupyterlab_vram.frontend').frontend.handle("
    '\'{"op": "attach", "viewer": "x"}\'); None'
)


def execute(folder, cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    path = folder / "notebook.ipynb"
    nbformat.write(notebook, path)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "IPYTHONDIR": str(folder),
    }
    done = subprocess.run(  # noqa: S603 - our own notebook
        [sys.executable, "-m", "jupyter", "execute", "--inplace", str(path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return nbformat.read(path, as_version=4), path.read_text(encoding="utf-8")


def kinds(cell):
    return [
        (each.output_type, *sorted(each.get("data", {})))
        for each in cell.outputs
        if each.get("name") != "stderr"
    ]


def test_outputs_and_counts_are_those_of_the_cells_alone(tmp_path):
    notebook, text = execute(tmp_path, [*CELLS[:3], ATTACH, *CELLS[3:]])
    counts = [cell.execution_count for cell in notebook.cells]
    assert counts == list(range(1, len(counts) + 1))
    assert MIME_TYPE not in text
    assert "jupyterlab-vram" not in text
    shown = [kinds(cell) for cell in notebook.cells]
    assert shown == [
        [],
        [("stream",)],
        [("execute_result", "text/plain")],
        [],
        [("stream",)],
        [("stream",)],
        [],
        [("execute_result", "text/plain")],
    ]
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "2"
    assert "practice device" in notebook.cells[4].outputs[0].text
    assert json.loads(text)["metadata"].keys() <= {"kernelspec", "language_info"}
