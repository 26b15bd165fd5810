"""What the versions of a kernel's packages lack, as plain text, for ``%vram``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyterlab_vram.wire_types import Reading

_IPYTHON, _IPYKERNEL, _TORCH = "IPython", "ipykernel", "torch"
_LIST = "the list of holders"

#: By the keys of a reading: whose version it is about, and what follows its name.
_SENTENCES = {
    "outputs": (_IPYTHON, f"keeps outputs elsewhere; they may be missing from {_LIST}."),
    "hidden-names": (_IPYTHON, f"keeps hidden names elsewhere; they may be missing from {_LIST}."),
    "last-error": (_IPYTHON, f"keeps the last error elsewhere; it may be missing from {_LIST}."),
    "cells": (
        _IPYTHON,
        "announces its cells in another way; what each cell did is not known.",
    ),
    "cell-code": (
        _IPYTHON,
        "does not show the code of a cell before it runs; deleted names are not followed.",
    ),
    "interrupts": (
        _IPYTHON,
        "runs cells in another way; an interrupt right at the start of a cell may be lost.",
    ),
    "running-cell": (
        _IPYKERNEL,
        "serves cells in another way; a cell that runs already when the panel opens is not seen.",
    ),
    "tasks": (
        _IPYKERNEL,
        f"keeps its event loop elsewhere; asyncio tasks may be missing from {_LIST}.",
    ),
    "storages": (
        _TORCH,
        (
            "keeps the memory of tensors in another way; holders can't be listed, "
            "and deleted names are not followed."
        ),
    ),
    "addresses": (
        _TORCH,
        "does not say where tensors lie; what each holder has can't be measured.",
    ),
    "use-counts": (
        _TORCH,
        (
            "does not count its own references to tensors; what a holder frees "
            "can't always be checked."
        ),
    ),
    "graphs": (
        _TORCH,
        f"keeps autograd graphs in another way; what they hold may be missing from {_LIST}.",
    ),
    "sparse": (
        _TORCH,
        f"does not tell sparse tensors from others; they may be missing from {_LIST}.",
    ),
    "class-code": (
        _TORCH,
        "can't be kept from running code of tensor classes while they are looked at.",
    ),
    "blocks": (
        _TORCH,
        "does not list its blocks; sizes of holders are those that tensors ask for.",
    ),
    "counters": (_TORCH, "keeps its counters elsewhere; the figures of GPUs are unknown."),
    "free-memory": (
        _TORCH,
        "does not say whether it has used a GPU; what is free there may be unknown.",
    ),
}


def sentences(reading: Reading) -> list[str]:
    """Say what is missing, a sentence each, with the version that lacks it."""
    found = [_SENTENCES[key] for key in reading.get("unsupported", ()) if key in _SENTENCES]
    return [f"{package} {_version(package)} {words}" for package, words in found]


def _version(package: str) -> str:
    version = getattr(sys.modules.get(package), "__version__", None)
    return version if isinstance(version, str) else "of this kernel"
