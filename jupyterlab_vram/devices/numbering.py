"""Which of ``nvidia-smi``'s GPUs each device of torch's is.

``cuda:0`` is the first GPU that this process may use: ``CUDA_VISIBLE_DEVICES``
and ``CUDA_DEVICE_ORDER`` decide which that is. ``nvidia-smi`` counts all GPUs by
where they are plugged in. Both tell a GPU's UUID, and that alone joins them.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyterlab_vram.nvidia import nvml, smi
from jupyterlab_vram.nvidia.types import DriverError, Numbered, torch_uuid

from .backends import of_each_device
from .practice import DEVICE_ID as PRACTICE_ID
from .torch_access import loaded_torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyterlab_vram.nvidia.types import Gpu

#: A driver that did not tell is asked again after this time.
_RETRY_S = 60.0
#: A driver that hangs is waited for no longer than this.
_PATIENCE_S = 2.0


class Place(NamedTuple):
    """Where ``nvidia-smi`` lists a device."""

    gpu: int
    #: A MIG slice's number in its GPU; None for a whole GPU.
    mig_slice: int | None = None


def places_of(numbered: Iterable[Numbered | Gpu]) -> dict[str, Place]:
    """Return each place by its UUID as PyTorch writes it.

    A GPU that is sliced has none: CUDA gives out its slices only, so a device
    with that UUID is one of them, and which one is not known.
    """
    listed = list(numbered)
    sliced = {each.parent_uuid for each in listed}
    gpus = {each.uuid: each.index for each in listed if each.parent_uuid is None}
    places = {}
    for each in listed:
        if each.parent_uuid is None:
            if each.uuid not in sliced:
                places[torch_uuid(each.uuid)] = Place(each.index)
        elif each.parent_uuid in gpus:
            places[torch_uuid(each.uuid)] = Place(gpus[each.parent_uuid], each.index)
    return places


class _Places:
    """What the driver reported of the GPUs that this process uses."""

    def __init__(self) -> None:
        self._by_uuid: dict[str, Place] = {}
        #: What torch has told so far: the UUID of each of its devices.
        self._uuids: dict[str, str] = {}
        self._asked_for: set[str] = set()
        self._next_s = 0.0
        self._asking = threading.Lock()

    def of_uuid(self, uuid: str | None) -> Place | None:
        return None if uuid is None else self._by_uuid.get(torch_uuid(uuid))

    def of_device(self, device: str) -> Place | None:
        return self.of_uuid(self._uuids.get(device))

    def learn(self) -> None:
        self._uuids.update(device_uuids())
        wanted = set(self._uuids.values()) - self._asked_for
        if wanted and time.monotonic() >= self._next_s and self._asking.acquire(blocking=False):
            thread = threading.Thread(target=self._ask, args=(wanted,), daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The interpreter is ending.
                self._asking.release()
                return
            thread.join(_PATIENCE_S)

    def _ask(self, wanted: set[str]) -> None:
        try:
            self._next_s = time.monotonic() + _RETRY_S
            self._by_uuid.update(places_of(_ask()))
            self._asked_for |= wanted
            self._next_s = 0.0
        except Exception:  # noqa: S110 - no driver, no permission, a broken one: nothing is known
            pass
        finally:
            self._asking.release()


_places = _Places()


def learn() -> None:
    """Ask the driver where the devices of this process are, unless that is known.

    Waits for a slow driver no more than two seconds; what it tells later counts, too.
    """
    _places.learn()


def place_of(uuid: str | None) -> Place | None:
    """Return where a device is, if the driver has told; asks nothing."""
    return _places.of_uuid(uuid)


def label(device: str, name: str | None = None) -> str:
    """Name a device as a person would, with both of its numbers where they differ.

    Such as ``cuda:0``, ``cuda:0 (NVIDIA H100)``, ``cuda:0 (GPU 1 in nvidia-smi, NVIDIA H100)``.
    """
    if device == PRACTICE_ID:
        return "practice device"
    notes = [each for each in (_elsewhere(device, _places.of_device(device)), name) if each]
    return f"{device} ({', '.join(notes)})" if notes else device


def _elsewhere(device: str, place: Place | None) -> str | None:
    """Say what ``nvidia-smi`` calls a device; None where that is the same number, or unknown."""
    if place is None or (place.mig_slice is None and device == f"cuda:{place.gpu}"):
        return None
    return f"{gpu_name(*place)} in nvidia-smi"


def gpu_name(gpu: int, mig_slice: int | None = None) -> str:
    """Name a GPU, or a slice of one, by ``nvidia-smi``'s numbers."""
    return f"GPU {gpu}" if mig_slice is None else f"MIG slice {mig_slice} of GPU {gpu}"


def here(uuid: str, place: Place | None) -> str | None:
    """Name this process's device for one of ``nvidia-smi``'s GPUs, where the numbers differ."""
    ours = next((each for each, its in device_uuids().items() if its == torch_uuid(uuid)), None)
    return None if ours is None or _elsewhere(ours, place) is None else f"{ours} in this kernel"


def device_uuids() -> dict[str, str]:
    """Return the UUID of each of torch's CUDA devices, as far as torch tells."""

    def read(kind: str, family: Any, index: int) -> tuple[str, str] | None:
        uuid = getattr(family.get_device_properties(index), "uuid", None)
        return None if uuid is None or kind != "cuda" else (f"{kind}:{index}", str(uuid))

    torch = loaded_torch()
    try:
        # AMD's driver is not asked, and its numbers are not nvidia-smi's.
        if torch is None or getattr(torch.version, "hip", None):
            return {}
        found, _ = of_each_device(torch, read)
    except Exception:
        return {}
    return {device: torch_uuid(uuid) for device, uuid in filter(None, found)}


def _ask() -> list[Numbered]:
    try:
        return nvml.numbers(nvml.load())
    except DriverError:
        return smi.numbers()
