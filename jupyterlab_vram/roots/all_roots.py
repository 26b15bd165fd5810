"""Everything by which a kernel holds objects on a person's behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .interpreter import interpreter_roots
from .outputs import hidden_roots, output_roots
from .running import frame_roots, task_roots
from .shells import other_shell_roots
from .tracebacks import Tracebacks

if TYPE_CHECKING:
    from .root import Root
    from .variables import Namespace


def every_root(namespace: Namespace) -> list[Root]:
    """List the roots of this process, those first that are likely to hold much."""
    host = namespace.host
    found, others = namespace.variable_roots()
    found += [*output_roots(host), *hidden_roots(host)]
    found += other_shell_roots(host)
    found += Tracebacks(host).roots()
    found += frame_roots()
    found += task_roots(host)
    found += others
    found += namespace.module_roots()
    found += namespace.garbage_roots()
    found += interpreter_roots()
    return found
