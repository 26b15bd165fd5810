"""Which files belong to the standard library or to an installed package, by their paths alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Only installers put something into folders of these names (the second is Debian's).
_INSTALLED = ("site-packages", "dist-packages")
#: What Python's own archive of the standard library is called, ``python311.zip``, begins so.
_ARCHIVE = "python"
_EXTENSIONS = (".pyd", ".dll")


class Libraries:
    """The places of libraries, compared as the system compares paths."""

    def __init__(
        self,
        folders: Iterable[str],
        search_path: Iterable[str],
        prefix: str,
        flavour: Any = os.path,
    ) -> None:
        """Take the places of one Python.

        Args:
            folders: in which all files are a library's.
            search_path: as ``sys.path``; archives of the standard library are taken from it.
            prefix: where this Python is installed.
            flavour: ``ntpath`` or ``posixpath``.
        """
        self._flavour = flavour
        archives = [path for path in search_path if self._is_archive(path)]
        self._prefix = self._plain(prefix)
        self._places = {self._plain(path) for path in (*folders, *archives) if path}
        if flavour.__name__ == "ntpath":
            # The extension modules of the standard library.
            self._places.add(self._plain(flavour.join(prefix, "DLLs")))

    def hold(self, file: str) -> bool:
        """Whether a file is a library's."""
        path = self._plain(file)
        folder, name = self._flavour.split(path)
        if folder == self._prefix and name.endswith(_EXTENSIONS):
            # Windows' Python without an installer has them beside its program.
            return True
        while folder and name:
            if folder in self._places or self._flavour.basename(folder) in _INSTALLED:
                return True
            folder, name = self._flavour.split(folder)
        return False

    def _is_archive(self, path: str) -> bool:
        name = self._flavour.normcase(self._flavour.basename(path))
        digits, extension = self._flavour.splitext(name)
        return bool(
            extension == ".zip"
            and digits.startswith(_ARCHIVE)
            and digits[len(_ARCHIVE) :].isdecimal()
        )

    def _plain(self, path: str) -> str:
        """Return one spelling for all spellings of a path."""
        path = self._flavour.normcase(path)
        if self._flavour.__name__ == "ntpath":
            # The same path, for programs that want more than 260 characters.
            for long, short in (("\\\\?\\unc\\", "\\\\"), ("\\\\?\\", "")):
                if path.startswith(long):
                    path = short + path[len(long) :]
        normal: str = self._flavour.normpath(path)
        return normal
