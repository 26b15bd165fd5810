"""What a cell's code does to names, read from its syntax before it runs."""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple


class CellNames(NamedTuple):
    """The names a cell's top-level code may remove, and all it mentions."""

    deleted: frozenset[str]
    assigned: frozenset[str]
    mentioned: frozenset[str]
    #: ``%reset`` and its kin: any name may go.
    resets: bool


#: Magics that run code as Python in the person's namespace.
_CODE_MAGICS = ("vram", "time", "capture", "prun")
_RESET_MAGICS = ("reset", "reset_selective", "run")

_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

_ESCAPE = re.compile(r"\\N\{[^}]*\}|\\[^\r\n]")


def cell_names(tree: ast.AST) -> CellNames:
    """Read a cell's syntax tree, its magics already made calls by IPython.

    Bodies of functions, lambdas and classes have scopes of their own and are
    left out.
    """
    pending = [tree]
    reader = _Reader()
    while pending:
        node = pending.pop()
        reader.read(node)
        if not isinstance(node, _OWN_SCOPE):
            pending.extend(ast.iter_child_nodes(node))
        pending.extend(_code_of_magic(node))
    return reader.names()


def _code_of_magic(node: ast.AST) -> list[ast.AST]:
    """The code in a call such as ``run_cell_magic("time", "", code)``, if it is Python."""
    arguments = _arguments(node, "run_cell_magic") or _arguments(node, "run_line_magic")
    if not arguments or arguments[0] not in _CODE_MAGICS:
        return []
    # What an escape stands for matters to no name, and an unknown one would warn.
    code = _ESCAPE.sub("__", str(arguments[-1]))
    try:
        return [ast.parse(code)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _arguments(node: ast.AST, method: str) -> list[Any]:
    """The constant arguments of a call of ``get_ipython().<method>``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return []
    if node.func.attr != method:
        return []
    return [each.value for each in node.args if isinstance(each, ast.Constant)]


class _Reader:
    def __init__(self) -> None:
        self._deleted: set[str] = set()
        self._assigned: set[str] = set()
        self._mentioned: set[str] = set()
        self._resets = False

    def names(self) -> CellNames:
        return CellNames(
            frozenset(self._deleted),
            frozenset(self._assigned),
            frozenset(self._mentioned | self._deleted | self._assigned),
            self._resets,
        )

    def read(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            target = {ast.Del: self._deleted, ast.Store: self._assigned}
            target.get(type(node.ctx), self._mentioned).add(node.id)
        elif isinstance(node, ast.alias):
            self._assigned.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            # `except Error as name` deletes the name when it is done.
            self._deleted.add(node.name)
        elif isinstance(getattr(node, "name", None), str):
            # A function, a class, or what `case ... as name` captures.
            self._assigned.add(node.name)  # type: ignore[attr-defined]
        else:
            self._read_magic(node)

    def _read_magic(self, node: ast.AST) -> None:
        """Recognise the calls that ``%xdel name`` and ``%reset`` become."""
        arguments = [str(each) for each in _arguments(node, "run_line_magic")]
        if arguments[:1] == ["xdel"]:
            # The name is the last word; options come before it.
            self._deleted.update(arguments[-1].split()[-1:])
        elif arguments and arguments[0] in _RESET_MAGICS:
            self._resets = True
