"""The version, which ``package.json`` alone sets."""

from __future__ import annotations

__all__ = ["__version__"]

try:
    from ._version import __version__
except ImportError:
    # Delivered by a front end, which gives its own version, or an unbuilt checkout.
    __version__ = "0.0.0"
