import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_vram import deno_kernel

ROOT = Path(__file__).parents[2]


def start(*arguments, **variables):
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "jupyterlab_vram.deno_kernel", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def deno(tmp_path):
    """A program that says with what it was started, as which process, and where the room is."""
    program = tmp_path / "deno"
    program.write_text('#!/bin/sh\necho "$$ $@"\necho "$JUPYTERLAB_VRAM_ROOM"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_the_kernelspec_starts_this_module():
    spec = json.loads((ROOT / "kernelspec" / "kernel.json").read_text())
    assert spec["argv"] == ["python", "-m", deno_kernel.__name__, "{connection_file}"]
    assert spec["language"] == "typescript"


def test_deno_takes_the_place_of_the_process(deno):
    with subprocess.Popen(
        [sys.executable, "-m", "jupyterlab_vram.deno_kernel", "/tmp/k.json"],  # noqa: S108
        env={**os.environ, "PYTHONPATH": str(ROOT), deno_kernel.VARIABLE: deno},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        out, _ = process.communicate(timeout=30)
    assert out.splitlines()[0] == f"{process.pid} jupyter --kernel --conn /tmp/k.json"


def test_the_room_is_found_on_this_machine(tmp_path, monkeypatch):
    file = tmp_path / "share" / "jupyter" / "jupyterlab-vram" / "room" / "room.mjs"
    file.parent.mkdir(parents=True)
    file.write_text("")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert deno_kernel.find_room() == file.as_uri()


def test_without_deno_it_says_what_to_do(tmp_path):
    missing = str(tmp_path / "none")
    ended = start("/tmp/k.json", **{deno_kernel.VARIABLE: missing})  # noqa: S108
    assert ended.returncode == 1
    assert 'pip install "jupyterlab-vram[deno]"' in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_connection_file_it_says_how_to_use_it():
    assert "usage:" in start().stderr
