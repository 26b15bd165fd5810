"""Let go of what a person named, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterlab_vram.devices.no_user_code import without_user_code
from jupyterlab_vram.errors import RefusedError

from .search import Search

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.roots.root import Root

    from .attribution import Reach

#: Groups of holders that the notebook itself keeps, and their kinds.
GROUPS: dict[str, tuple[wire.HolderKind, ...]] = {
    "outputs": ("output", "display"),
    "tracebacks": ("traceback",),
    "all": ("output", "display", "traceback"),
}


def release_now(release: Iterable[str], names: Iterable[str]) -> list[str]:
    """Let go of holders; returns the names of those that held device memory and are gone.

    Args:
        release: ``"outputs"``, ``"tracebacks"``, ``"all"``, or the name of any one holder.
        names: variables to delete, whatever they hold.

    Raises:
        RefusedError: for a name that nothing has, or a holder that can't be released;
            then nothing was released.
    """
    wanted, variables = list(release), list(names)
    if not wanted and not variables:
        return []
    # Every one is found before the first is released, which may run finalizers of the person's.
    with without_user_code():
        roots = _roots(wanted, variables)
    for root in roots:
        if root.release_now is None:
            raise RefusedError(f"`{root.name}` can't be released. {root.note or ''}".strip())
    for root in roots:
        if root.release_now is not None:
            root.release_now()
    return list(dict.fromkeys(root.name for root in roots))


def _roots(wanted: list[str], variables: list[str]) -> list[Root]:
    search = Search(SEARCH_S)
    held = _held(search, wanted) if wanted else []
    roots = [root for name in wanted for root in _chosen(name, held)]
    return [*roots, *(_variable(name, search) for name in variables)]


#: What finding the holders may take before they are released.
SEARCH_S = 2.0


def _held(search: Search, wanted: list[str]) -> list[Root]:
    """Return all that holds device memory, as far as it takes to find what is ``wanted``."""

    def is_enough(reaches: list[Reach]) -> bool:
        return {*wanted} <= {*GROUPS, *(reach.root.name for reach in reaches)}

    return [reach.root for reach in search.reaches(is_enough)]


def _chosen(name: str, held: list[Root]) -> list[Root]:
    kinds = GROUPS.get(name)
    if kinds is not None:
        return [root for root in held if root.kind in kinds]
    found = [root for root in held if root.name == name]
    if not found:
        raise RefusedError(f"Nothing called `{name}` holds device memory now.")
    return found


def _variable(name: str, search: Search) -> Root:
    variable = search.namespace.variable(name)
    if variable is not None:
        return variable
    first, others = search.namespace.variable_roots()
    for root in [*first, *others]:
        if root.name == name and root.release_now is not None:
            return root
        if root.expand is not None and name.startswith(root.name + "."):
            found = [each for each in root.expand() if each.name == name]
            if found:
                return found[0]
    raise RefusedError(f"There is no variable `{name}`.")
