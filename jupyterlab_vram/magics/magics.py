"""The magics: ``%vram``, ``%%vram``, and those that begin with ``%vram_``."""

# ruff: noqa: T201 - printing is what magics do
from __future__ import annotations

import ast
import threading
from typing import TYPE_CHECKING, Any

from IPython.core import magic
from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from jupyterlab_vram.cells import oom
from jupyterlab_vram.cells.recorder import PeakMeter, allocations_or_none
from jupyterlab_vram.devices import driver, numbering, practice
from jupyterlab_vram.devices.readings import device_types, reset_peaks, take_reading
from jupyterlab_vram.devices.torch_access import driver_is_missing, gpu_build, loaded_torch
from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.holders.clear import clear
from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.holders.release import GROUPS
from jupyterlab_vram.host.ipython import IPythonHost
from jupyterlab_vram.processes.listing import survey
from jupyterlab_vram.units import parse_bytes

from . import oom_report, process_report, report, support_report

if TYPE_CHECKING:
    from jupyterlab_vram.holders.result import Holder
    from jupyterlab_vram.host.interface import Host

#: How often ``%%vram`` samples, for peaks that torch's own counter can't tell.
SAMPLE_INTERVAL_S = 0.02

#: Lets a trailing semicolon silence the cell's value; unknown to older IPythons.
_can_be_silenced = getattr(magic, "output_can_be_silenced", lambda method: method)


@magic.magics_class
class VramMagics(magic.Magics):
    """GPU memory in any IPython: notebook, console, terminal."""

    shell: Any

    @magic_arguments()
    @argument(
        "what",
        nargs="?",
        choices=["now", "practice"],
        default="now",
        help="now (the default): the memory of every device; practice: the practice device",
    )
    @argument(
        "switch",
        nargs="?",
        choices=["on", "off", "auto"],
        default="on",
        help="with practice: on (the default), off, or auto, which is on where torch has no GPU",
    )
    @argument("--size", default="4GiB", help="with practice: the pretended size of the device")
    @_can_be_silenced
    @magic.no_var_expand
    @magic.line_cell_magic
    def vram(self, line: str, cell: str | None = None) -> Any:
        """Print this kernel's GPU memory, or what a cell does to it.

        ``%vram`` prints allocated, reserved, peak, free and total of every device.

        ``%vram practice on`` lets torch on the CPU stand in for a GPU.

        ``%%vram`` runs the cell and prints the change it made, its peak and what
        stayed. For an exact peak it resets torch's own peak counters first.
        """
        if cell is not None:
            if line.strip():
                raise UsageError("%%vram takes no arguments")
            return self._run(cell)
        arguments = parse_argstring(self.vram, line)
        if arguments.what == "practice":
            _switch_practice(arguments.switch, arguments.size)
        driver.refresh()
        reading = take_reading(unsupported=IPythonHost(self.shell).probe())
        print("\n".join([report.table(reading), *support_report.sentences(reading)]))
        return None

    @magic_arguments()
    @argument(
        "what",
        nargs="*",
        help="what to release first: outputs, tracebacks, all for both; variables to delete; "
        "or the name of any holder that %%vram_holders lists, in quotes if it has spaces",
    )
    @magic.line_magic
    def vram_clear(self, line: str) -> None:
        """Collect reference cycles, empty the caches, and print what came back.

        ``%vram_clear outputs tracebacks`` first releases the outputs that hold
        device memory, and of the last error; ``%vram_clear model y`` first deletes
        two variables. What remains is printed with its holders.
        """
        words = [word.strip("'\"") for word in parse_argstring(self.vram_clear, line).what]
        names = [word for word in words if word.isidentifier() and word not in GROUPS]
        release = [word for word in words if word not in names]
        try:
            cleared = clear(release, names)
            numbering.learn()
            print(report.cleared(cleared))
        except RefusedError as error:
            raise UsageError(str(error)) from None

    @magic_arguments()
    @magic.line_magic
    def vram_oom(self, line: str) -> None:
        """Print what is known of the last out-of-memory error.

        How much was tried and how much was free, what was allocated and reserved
        then and is now, and what holds most of it.
        """
        parse_argstring(self.vram_oom, line)
        failure = oom.last_failure()
        if failure is None:
            print(oom_report.nothing())
            return
        driver.refresh()
        print(oom_report.explained(failure, take_reading(), _holders_or_none()))

    @magic_arguments()
    @argument("--all", action="store_true", help="processes that only draw, too")
    @magic.line_magic
    def vram_ps(self, line: str) -> None:
        """Print who uses each GPU: notebooks, other processes, which may be orphans."""
        arguments = parse_argstring(self.vram_ps, line)
        print(process_report.table(survey(), with_graphics=arguments.all))

    @magic_arguments()
    @argument("--min", default="1MiB", help="what holds less is summed up in one line")
    @argument("--all", action="store_true", help="also list what one holder holds, part by part")
    @magic.line_magic
    def vram_holders(self, line: str) -> None:
        """Print who holds the GPU memory of this kernel, biggest first, and what releases it.

        *frees* is what comes back if only this holder is released; *shared* is also
        held by others.
        """
        arguments = parse_argstring(self.vram_holders, line)
        try:
            least = parse_bytes(arguments.min.strip("'\""))
        except ValueError as error:
            raise UsageError(str(error)) from None
        print(report.holders(find_holders(least), with_parts=arguments.all))

    def _run(self, cell: str) -> Any:
        """Run ``cell`` as itself: its exceptions are the cell's, its last value the output."""
        steps = self._compile(cell)
        reset_peaks()
        before = allocations_or_none() or []
        meter = PeakMeter(before)
        done = threading.Event()
        threading.Thread(target=_sample_until, args=(done, meter), daemon=True).start()
        value = None
        try:
            for code in steps:
                value = eval(code, self.shell.user_ns)  # noqa: S307 - the person's own code
        finally:
            done.set()
            after = allocations_or_none()
            numbering.learn()
            unread = after is None and report.unreadable(take_reading()["detail"])
            print(unread or report.run(before, after or [], meter))
        return value

    def _compile(self, cell: str) -> list[Any]:
        compiler, source = self.shell.compile, self.shell.transform_cell(cell)
        name = compiler.cache(source, self.shell.execution_count)
        body = self.shell.transform_ast(compiler.ast_parse(source, name)).body
        last = [body.pop()] if body and isinstance(body[-1], ast.Expr) else []
        steps = [compiler(ast.Module(body, []), name, "exec")]
        return steps + [compiler(ast.Expression(each.value), name, "eval") for each in last]


def load(shell: Any) -> None:
    """Register the magics, and notice failures: ``%load_ext jupyterlab_vram``."""
    shell.register_magics(VramMagics)
    oom.watch(IPythonHost(shell))


def unload(shell: Any) -> None:
    """Remove what :func:`load` registered."""
    oom.unwatch(IPythonHost(shell))
    oom.forget()
    for kind, names in VramMagics.magics.items():
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)


def renew(host: Host) -> bool:
    """Replace the magics of another copy of this package; returns whether there were any."""
    shell: Any = host.shell
    owner = getattr(shell.magics_manager.magics["line"].get("vram"), "__self__", None)
    package = type(owner).__module__.partition(".")[0]
    if package != __name__.partition(".")[0] or type(owner) is VramMagics:
        return False
    shell.register_magics(VramMagics)
    return True


def offer(host: Host) -> None:
    """Register the magics whose names are free, so that no ``%load_ext`` is needed."""
    shell: Any = host.shell
    magics: Any = VramMagics(shell)
    for kind, methods in magics.magics.items():
        known = shell.magics_manager.magics[kind]
        for name, method in methods.items():
            if name not in known or _is_ours(known[name]):
                known[name] = method


def _is_ours(method: Any) -> bool:
    # One of a copy of this package that is gone counts, too.
    return getattr(method, "__module__", None) == __name__


def _holders_or_none() -> list[Holder]:
    try:
        return find_holders().holders
    except Exception:
        # What is known of the failure is worth printing without them.
        return []


def _sample_until(done: threading.Event, meter: PeakMeter) -> None:
    while not done.wait(SAMPLE_INTERVAL_S):
        meter.sample(allocations_or_none() or [])


def _switch_practice(switch: str, size: str) -> None:
    if switch == "off" or (switch == "auto" and _may_have_gpu()):
        practice.switch_off()
        return
    try:
        # IPython leaves quotes in place.
        practice.switch_on(parse_bytes(size.strip("'\"")))
    except practice.PracticeUnavailableError as error:
        if switch == "on":
            raise UsageError(str(error)) from None
        print(error)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _may_have_gpu() -> bool:
    if device_types() - {"cpu"}:
        return True
    torch = loaded_torch()
    build = gpu_build(torch) if torch is not None else None
    return not driver_is_missing(build) and (torch is None or build is not None)
