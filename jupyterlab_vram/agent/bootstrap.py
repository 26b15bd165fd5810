"""Run by a front end inside the kernel: find the agent, or put it there, and ask it.

This file is not imported. A front end executes it in a namespace of its own
that holds ``request`` (JSON text), ``archive`` (None, or the package's files:
JSON of names and texts, compressed by zlib, in base64) and ``schema_version``;
it leaves the answer in ``reply``. It must raise nothing: an exception would
replace the person's ``sys.last_traceback``.
"""

from __future__ import annotations

PACKAGE = "jupyterlab_vram"
#: As in ``process_state.py``.
PLACE = "_jupyterlab_vram"
TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    request = ""
    archive: str | None = None
    schema_version = 1


class Missing:
    """Says that the kernel's environment lacks a package of this schema version."""

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        payload = {"schema": schema_version, "kind": "missing"}
        return {"application/vnd.jupyterlab-vram+json": payload}


def is_ours(module: Any) -> bool:
    """Whether an imported ``frontend`` speaks this front end's schema."""
    return getattr(module, "SCHEMA_VERSION", None) == schema_version


def keepers() -> list[ModuleType]:
    """The copies of ``frontend`` with an agent at work, whatever became of their modules."""
    import sys

    hosts = [each.get("host") for each in list(getattr(sys, PLACE, {}).values())]
    return [host.frontend for host in hosts if getattr(host, "frontend", None) is not None]


def installed() -> ModuleType | None:
    """Import the package from the kernel's environment, or return None."""
    import importlib

    try:
        return importlib.import_module(PACKAGE + ".frontend")
    except Exception:
        return None


def deliver(archive: str) -> ModuleType:
    """Import the package from ``archive``, in place of one that is no use."""
    import base64
    import importlib
    import importlib.abc
    import importlib.util
    import json
    import linecache
    import sys
    import zlib

    sources = json.loads(zlib.decompress(base64.b64decode(archive)))

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
        """Serves the delivered sources under the package's own name."""

        def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
            if self.file(name) not in sources:
                return None
            return importlib.util.spec_from_loader(name, self, is_package=self.is_package(name))

        def file(self, name: str) -> str | None:
            head, *inner = name.split(".")
            if head != PACKAGE:
                return None
            return (
                "/".join([*inner, "__init__.py"])
                if self.is_package(name)
                else "/".join(inner) + ".py"
            )

        def is_package(self, name: str) -> bool:
            return "/".join([*name.split(".")[1:], "__init__.py"]) in sources

        def get_source(self, name: str) -> str:
            source: str = sources[self.file(name)]
            return source

        def exec_module(self, module: ModuleType) -> None:
            source = self.get_source(module.__name__)
            where = f"<delivered {module.__name__}>"
            linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
            exec(compile(source, where, "exec"), module.__dict__)  # noqa: S102 - ours

    remove_others()
    Finder.__module__ = PACKAGE
    sys.meta_path.insert(0, Finder())
    try:
        return importlib.import_module(PACKAGE + ".frontend")
    except Exception:
        remove_others()
        raise


def remove_others() -> None:
    """Stop and forget every copy of the package that this kernel has imported."""
    import contextlib
    import sys

    imported: Any = sys.modules.get(PACKAGE + ".frontend")
    for frontend in (*keepers(), imported):
        # There may be none, or one that is too old or too broken to be stopped.
        with contextlib.suppress(Exception):
            frontend.stop()
    vars(sys).pop(PLACE, None)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != PACKAGE]


def answer() -> Any:
    """Return the agent's reply, or say that it is missing."""
    agent: Any = next(filter(is_ours, keepers()), None) or installed()
    if not is_ours(agent):
        agent = deliver(archive) if archive else None
    return agent.handle(request) if agent is not None else Missing()


try:
    reply = answer()
except Exception:
    reply = Missing()
