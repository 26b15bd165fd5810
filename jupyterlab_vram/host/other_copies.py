"""Agents of other copies of this package: found by what they left in the process, and ended."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.process_state import of_all_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .interface import Host

_PACKAGE = __name__.partition(".")[0]
_THREADS = ("jupyterlab-vram", "jupyterlab-vram-processes")
#: How an agent is ended, by itself or by one of its parts.
_ENDINGS = ("close", "stop")


def end_others(host: Host) -> None:
    """End every agent but one that this copy is about to make; leaves no hook and no thread."""
    for each in of_all_versions("host"):
        with suppress(Exception):
            each.frontend.stop()
    for event, hook in list(_hooks(host)):
        with suppress(Exception):
            _end_owner(hook)
        with suppress(ValueError):
            host.remove_hook(event, hook)
    for thread in threading.enumerate():
        if thread.name in _THREADS:
            # Only what it runs knows how to end it.
            with suppress(Exception):
                vars(thread)["_target"].__self__.stop()


def drop_twins(host: Host, hook: Callable[..., Any]) -> None:
    """Unregister what other copies of this package registered in place of a function."""
    for event, each in list(_hooks(host)):
        if getattr(each, "__qualname__", "") == hook.__name__:
            host.remove_hook(event, each)


def _hooks(host: Host) -> Iterator[tuple[str, Any]]:
    """List the hooks of this package, but for the plain functions of the copy that is imported."""
    for event, hook in host.hooks():
        names = getattr(getattr(hook, "__func__", hook), "__globals__", {})
        module = names.get("__name__")
        if type(module) is not str or module.partition(".")[0] != _PACKAGE:
            continue
        is_imported = vars(sys.modules.get(module, object)) is names
        if hasattr(hook, "__self__") or not is_imported:
            yield event, hook


def _end_owner(hook: Any) -> None:
    """End the agent that a hook belongs to: a recorder's callbacks lead to it."""
    recorder = getattr(hook, "__self__", None)
    agent = getattr(getattr(recorder, "on_start", None), "__self__", recorder)
    names = getattr(hook, "__globals__", {})
    for ending in _ENDINGS:
        end = getattr(agent, ending, None) if agent is not None else names.get(ending)
        if end is not None:
            end()
            return
