# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files below a document root that browsers, or the programs that write pages, read. Only reads."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from fnmatch import fnmatch
from typing import Optional

#: Entries of directories that are looked at, for each file that may be read.
_ENTRIES = 20
#: Symbolic links into these lead to no documents.
_NO_DOCUMENTS = ("/proc", "/sys", "/dev")
#: Bytes in which a zero tells that a file is no text.
_HEAD = 8192


class Documents:
    """The paths of documents, by name; what could not be read is told in *problems*.

    *skip* are patterns for names, or for paths below the root, of files and directories. Symbolic links are followed as httpd does, each
    directory once, but for those that lead out of what is served (:meth:`_leads_astray`). *complete* turns false when there were more than
    *most* files, or when it got *late*.
    """

    def __init__(
        self, root: str, endings: Collection[str], skip: Sequence[str], most: int, late: Callable[[], bool] = lambda: False
    ) -> None:
        """Look at nothing yet."""
        self.problems: list[str] = []
        self.complete = True
        self._root, self._endings, self._skip, self._most = root.rstrip("/") or "/", endings, skip, most
        self._entries, self._late = most * _ENTRIES, late
        self._seen: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[str]:
        """Walk, without recursion."""
        waiting, files = [self._root], 0
        while waiting and self.complete:
            directories = []
            for entry in self._of(waiting.pop()):
                if self._late():
                    self.complete = False
                    break
                if self._skips(entry):
                    continue
                kind = self._kind(entry)
                if kind == "directory":
                    directories.append(entry.path)
                elif kind == "file" and entry.name.rpartition(".")[2].lower() in self._endings:
                    if files == self._most:
                        self.complete = False
                        break
                    files += 1
                    yield entry.path
            waiting += reversed(directories)

    def _of(self, directory: str) -> list[os.DirEntry[str]]:
        """The entries of a directory that was not seen before."""
        try:
            found = os.stat(directory)
            if (found.st_dev, found.st_ino) in self._seen:
                return []
            self._seen.add((found.st_dev, found.st_ino))
            with os.scandir(directory) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(f"{directory}: {error.strerror}")
            return []
        self._entries -= len(listed)
        self.complete = self.complete and self._entries >= 0
        return listed

    def _skips(self, entry: os.DirEntry[str]) -> bool:
        below = entry.path[len(self._root) :].lstrip("/")
        return any(fnmatch(entry.name, pattern) or fnmatch(below, pattern) for pattern in self._skip)

    def _kind(self, entry: os.DirEntry[str]) -> str:
        """A "directory", a "file", or neither: a pipe, or a link that leads nowhere or astray."""
        try:
            if entry.is_symlink() and self._leads_astray(entry):
                return ""
            return "directory" if entry.is_dir() else "file" if entry.is_file() else ""
        except OSError as error:
            self.problems.append(f"{entry.path}: {error.strerror}")
            return ""

    def _leads_astray(self, entry: os.DirEntry[str]) -> bool:
        """To the root or above it, to what is no document, or to what its owner may not be able to read: this runs as root."""
        place, root = os.path.realpath(entry.path), os.path.realpath(self._root)
        if f"{root}/".startswith(f"{place.rstrip('/')}/") or any(f"{place}/".startswith(f"{one}/") for one in _NO_DOCUMENTS):
            return True
        if not os.path.exists(place) or entry.stat(follow_symlinks=False).st_uid in (0, os.stat(place).st_uid):
            return False
        self.problems.append(f"{entry.path}: a link to what is of another owner")
        return True


def read_document(path: str, most: int) -> tuple[bytes, bool]:
    """The first *most* bytes of a file, and whether that is all of it. Raises OSError; a pipe is an empty file."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return b"", True
        data = file.read(most + 1)
    return data[:most], len(data) <= most


def text_of(data: bytes, charset: str = "") -> Optional[str]:
    """What bytes say: by a byte order mark, by *charset*, as UTF-8, or else one character for each byte. None when it is no text."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data[:_HEAD]:
        return None
    for encoding in filter(None, (charset, "utf-8")):
        try:
            return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")
