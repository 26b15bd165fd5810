"""What the files of a model say of its shape: configs and headers, never weights.

Nothing is imported for it and nothing is downloaded. Whatever a file claims, no more
than the limits below is read of it.
"""

from __future__ import annotations

import base64
import json
import os
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.wire import MAX_CACHED_MODELS, MAX_MODEL_FILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyterlab_vram import wire

MAX_CONFIG_BYTES = 16 << 20
#: What a config has of one field beyond this says nothing about the shape, and is left out.
MAX_FIELD_CHARACTERS = 64 << 10
MAX_HEADER_BYTES = 4 << 20
#: Of all files that a model is split over.
MAX_HEADERS_BYTES = 16 << 20
#: A tokenizer in a GGUF header has hundreds of thousands of texts.
MAX_GGUF_BYTES = 64 << 20
MAX_GGUF_ENTRIES = 65536
#: What a file is stands among its first entries.
MAX_FIRST_ENTRIES = 16
MAX_ARRAY_DEPTH = 4
#: Texts that are longer say nothing about the shape, and are left out; so do longer arrays,
#: but for numbers: there may be one for each layer.
MAX_KEPT_BYTES = 1024
MAX_KEPT_NUMBERS_BYTES = 16 << 10
MAX_FILES = 10_000
MAX_DIMENSIONS = 8
MAX_QUOTED = 200

_MAGIC = b"GGUF"
#: How many bytes say how long a safetensors header is.
_LENGTH_BYTES = 8
#: One of the files that a model is split over, as llama.cpp and transformers name them.
_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.(?:gguf|safetensors))", re.IGNORECASE)
_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def describe(path: str) -> wire.ModelFile:
    """Say what is at ``path``: a folder, a ``config.json``, a GGUF or a safetensors file.

    Returns a dict with ``path``, ``kind`` (``config``, ``gguf`` or ``safetensors``), ``text``
    (JSON) or ``data`` (base64 of a GGUF header, without long texts), ``more`` (the same of
    the other files that a model is split over), and ``weights_bytes`` (of the files beside a
    config; None if there are none).

    Raises:
        RefusedError: if nothing there can be read; the message says why.
    """
    try:
        place = Path(path).expanduser()
        if place.is_dir():
            return _folder(place)
        if not place.is_file():
            raise RefusedError(f"There is no file or folder {_short(path)}.")
        return _file(place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RefusedError(f"{_short(path)} can't be read: {reason}.") from None
    except RecursionError:
        raise RefusedError(f"{_short(path)} nests lists too deeply.") from None
    except ValueError as error:  # a null character, or no UTF-8
        raise RefusedError(f"{_short(path)} can't be read: {_short(str(error))}.") from None


def cached_models() -> wire.CachedModels:
    """List the models in the local Hugging Face cache that have a config, by name."""
    models: list[wire.CachedModel] = []
    try:
        folders = sorted(_cache_folder().glob("models--*"))[:MAX_CACHED_MODELS]
    except OSError:
        folders = []
    for folder in folders:
        snapshot = _snapshot(folder)
        if snapshot is not None:
            name = folder.name[len("models--") :].replace("--", "/")
            models.append({"name": name, "path": str(snapshot)})
    return {"models": models}


def _cache_folder() -> Path:
    hub = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if hub:
        return Path(hub).expanduser()
    home = os.environ.get("HF_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(home) if home else Path(cache) / "huggingface").expanduser() / "hub"


def _snapshot(folder: Path) -> Path | None:
    try:
        snapshots = [each for each in (folder / "snapshots").iterdir() if each.is_dir()]
        usable = [each for each in snapshots if (each / "config.json").is_file() or _gguf(each)]
        return max(usable, key=lambda each: each.stat().st_mtime, default=None)
    except OSError:
        return None


def _gguf(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.gguf"))), None)


def _gguf_model(folder: Path) -> Path | None:
    """The first GGUF file of a folder that is no projector, which lies beside a model."""
    files = sorted(folder.glob("*.gguf"))[:MAX_MODEL_FILES]
    return next((each for each in files if not _is_projector(each)), None) or _gguf(folder)


def _is_projector(place: Path) -> bool:
    try:
        with place.open("rb") as file:
            kinds = gguf_texts(file, (b"general.architecture", b"general.type"))
    except (OSError, RefusedError):
        return False  # whoever reads it as a model says what is wrong
    return b"clip" in kinds or b"mmproj" in kinds


def _folder(folder: Path) -> wire.ModelFile:
    config = folder / "config.json"
    if config.is_file():
        return _config(config)
    gguf = _gguf_model(folder)
    if gguf is not None:
        return _file(gguf)
    raise RefusedError(f"{_short(str(folder))} has neither a config.json nor a GGUF file.")


def _file(place: Path) -> wire.ModelFile:
    suffix = place.suffix.lower()
    if suffix == ".gguf":
        first, *more = (base64.b64encode(each).decode() for each in _headers(place, _gguf_of))
        return {"path": str(place), "kind": "gguf", "data": first, "more": more}
    if suffix == ".safetensors":
        first, *more = (each.decode() for each in _headers(place, _safetensors_of))
        return {"path": str(place), "kind": "safetensors", "text": first, "more": more}
    if suffix == ".json":
        return _config(place)
    raise RefusedError(
        f"{_short(str(place))} is neither a folder nor a .json, .safetensors or .gguf file."
    )


def _headers(place: Path, read: Callable[[Path], bytes]) -> list[bytes]:
    """The headers of all files that the model at ``place`` is split over, in their order."""
    headers = []
    left = MAX_HEADERS_BYTES
    for part in _parts(place):
        headers.append(read(part))
        left -= len(headers[-1])
        if left < 0:
            raise RefusedError(
                f"The headers of the files that {_short(place.name)} is one of are longer than "
                "16 MiB. Give the folder with its config.json instead."
            )
    return headers


def _parts(place: Path) -> list[Path]:
    found = _PART.fullmatch(place.name)
    if found is None:
        return [place]
    stem, _, count, suffix = found.groups()
    if not 1 <= int(count) <= MAX_MODEL_FILES:
        raise RefusedError(f"{_short(place.name)} claims to be one of {count} files.")
    names = [f"{stem}-{number:05}-of-{count}{suffix}" for number in range(1, int(count) + 1)]
    missing = [name for name in names if not (place.parent / name).is_file()]
    if missing:
        raise RefusedError(
            f"{_short(place.name)} is one of {int(count)} files of a model, and {len(missing)} of "
            f"them are not beside it, such as {_short(missing[0])}."
        )
    return [place.parent / name for name in names]


def _config(place: Path) -> wire.ModelFile:
    with place.open("rb") as file:
        content = file.read(MAX_CONFIG_BYTES + 1)
    if len(content) > MAX_CONFIG_BYTES:
        raise RefusedError(f"{_short(str(place))} is larger than 16 MiB, too large for a config.")
    return {
        "path": str(place),
        "kind": "config",
        "text": _without_long_fields(content.decode()),
        "weights_bytes": _weights_bytes(place.parent),
    }


def _without_long_fields(text: str) -> str:
    """The JSON of a config without its longest fields, such as names of 100,000 labels."""
    if len(text) <= MAX_FIELD_CHARACTERS:
        return text
    config = json.loads(text)
    if not isinstance(config, dict):
        raise RefusedError("The config should be an object of fields.")
    return json.dumps(_shortened(config, depth=2))


def _shortened(fields: dict[str, Any], depth: int) -> dict[str, Any]:
    """Fields of fields one by one, since a nested config can have one that is too long."""
    inner = {
        name: _shortened(value, depth - 1) if isinstance(value, dict) and depth else value
        for name, value in fields.items()
    }
    return {
        name: value
        for name, value in inner.items()
        if len(json.dumps(value)) <= MAX_FIELD_CHARACTERS
    }


def _weights_bytes(folder: Path) -> int | None:
    sizes = []
    for count, entry in enumerate(os.scandir(folder)):
        if count >= MAX_FILES:
            return None
        if entry.name.endswith(".safetensors"):
            sizes.append(entry.stat().st_size)
    return sum(sizes) if sizes else None


def _safetensors_of(place: Path) -> bytes:
    with place.open("rb") as file:
        start = file.read(_LENGTH_BYTES)
        if len(start) < _LENGTH_BYTES:
            raise RefusedError(f"{_short(str(place))} ends within its first 8 bytes.")
        (length,) = struct.unpack("<Q", start)
        if length > MAX_HEADER_BYTES:
            raise RefusedError(
                f"{_short(str(place))} claims a header of {length} bytes; 4 MiB is the most "
                "that is read. Give the folder with its config.json instead."
            )
        header = file.read(length)
    if len(header) < length:
        raise RefusedError(f"{_short(str(place))} ends within its header.")
    json.loads(header.decode())
    return header


def _gguf_of(place: Path) -> bytes:
    with place.open("rb") as file:
        return gguf_header(file)


def gguf_header(file: BinaryIO) -> bytes:
    """Return the header of a GGUF file without its long texts and arrays.

    Raises:
        RefusedError: if it is none, is cut off, or is longer than is believed.
    """
    walk = _Walk(file)
    head, tensors, entries = walk.head()
    kept = []
    for _ in range(entries):
        entry, value, most = walk.entry()
        if len(entry) + len(value) <= most:
            kept.append(entry + value)
    table = [walk.tensor() for _ in range(tensors)]
    return head[:16] + struct.pack("<Q", len(kept)) + b"".join(kept) + b"".join(table)


def gguf_texts(file: BinaryIO, names: tuple[bytes, ...]) -> list[bytes]:
    """Return the texts of those metadata, as far as they are among the first ones."""
    walk = _Walk(file)
    _, _, entries = walk.head()
    found = []
    for _ in range(min(entries, MAX_FIRST_ENTRIES)):
        entry, value, _ = walk.entry()
        if entry[_LENGTH_BYTES:-4] in names:
            found.append(value[_LENGTH_BYTES:])
    return found


class _Walk:
    """Reads a GGUF header from its beginning, and not beyond ``MAX_GGUF_BYTES``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_GGUF_BYTES

    def head(self) -> tuple[bytes, int, int]:
        """The first 24 bytes, and how many tensors and entries they claim."""
        head = self.take(24)
        if head[:4] != _MAGIC:
            raise RefusedError("This is not a GGUF file: it does not begin with GGUF.")
        tensors, entries = struct.unpack("<QQ", head[8:24])
        if entries > MAX_GGUF_ENTRIES or tensors > 4 * MAX_GGUF_ENTRIES:
            raise RefusedError(
                f"The GGUF header claims {entries} entries and {tensors} tensors, too many."
            )
        return head, tensors, entries

    def entry(self) -> tuple[bytes, bytes, int]:
        """A name with its type, the value, and how long both may be to be kept."""
        entry = self.text() + self.take(4)
        (kind,) = struct.unpack("<I", entry[-4:])
        value = self.value(kind, 0)
        is_numbers = kind == _ARRAY and struct.unpack("<I", value[:4])[0] in _SIZES
        return entry, value, MAX_KEPT_NUMBERS_BYTES if is_numbers else MAX_KEPT_BYTES

    def take(self, size: int) -> bytes:
        if size > self._left:
            raise RefusedError("The GGUF header claims to be longer than 64 MiB.")
        self._left -= size
        content = self._file.read(size)
        if len(content) < size:
            raise RefusedError("The GGUF file ends within its header.")
        return content

    def text(self) -> bytes:
        length = self.take(8)
        return length + self.take(struct.unpack("<Q", length)[0])

    def value(self, kind: int, depth: int) -> bytes:
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.take(self._size(kind))
        head = self.take(12)
        item, count = struct.unpack("<IQ", head)
        if depth >= MAX_ARRAY_DEPTH or count > MAX_GGUF_BYTES:
            raise RefusedError("The GGUF header has an array that is too long.")
        if item not in (_STRING, _ARRAY):
            return head + self.take(self._size(item) * count)
        items = [self.value(item, depth + 1) for _ in range(count)]
        return head + b"".join(items)

    def tensor(self) -> bytes:
        name = self.text()
        rank = self.take(4)
        (dimensions,) = struct.unpack("<I", rank)
        if dimensions > MAX_DIMENSIONS:
            raise RefusedError(f"A tensor of the GGUF file claims {dimensions} dimensions.")
        return name + rank + self.take(8 * dimensions + 12)

    def _size(self, kind: int) -> int:
        if kind not in _SIZES:
            raise RefusedError(f"The GGUF header has a value of the unknown type {kind}.")
        return _SIZES[kind]


def _short(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"
