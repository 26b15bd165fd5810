"""A Python without a shell as a host: it has a namespace, and keeps nothing on its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import names_of

from .values import CannotPushError, CellStart, Hidden, HostNotes, Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .interface import Channel, CodeReader, Hook, Host


class PlainHost:
    """The program that runs; its variables are those of ``__main__``."""

    def __init__(self) -> None:
        """Find the main module, which a person may have taken out of the table of modules."""
        main: Any = sys.modules.get("__main__")
        self._names: dict[str, Any] = names_of(main) if main is not None else {}

    @property
    def shell(self) -> None:
        """There is none."""

    @property
    def names(self) -> dict[str, Any]:
        """The variables of ``__main__``."""
        return self._names

    @property
    def hidden(self) -> dict[str, Any]:
        """Nothing is hidden."""
        return {}

    def place_of(self, label: str, name: str) -> str:
        """There is no other shell."""
        return f"{label}[{name!r}]"

    @property
    def notes(self) -> HostNotes:
        """Nothing is held."""
        return HostNotes("", "")

    def is_host_name(self, name: Any, value: Any) -> bool:
        """Whether the interpreter bound ``name``."""
        return name == "__builtins__" or value is self._names

    def outputs(self) -> list[Kept]:
        """Nothing is kept."""
        return []

    def forget_output(self, value: Any) -> None:
        """Nothing is kept."""

    def hidden_values(self) -> list[Hidden]:
        """Nothing is hidden."""
        return []

    def output_tables(self) -> list[dict[Any, Any]]:
        """Nothing is kept."""
        return []

    def own_tables(self) -> list[Any]:
        """Nothing is kept."""
        return []

    def errors(self) -> list[tuple[str, Any]]:
        """The interpreter's own are no host's."""
        return []

    def forget_errors(self, records: Iterable[Any] = ()) -> None:
        """Nothing is kept."""

    def event_loop(self) -> Any | None:
        """No loop serves cells."""
        return None

    def like(self, shell: Any) -> Host:
        """Return another shell as a host, of its own kind."""
        raise NotImplementedError(f"{shell!r} is no shell of this host")

    def watch_cells(self, before: Hook | None, after: Hook) -> None:
        """There are no cells."""

    def unwatch_cells(self, before: Hook | None, after: Hook) -> None:
        """There are no cells."""

    def hooks(self) -> Iterator[tuple[str, Any]]:
        """There are none."""
        return iter(())

    def remove_hook(self, event: str, hook: Any) -> None:
        """There are none."""

    def cell_start(self, _info: Any) -> CellStart:
        """There are no cells."""
        return CellStart(None, "", None)

    def read_next_code(self, reader: CodeReader) -> None:
        """There are no cells."""

    def stop_reading_code(self, reader: CodeReader, *, is_reading: bool = False) -> None:
        """There are no cells."""

    def channel(self) -> Channel:
        """There is none.

        Raises:
            CannotPushError: always.
        """
        raise CannotPushError("This kernel runs no IPython shell")

    def probe(self) -> list[str]:
        """Nothing is missing that there could be."""
        return []
