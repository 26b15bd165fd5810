import contextlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import jupyter_client
import pytest

from jupyterlab_vram import deno_kernel

ROOT = Path(__file__).parents[2]
INSTALL = 'pip install "jupyterlab-vram[deno]"'


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
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "$$ $@"\necho "$JUPYTERLAB_VRAM_ROOM"\n'
    )
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


@pytest.fixture
def room(tmp_path, monkeypatch):
    """The room's code, as the package installs it."""
    file = tmp_path / "share" / "jupyter" / "jupyterlab-vram" / "room" / "room.mjs"
    file.parent.mkdir(parents=True)
    file.write_text("")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return file


def test_the_room_is_found_on_this_machine(room):
    assert deno_kernel.find_room() == room.as_uri()


@pytest.fixture
def broken(tmp_path):
    """A Deno that can't run on this machine."""
    program = tmp_path / "deno"
    program.write_text("#!/bin/sh\necho 'GLIBC_2.99 not found' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@contextlib.contextmanager
def kernel_with(deno, tmp_path):
    """A client of the kernel that stands in for ``deno``."""
    connection_file = str(tmp_path / "k.json")
    jupyter_client.connect.write_connection_file(connection_file)
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "jupyterlab_vram.deno_kernel", connection_file],
        env={**os.environ, "PYTHONPATH": str(ROOT), deno_kernel.VARIABLE: deno},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        client = jupyter_client.BlockingKernelClient(connection_file=connection_file)
        client.load_connection_file()
        client.start_channels()
        try:
            yield client
        finally:
            client.stop_channels()
            process.kill()
        assert INSTALL in process.stderr.read()


def reply_to(client, message_id):
    """The reply to one request; the kernel may still answer others."""
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"]["msg_id"] == message_id:
            return reply["content"]


def test_without_deno_each_cell_says_what_to_do(tmp_path):
    with kernel_with(str(tmp_path / "none"), tmp_path) as client:
        info = reply_to(client, client.kernel_info())
        assert info["implementation"] == deno_kernel.STAND_IN
        assert info["language_info"]["name"] == "typescript"
        for _ in range(2):
            reply = reply_to(client, client.execute("await room.show()"))
            assert reply["status"] == "error"
            assert INSTALL in reply["evalue"]
        while True:
            message = client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "error":
                break
        assert INSTALL in message["content"]["traceback"][0]


def test_a_deno_that_cannot_run_is_told_of_with_its_own_words(tmp_path, broken):
    with kernel_with(broken, tmp_path) as client:
        reply = reply_to(client, client.execute("1"))
        assert "GLIBC_2.99 not found" in reply["evalue"]


def test_the_configuration_maps_the_package_to_this_machine(room, capsys):
    deno_kernel.main(["--config"])
    assert json.loads(capsys.readouterr().out) == {"imports": {deno_kernel.PACKAGE: room.as_uri()}}


def test_without_a_connection_file_it_says_how_to_use_it():
    assert "usage:" in start().stderr
