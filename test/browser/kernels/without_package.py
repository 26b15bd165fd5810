"""An ipykernel whose environment lacks jupyterlab_vram, wherever this Python has it."""

from __future__ import annotations

import sys
from typing import Any

from ipykernel.kernelapp import launch_new_instance


class Absent:
    """Finds every package but one."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "jupyterlab_vram":
            raise ModuleNotFoundError("No module named %r" % name, name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, Absent)
    launch_new_instance()
