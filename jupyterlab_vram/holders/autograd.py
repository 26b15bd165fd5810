"""What an autograd graph keeps alive: much of it has no Python object.

A loss or an output that is kept holds, through its graph, every parameter and
every activation that its gradient would need. Nothing is unpacked and no hook
runs: a saved tensor is read as it was saved.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Any

from jupyterlab_vram.classes import attributes_of_class, bases_of, share
from jupyterlab_vram.devices import torch_private
from jupyterlab_vram.devices.torch_access import loaded_torch

#: Names of what a node of one class saved, by the identity of the class.
_SavedNames = dict[int, list[str]]


class GraphReader:
    """Follows autograd nodes to what they keep."""

    def __init__(self) -> None:
        """Find out what this torch can tell."""
        torch = loaded_torch()
        #: The base of nodes that are written in Python, whose attributes may be anybody's.
        self._python_base: Any = None if torch is None else torch_private.function_base(torch)
        self._names: _SavedNames = {}

    def kept(self, node: Any, seen: dict[int, Any]) -> list[Any]:
        """Return what the graph behind ``node`` keeps: tensors, hooks, contexts of functions.

        Args:
            node: the ``grad_fn`` of a tensor.
            seen: the nodes that were followed before, by identity; grows.
        """
        found: list[Any] = []
        pending = [node]
        while pending:
            node = pending.pop()
            if node is None or id(node) in seen:
                continue
            seen[id(node)] = node
            try:
                pending += self._next(node)
                found += self._saved(node)
                # Hooks; for functions written in Python, what they keep in their context.
                found += gc.get_referents(node)
            except Exception:  # noqa: S112 - a node that can't be read is skipped
                continue
        return found

    def _next(self, node: Any) -> list[Any]:
        base = self._python_base
        if share(bases_of(type(node)), (base,)):
            return [each for each, _ in base.next_functions.__get__(node)]
        return [each for each, _ in node.next_functions]

    def _saved(self, node: Any) -> list[Any]:
        base = self._python_base
        if share(bases_of(type(node)), (base,)):
            return _contents(torch_private.raw_saved_by(node, base))
        found: list[Any] = []
        for name in self._names_of(type(node)):
            # Of what one node saved, each thing may be unreadable for itself.
            with suppress(Exception):
                found += [node.variable] if name == "variable" else _contents(getattr(node, name))
        return found

    def _names_of(self, cls: type) -> list[str]:
        names = self._names.get(id(cls))
        if names is None:
            every = {name for base in bases_of(cls) for name in attributes_of_class(base)}
            names = [
                name
                for name in every
                if name.startswith(torch_private.RAW_SAVED) or name == "variable"
            ]
            self._names[id(cls)] = names
        return names


def _contents(raw: Any) -> list[Any]:
    """Return what saved tensors hold, as it was packed."""
    found = []
    for each in raw if isinstance(raw, (tuple, list)) else (raw,):
        try:
            value = each.data
        except Exception:  # noqa: S112 - freed by a backward pass
            continue
        if value is not None:
            found.append(value)
    return found
