"""What the rest of this package asks of the program that runs a person's code.

IPython in ipykernel is the first host. Another one (marimo, a plain Python, a debugger's
session) is a class of these members, made in :mod:`.current`; what is told there of frames and
classes of IPython has to be asked of each host by then. These are types only, which
are not delivered to kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator

    from .values import CellStart, Execution, Hidden, HostNotes, Kept

#: Called by a host around a cell, with what the host hands to its hooks.
Hook = Callable[..., None]


class CodeReader(Protocol):
    """Reads the syntax tree of a cell before it runs."""

    def visit(self, tree: ast.AST) -> ast.AST:
        """Read ``tree`` and return it."""


class Channel(Protocol):
    """The way from the kernel to front ends that are connected to it."""

    def current_request(self) -> dict[str, Any]:
        """Return the request that the calling thread is serving."""

    def serves(self, request: dict[str, Any]) -> bool:
        """Whether the main thread serves ``request`` right now; from any thread."""

    def execution(self) -> Execution | None:
        """Find the cell that the main thread is running, from any other thread."""

    def send(self, msg_type: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
        """Send one message to all front ends, from any thread.

        Raises:
            ChannelClosedError: if nothing can be sent any more.
        """

    def parent_of_type(self, msg_type: str) -> dict[str, Any]:
        """Make up a request of a type, to which a message may then belong."""

    def log(self, sentence: str) -> None:
        """Write to the kernel's own log, which no cell shows, with the error being handled."""


class Host(Protocol):
    """One program that runs a person's code, or one shell of it."""

    @property
    def shell(self) -> Any:
        """The host's own object, for modules that know this host; None where there is none."""

    @property
    def names(self) -> dict[str, Any]:
        """The person's namespace."""

    @property
    def hidden(self) -> dict[str, Any]:
        """Values of names that a person is not shown."""

    def place_of(self, label: str, name: str) -> str:
        """Return where a name of another shell is, which a person calls ``label``."""

    @property
    def notes(self) -> HostNotes:
        """What a person should know of holders that are this host's."""

    def is_host_name(self, name: Any, value: Any) -> bool:
        """Whether the host, and not the person, bound ``name`` to ``value``."""

    def outputs(self) -> list[Kept]:
        """List what is kept because a cell showed it."""

    def forget_output(self, value: Any) -> None:
        """Let go of one output, wherever it is kept."""

    def hidden_values(self) -> list[Hidden]:
        """List the person's names that are kept out of sight."""

    def output_tables(self) -> list[dict[Any, Any]]:
        """Return the tables in which outputs and hidden names are kept."""

    def own_tables(self) -> list[Any]:
        """Return the tables that hold everything, and that no holder is blamed for."""

    def errors(self) -> list[tuple[str, Any]]:
        """List what is kept of the last errors, each with where it is kept."""

    def forget_errors(self, records: Iterable[Any] = ()) -> None:
        """Let go of the last errors, and of those in ``records`` of runs."""

    def event_loop(self) -> Any | None:
        """Return the asyncio loop in which cells are served; None without one."""

    def like(self, shell: Any) -> Host:
        """Return another shell as a host."""

    def watch_cells(self, before: Hook | None, after: Hook) -> None:
        """Call the hooks around each cell from now on; once each, however often this is asked."""

    def unwatch_cells(self, before: Hook | None, after: Hook) -> None:
        """Call the hooks no more."""

    def hooks(self) -> Iterator[tuple[str, Any]]:
        """List the hooks of everybody, each with the name of its event."""

    def remove_hook(self, event: str, hook: Any) -> None:
        """Call one hook no more.

        Raises:
            ValueError: if it was not called before.
        """

    def cell_start(self, info: Any) -> CellStart:
        """Read what the host hands to the hook before a cell."""

    def read_next_code(self, reader: CodeReader) -> None:
        """Let ``reader`` visit the syntax tree of the cell that is about to run."""

    def stop_reading_code(self, reader: CodeReader, *, is_reading: bool = False) -> None:
        """Let ``reader`` visit no more trees; ``is_reading``: it visits one at this moment."""

    def channel(self) -> Channel:
        """Return the way to the front ends.

        Raises:
            CannotPushError: where there is none.
        """

    def probe(self) -> list[str]:
        """Return what this version of the host lacks, as keys; runs no code of the person's."""
