"""Bytes as a person reads them: binary units, as PyTorch prints them."""

from __future__ import annotations

import re

#: Sizes beyond this are a slip of the keyboard.
MAX_BYTES = 1 << 50

_UNITS = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


def format_bytes(count: float) -> str:
    """Format bytes: ``2147483648`` is ``2.00 GiB``, ``35651584`` is ``34.0 MiB``."""
    size = abs(count)
    sign = "-" if count < 0 else ""
    if size >= 1 << 40:
        return f"{sign}{size / (1 << 40):.2f} TiB"
    if size >= 1 << 30:
        return f"{sign}{size / (1 << 30):.2f} GiB"
    if size >= 1 << 20:
        return f"{sign}{size / (1 << 20):.1f} MiB"
    if size >= 1 << 10:
        return f"{sign}{size / (1 << 10):.0f} KiB"
    return f"{sign}{int(size)} B"


def format_change(count: float) -> str:
    """Format a difference in bytes, always with its sign: ``+2.00 GiB``."""
    return ("+" if count > 0 else "") + format_bytes(count)


def parse_bytes(text: str) -> int:
    """Read a size such as ``4GiB``, ``512 MiB`` or ``1048576``.

    Raises:
        ValueError: if it is not a size in binary units from 1 byte to 1024 TiB.
    """
    match = _SIZE.fullmatch(text)
    factor = _UNITS.get(match.group(2).upper()) if match is not None else None
    size = float(match.group(1)) * factor if match is not None and factor is not None else 0
    if not 1 <= size <= MAX_BYTES:
        raise ValueError(f"Expected a size such as 4GiB or 512MiB, got {text!r}")
    return int(size)
