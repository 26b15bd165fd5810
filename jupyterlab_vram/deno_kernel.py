"""Starts the kernel of the control room: ``python -m jupyterlab_vram.deno_kernel FILE``.

Deno takes the place of this process, so that the Jupyter server stays its parent:
by that the room knows its server.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
from pathlib import Path
from typing import NoReturn

#: Names the program, for a Deno that is neither the package's nor on PATH.
VARIABLE = "JUPYTERLAB_VRAM_DENO"
#: Tells the room's cells where its code lies, so that they need no network.
ROOM_VARIABLE = "JUPYTERLAB_VRAM_ROOM"
MISSING = (
    'The control room needs Deno. Install it beside JupyterLab: pip install "jupyterlab-vram[deno]"'
)


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


def main(arguments: list[str]) -> NoReturn:
    """Become Deno's kernel for a connection file; exits with a sentence where there is none."""
    if len(arguments) != 1:
        sys.exit("usage: python -m jupyterlab_vram.deno_kernel CONNECTION_FILE")
    deno = find_deno()
    if deno is None:
        sys.exit(MISSING)
    command = [deno, "jupyter", "--kernel", "--conn", arguments[0]]
    room = find_room()
    environment = {**os.environ, **({} if room is None else {ROOM_VARIABLE: room})}
    try:
        os.execve(deno, command, environment)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.exit(f"{deno} can't be started: {error.strerror}. {MISSING}")


if __name__ == "__main__":
    main(sys.argv[1:])
