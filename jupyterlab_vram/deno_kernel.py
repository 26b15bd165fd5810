"""Starts the kernel of the control room: ``python -m jupyterlab_vram.deno_kernel FILE``.

Deno takes the place of this process, so that the Jupyter server stays its parent:
by that the room knows its server. Where Deno can't be started, a kernel stands in that says so.

``python -m jupyterlab_vram.deno_kernel --config`` prints a ``deno.json`` by which Deno finds
the room on this machine under the name of its npm package.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

#: Names the program, for a Deno that is neither the package's nor on PATH.
VARIABLE = "JUPYTERLAB_VRAM_DENO"
#: Tells the room's cells where its code lies, so that they need no network.
ROOM_VARIABLE = "JUPYTERLAB_VRAM_ROOM"
#: The name by which scripts and cells import the room.
PACKAGE = "npm:jupyterlab-vram/deno"
MISSING = (
    "The control room needs Deno. Install it beside JupyterLab, then restart this kernel: "
    'pip install "jupyterlab-vram[deno]"'
)
VERSION_TIMEOUT_S = 20
#: The front end knows by this that a kernel stands in for Deno (``src/plugins/room.ts``).
STAND_IN = "vram-room-without-deno"
LANGUAGE = {"name": "typescript", "mimetype": "text/x.typescript", "file_extension": ".ts"}


def find_deno() -> str | None:
    """Return the path of Deno: the one that is named, the package's, or that on PATH."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    try:
        from deno import find_deno_bin
    except ImportError:
        return shutil.which("deno")
    return str(find_deno_bin())


def find_room() -> str | None:
    """Return the address of the room's code on this machine, or None."""
    share = Path("share", "jupyter", "jupyterlab-vram", "room")
    checkout = Path(__file__).parents[1] / "lib" / "room"
    user = site.getuserbase()
    for folder in (Path(sys.prefix) / share, Path(user) / share, checkout):
        file = folder / "room.mjs"
        if file.is_file():
            return file.as_uri()
    return None


def why_not(deno: str | None) -> str | None:
    """Return why Deno can't be started, None if it can."""
    if deno is None:
        return MISSING
    try:
        tried = subprocess.run(  # noqa: S603 - the program that is to be started
            [deno, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"{deno} can't be started: {error}. {MISSING}"
    if tried.returncode != 0:
        said = tried.stderr.strip()[-500:]
        return f"{deno} ends with code {tried.returncode}: {said or 'it says nothing'}. {MISSING}"
    return None


def config() -> str:
    """Return the text of a ``deno.json`` by which Deno finds the room on this machine."""
    room = find_room()
    if room is None:
        sys.exit("The room's code is not on this machine: install jupyterlab-vram from a wheel.")
    return json.dumps({"imports": {PACKAGE: room}}, indent=2)


def main(arguments: list[str]) -> None:
    """Become the kernel for a connection file, or print the configuration of Deno."""
    if arguments == ["--config"]:
        sys.stdout.write(f"{config()}\n")
    elif len(arguments) == 1:
        start(arguments[0])
    else:
        sys.exit("usage: python -m jupyterlab_vram.deno_kernel CONNECTION_FILE | --config")


def start(connection_file: str) -> None:
    """Become Deno's kernel, or one that says why there is none."""
    deno = find_deno()
    reason = why_not(deno)
    if deno is not None and reason is None:
        become(deno, connection_file)
    # For the server's log.
    sys.stderr.write(f"{reason}\n")
    try:
        stand_in(connection_file, reason or MISSING)
    except ImportError:
        sys.exit(1)


def become(deno: str, connection_file: str) -> NoReturn:
    """Let Deno take the place of this process."""
    room = find_room()
    environment = {**os.environ, **({} if room is None else {ROOM_VARIABLE: room})}
    command = [deno, "jupyter", "--kernel", "--conn", connection_file]
    os.execve(deno, command, environment)  # noqa: S606 - no shell is wanted


def stand_in(connection_file: str, reason: str) -> None:
    """Be a kernel that runs nothing and says why, until the server ends this process.

    A kernel that ends at its start is started again five times, and its reason is only in the
    server's log.

    Raises:
        ImportError: where ipykernel is missing.
    """
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.kernelbase import Kernel

    error = {"ename": "DenoMissing", "evalue": reason, "traceback": [reason]}

    async def do_execute(
        self: Any, code: str, silent: bool, *_others: Any, **_options: Any
    ) -> dict[str, Any]:
        del code
        if not silent:
            self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", "execution_count": self.execution_count, **error}

    facts = {
        "implementation": STAND_IN,
        "implementation_version": "1",
        "banner": reason,
        "language_info": LANGUAGE,
        "do_execute": do_execute,
    }
    kernel_class = type("WithoutDeno", (Kernel,), facts)
    IPKernelApp.launch_instance(kernel_class=kernel_class, argv=["-f", connection_file])


if __name__ == "__main__":
    main(sys.argv[1:])
