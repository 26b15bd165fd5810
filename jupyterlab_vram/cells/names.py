"""What a cell's code does to names, read from its syntax before it runs."""

from __future__ import annotations

import ast
from typing import NamedTuple

from jupyterlab_vram.host.magic_calls import (
    is_reset_magic,
    names_deleted_by_magic,
    python_of_magic,
)


class CellNames(NamedTuple):
    """The names a cell's top-level code may remove, and all it mentions."""

    deleted: frozenset[str]
    assigned: frozenset[str]
    mentioned: frozenset[str]
    #: ``%reset`` and its kin: any name may go.
    resets: bool


_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def cell_names(tree: ast.AST) -> CellNames:
    """Read a cell's syntax tree, its magics already made calls by the host.

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
    """The syntax tree of the code that a magic runs as Python."""
    code = python_of_magic(node)
    try:
        return [] if code is None else [ast.parse(code)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


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
            self._deleted.update(names_deleted_by_magic(node))
            self._resets = self._resets or is_reset_magic(node)
