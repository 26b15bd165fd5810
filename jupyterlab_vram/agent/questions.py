"""What a front end can ask that is answered with facts of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.cells.oom import allocator_settings
from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.holders.preview import preview
from jupyterlab_vram.processes import listing, stop

from . import modelfiles

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

Fields = dict[str, Any]


def _holders(fields: Fields) -> wire.Holdings:
    return find_holders(int(fields["min_bytes"])).to_dict()


def _release_preview(fields: Fields) -> wire.ReleasePreview:
    names, groups = fields.get("names") or (), fields.get("groups") or ()
    return preview(map(str, names), map(str, groups))


def _failure(_fields: Fields) -> wire.FailureFacts:
    return {"allocator_settings": allocator_settings()}


def _model_file(fields: Fields) -> wire.ModelFile:
    return modelfiles.describe(str(fields["path"]))


def _cached_models(_fields: Fields) -> wire.CachedModels:
    return modelfiles.cached_models()


#: By the operation of the request; each gets its fields, and may raise RefusedError.
QUESTIONS: dict[wire.Operation, Callable[[Fields], object]] = {
    "processes": listing.answer,
    "stop": stop.answer,
    "holders": _holders,
    "release_preview": _release_preview,
    "failure": _failure,
    "model_file": _model_file,
    "cached_models": _cached_models,
}
#: Those that wait for a driver, another process or a disk, and concern nothing of the agent's.
OUTSIDE: frozenset[wire.Operation] = frozenset({"processes", "stop", "model_file", "cached_models"})
