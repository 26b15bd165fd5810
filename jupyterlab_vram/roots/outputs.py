"""What IPython keeps because a cell showed it: ``Out[7]``, ``_7``, ``_``, and copies of its own."""

from __future__ import annotations

import gc
from typing import Any

from .root import Root, clear_line

_LATEST = ("_", "__", "___")
_NOTE = "IPython keeps what a cell shows, in several places; this lets go of all of them."


class Outputs:
    """The values that IPython keeps because a cell showed them."""

    def __init__(self, shell: Any) -> None:
        """Look at ``shell``."""
        self._shell = shell
        self._hook = shell.displayhook
        #: Where each value is kept, by its identity: its names, and the value.
        self._places: dict[int, tuple[list[str], Any]] = {}
        for number, value in reversed(list(self._history().items())):
            self._note(f"Out[{number}]", value)
        for name, value in list(shell.user_ns.items()):
            if is_output_name(shell, name, value):
                self._note(name, value)
        for name in _LATEST:
            self._note(f"displayhook.{name}", getattr(self._hook, name, None))
        for name, value in list(shell.user_ns_hidden.items()):
            if is_output_name(shell, name, value):
                self._note(f"user_ns_hidden[{name!r}]", value)
        self._note("last_execution_result", _result(shell))

    def roots(self) -> list[Root]:
        """One root for each value, named as a person would look it up."""
        found = []
        for places, value in self._places.values():
            name = places[0]
            kind = "output" if name.startswith("Out[") else "display"

            def let_go(value: Any = value) -> None:
                self._forget(value)

            values = [(name, value)]
            root = Root(name, kind, values, clear_line(name), _NOTE, let_go, is_in_table=True)
            root.cleared_as = name
            found.append(root)
        return found

    def _history(self) -> dict[Any, Any]:
        history = self._shell.user_ns.get("_oh", self._shell.history_manager.output_hist)
        return history if type(history) is dict else {}

    def _note(self, place: str, value: Any) -> None:
        if gc.is_tracked(value):
            self._places.setdefault(id(value), ([], value))[0].append(place)

    def _forget(self, value: Any) -> None:
        """Let go of one value, wherever it is kept."""
        shell = self._shell
        for number, kept in list(self._history().items()):
            if kept is value:
                del self._history()[number]
        for names in (shell.user_ns, shell.user_ns_hidden):
            for name, kept in list(names.items()):
                if kept is value and is_output_name(shell, name, kept):
                    _replace(names, name)
        for name in _LATEST:
            if getattr(self._hook, name, None) is value:
                # As before the first output.
                setattr(self._hook, name, "")
        if _result(shell) is value:
            shell.last_execution_result.result = None


def hidden_roots(shell: Any) -> list[Root]:
    """Names that were pushed into the namespace out of sight, and are kept there twice."""
    found = []
    for name, value in list(shell.user_ns_hidden.items()):
        if type(name) is not str or name.startswith("_") or not gc.is_tracked(value):
            continue
        label = f"user_ns_hidden[{name!r}]"
        line = f"del get_ipython().user_ns_hidden[{name!r}]"

        def let_go(name: str = name) -> None:
            shell.user_ns_hidden.pop(name, None)

        values = [(label, value)]
        found.append(Root(label, "display", values, line, None, let_go, is_in_table=True))
    return found


def output_tables(shell: Any) -> list[dict[Any, Any]]:
    """Return the tables in which IPython keeps what cells showed and what was pushed."""
    found: list[dict[Any, Any]] = [shell.user_ns_hidden, shell.history_manager.output_hist]
    found += [vars(shell.displayhook), vars(getattr(shell, "last_execution_result", None) or shell)]
    history = shell.user_ns.get("_oh")
    return [*found, history] if type(history) is dict else found


def is_output_name(shell: Any, name: Any, value: Any) -> bool:
    """Whether IPython, and not the person, bound ``name``: ``_``, ``__``, ``___``, ``_7``."""
    if type(name) is not str or not name.startswith("_"):
        return False
    if name in _LATEST:
        hidden, shown = shell.user_ns_hidden.get(name), getattr(shell.displayhook, name, None)
        return hidden is value or shown is value
    return name[1:].isdecimal()


def _result(shell: Any) -> Any:
    return getattr(getattr(shell, "last_execution_result", None), "result", None)


def _replace(names: dict[str, Any], name: str) -> None:
    if name in _LATEST:
        names[name] = ""
    else:
        names.pop(name, None)
