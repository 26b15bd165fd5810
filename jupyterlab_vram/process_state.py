"""What there is one of in a process, whatever happens to the modules.

A person may reload modules, delete them from ``sys.modules`` or import them a
second time, with an agent at work. So what belongs to the process, and not to
one copy of this package, is kept in the process itself.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, TypeVar

from .version import __version__

T = TypeVar("T")

#: The attribute of ``sys``; by version, since another one may keep something else.
PLACE = "_jupyterlab_vram"


def process_wide(name: str, make: Callable[[], T]) -> T:
    """Return what this process has under ``name``; it is made where it is missing."""
    versions: dict[str, dict[str, Any]] = vars(sys).setdefault(PLACE, {})
    # In one step: two threads may import two copies at once.
    found: T = versions.setdefault(__version__, {}).setdefault(name, make())
    return found


def of_all_versions(name: str) -> list[Any]:
    """Return what every version of this package has under ``name`` in this process."""
    versions: dict[str, dict[str, Any]] = vars(sys).get(PLACE, {})
    return [each[name] for each in list(versions.values()) if name in each]
