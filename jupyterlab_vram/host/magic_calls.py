"""What IPython makes of a magic in a cell's code: a call of a method, by known names."""

from __future__ import annotations

import ast
import re
from typing import Any

_LINE, _CELL = "run_line_magic", "run_cell_magic"
#: Magics that run code as Python in the person's namespace.
_CODE_MAGICS = ("vram", "time", "capture", "prun")
#: Magics after which any name may be gone.
_RESET_MAGICS = ("reset", "reset_selective", "run")
_DELETE_MAGIC = "xdel"

_ESCAPE = re.compile(r"\\N\{[^}]*\}|\\[^\r\n]")


def python_of_magic(node: ast.AST) -> str | None:
    """Return the code in a call such as ``run_cell_magic("time", "", code)``, if it is Python."""
    arguments = _arguments(node, _CELL) or _arguments(node, _LINE)
    if not arguments or arguments[0] not in _CODE_MAGICS:
        return None
    # What an escape stands for matters to no name, and an unknown one would warn.
    return _ESCAPE.sub("__", str(arguments[-1]))


def names_deleted_by_magic(node: ast.AST) -> list[str]:
    """Return the names that a call which ``%xdel name`` became deletes."""
    arguments = [str(each) for each in _arguments(node, _LINE)]
    # The name is the last word; options come before it.
    return arguments[-1].split()[-1:] if arguments[:1] == [_DELETE_MAGIC] else []


def is_reset_magic(node: ast.AST) -> bool:
    """Whether a node is a call that ``%reset`` or one of its kin became."""
    arguments = _arguments(node, _LINE)
    return bool(arguments) and str(arguments[0]) in _RESET_MAGICS


def _arguments(node: ast.AST, method: str) -> list[Any]:
    """The constant arguments of a call of ``get_ipython().<method>``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return []
    if node.func.attr != method:
        return []
    return [each.value for each in node.args if isinstance(each, ast.Constant)]
