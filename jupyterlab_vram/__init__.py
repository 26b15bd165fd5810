"""Where this kernel's GPU memory went, and the way to get it back.

Importing the package imports neither torch nor IPython.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .devices import driver, practice
from .devices.readings import take_reading
from .errors import RefusedError
from .holders.clear import ClearRefusedError, ClearReport, clear
from .holders.holders import holders
from .holders.result import Holder
from .host.current import current_host
from .processes.listing import GpuProcess, processes
from .version import __version__

if TYPE_CHECKING:
    from . import wire_types as wire

__all__ = [
    "ClearRefusedError",
    "ClearReport",
    "GpuProcess",
    "Holder",
    "RefusedError",
    "__version__",
    "clear",
    "holders",
    "load_ipython_extension",
    "practice",
    "processes",
    "reading",
    "unload_ipython_extension",
]


def reading() -> wire.Reading:
    """Take one reading of every device, the driver's figure for this process included.

    Returns:
        A JSON-serialisable dictionary; see ``docs/wire-format.md``. All figures
        are in bytes, and None means unknown.
    """
    driver.refresh()
    return take_reading(unsupported=current_host().probe())


def load_ipython_extension(shell: Any) -> None:
    """Register the magics: ``%load_ext jupyterlab_vram``."""
    from .magics.magics import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Remove the magics: ``%unload_ext jupyterlab_vram``."""
    from .magics.magics import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "../labextension/build", "dest": "jupyterlab-vram"}]


practice.switch_on_if_asked()
