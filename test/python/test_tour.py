"""The tour in examples/ runs from top to bottom, and what it says of the memory is true."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "gpu_memory_tour.ipynb"
MIB = 1 << 20
WEIGHTS_BYTES = 256 * MIB
#: What torch itself keeps: a cuBLAS workspace on a GPU, scratch memory on the CPU.
OWN_BYTES = 40 * MIB
GROWING_CELL = "grow"
GROWING_RUNS = 3

#: A cell that asks the agent as an open panel does, and binds no name.
PROBE = (
    "print(__import__('json').dumps(__import__('jupyterlab_vram.frontend').frontend"
    '.handle(\'{"op": "attach", "viewer": "test", "interval_ms": 250}\').payload))'
)


@dataclass(frozen=True)
class Step:
    """What one run of one cell of the tour printed and left."""

    output: str
    allocated: int
    reserved: int
    leaks: list[dict[str, Any]]


def read_tour() -> Any:
    return nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)


def probed(tour: Any) -> Any:
    """The tour with a probe behind each run of a cell."""
    cells = []
    for cell in tour.cells:
        if cell.cell_type == "code":
            runs = GROWING_RUNS if cell.id == GROWING_CELL else 1
            for run in range(runs):
                again = nbformat.v4.new_code_cell(cell.source, id=f"{cell.id}-{run}")
                cells += [again, nbformat.v4.new_code_cell(PROBE)]
    return nbformat.v4.new_notebook(cells=cells, metadata=tour.metadata)


def printed(cell: Any) -> str:
    outputs = [output for output in cell.outputs if output.get("name") == "stdout"]
    return "".join(output.text for output in outputs)


def step(cell: Any, probe: Any) -> Step:
    message = json.loads(printed(probe))
    devices = {device["id"]: device for device in message["reading"]["devices"]}
    device = devices.get("practice") or next(iter(devices.values()), None)
    allocated, reserved = (
        (device["allocated_bytes"], device["reserved_bytes"]) if device else (0, 0)
    )
    return Step(printed(cell), allocated, reserved, message["leaks"])


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """Every run of every cell, by the cell's id and the number of the run."""
    tour = probed(read_tour())
    folder = tmp_path_factory.mktemp("tour")
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        patch.setenv("IPYTHONDIR", str(folder))
        patch.delenv("JUPYTERLAB_VRAM_PRACTICE", raising=False)
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(tour, timeout=120, resources=resources).execute()
    pairs = zip(tour.cells[::2], tour.cells[1::2])
    return {cell.id: step(cell, probe) for cell, probe in pairs}


def test_tour_is_a_valid_notebook_for_any_python_kernel() -> None:
    tour = read_tour()
    nbformat.validate(tour)
    assert (tour.nbformat, tour.nbformat_minor) == (4, 5)
    assert tour.metadata.kernelspec.name == "python3"
    assert GROWING_CELL in [cell.id for cell in tour.cells]


def test_practice_auto_prints_a_device_or_why_there_is_none(steps: dict[str, Step]) -> None:
    text = steps["practice-0"].output
    table = re.search(r"^practice device .* 4\.00 GiB$", text, re.MULTILINE)
    assert table or "holds no GPU memory" in text


def test_model_takes_256_mib(steps: dict[str, Step]) -> None:
    taken = steps["load-0"].allocated - steps["device-0"].allocated
    assert taken == pytest.approx(WEIGHTS_BYTES, abs=8 * MIB)
    assert steps["load-0"].reserved >= steps["load-0"].allocated


def test_more_stays_of_the_run_than_its_result(steps: dict[str, Step]) -> None:
    kept = steps["run-0"].allocated - steps["load-0"].allocated
    change = re.search(r"\+([\d.]+) MiB", steps["run-0"].output)
    assert 8 * MIB < kept < 20 * MIB + OWN_BYTES
    assert change is not None
    assert float(change.group(1)) * MIB == pytest.approx(kept, abs=MIB)


def test_delete_frees_nothing_and_the_agent_says_so(steps: dict[str, Step]) -> None:
    assert steps["run-0"].leaks == []
    assert abs(steps["delete-0"].allocated - steps["run-0"].allocated) < MIB
    (leak,) = steps["delete-0"].leaks
    assert (leak["name"], leak["how"]) == ("model", "deleted")
    assert leak["held_bytes"] == pytest.approx(WEIGHTS_BYTES, abs=MIB)
    assert leak["alive_bytes"] == leak["held_bytes"]


def test_clear_gives_nothing_back_while_the_graph_lives(steps: dict[str, Step]) -> None:
    assert steps["clear-too-early-0"].allocated > WEIGHTS_BYTES
    assert steps["delete-0"].reserved - steps["clear-too-early-0"].reserved < OWN_BYTES
    assert "is still allocated" in steps["clear-too-early-0"].output
    assert [leak["name"] for leak in steps["clear-too-early-0"].leaks] == ["model"]


def test_printing_the_graph_keeps_nothing(steps: dict[str, Step]) -> None:
    assert "Backward" in steps["who-0"].output


def test_letting_go_frees_the_memory_into_the_cache(steps: dict[str, Step]) -> None:
    assert steps["who-0"].allocated - steps["let-go-0"].allocated > WEIGHTS_BYTES
    assert steps["let-go-0"].reserved == steps["who-0"].reserved
    assert steps["let-go-0"].leaks == []


def test_clear_gives_the_cache_back(steps: dict[str, Step]) -> None:
    returned = steps["let-go-0"].reserved - steps["clear-0"].reserved
    assert returned > WEIGHTS_BYTES
    assert "gave back" in steps["clear-0"].output
    assert steps["clear-0"].allocated < OWN_BYTES


def test_inference_mode_leaves_only_the_result(steps: dict[str, Step]) -> None:
    kept = steps["inference-0"].allocated - steps["load-again-0"].allocated
    assert kept == pytest.approx(4 * MIB, abs=MIB)
    assert re.search(r"\+4\.\d MiB", steps["inference-0"].output)


def test_without_a_graph_delete_frees_the_model(steps: dict[str, Step]) -> None:
    freed = steps["inference-0"].allocated - steps["delete-again-0"].allocated
    assert freed == pytest.approx(WEIGHTS_BYTES, abs=MIB)
    assert steps["delete-again-0"].leaks == []


def test_growing_cell_leaves_more_each_time(steps: dict[str, Step]) -> None:
    names = ["training-0"] + [f"{GROWING_CELL}-{run}" for run in range(GROWING_RUNS)]
    figures = [steps[name].allocated for name in names]
    grown = [after - before for before, after in zip(figures, figures[1:])]
    assert all(each > 100 * MIB for each in grown)


def test_numbers_instead_of_tensors_free_what_grew(steps: dict[str, Step]) -> None:
    grown = steps["grow-2"].allocated - steps["training-0"].allocated
    freed = steps["grow-2"].allocated - steps["fix-0"].allocated
    assert freed > 0.9 * grown
    assert steps["fix-0"].leaks == []


def test_tour_leaves_nothing_behind(steps: dict[str, Step]) -> None:
    assert steps["tidy-0"].allocated < OWN_BYTES
    assert steps["tidy-0"].reserved - steps["tidy-0"].allocated < OWN_BYTES
    assert steps["tidy-0"].leaks == []
