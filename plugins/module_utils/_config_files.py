# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of httpd as they are and as they shall be."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import _files as files
from ._errors import ArgumentError, FileError
from ._layout import Layout


@dataclass(frozen=True)
class ConfigFile:
    """A file with *content*, or a symlink to *link*; with neither of them it shall not exist."""

    path: str
    content: str | None = None
    link: str | None = None
    #: Mode and owner (user, group), as far as they are other than usual.
    mode: int = field(default=0o644, compare=False)
    owner: tuple[int, int] | None = field(default=None, compare=False)

    def goes(self) -> bool:
        """Tell whether there shall be nothing at the path."""
        return self.content is None and self.link is None

    @property
    def private(self) -> bool:
        """Tell whether only its owner may read it."""
        return not self.mode & 0o077

    def differs(self, wanted: ConfigFile) -> bool:
        """Tell whether it is not what it shall be: in content, or as all may read what is private."""
        return self != wanted or (wanted.private and not self.private)

    def found(self) -> ConfigFile:
        """What lies at the path now, in the same terms, so that it can be put back as it was."""
        target = files.link_target(self.path)
        if target is not None:
            return ConfigFile(self.path, link=target)
        if os.path.isdir(self.path):
            raise FileError(f"{self.path}: there is a directory where a configuration file belongs; move it away")
        data = files.read(self.path)
        if data is None:
            return ConfigFile(self.path)
        state = os.stat(self.path)
        text, owner = data.decode(errors="surrogateescape"), (state.st_uid, state.st_gid)
        return ConfigFile(self.path, text, mode=stat.S_IMODE(state.st_mode), owner=owner)

    def put(self, path: str | None = None) -> None:
        """Make it so, in one rename, here or at another *path*."""
        where = path or self.path
        if self.link is not None:
            files.swap_link(where, self.link)
        elif self.content is not None:
            files.write_public(where, self.content.encode(errors="surrogateescape"), self.mode, self.owner)
        else:
            files.remove(where)


def check_paths(wanted: Sequence[ConfigFile], certificates: Iterable[Layout], server_root: str) -> None:
    """Raise ArgumentError for a path (of files, of certificates) outside of the server root, or named twice."""
    for layout in certificates:
        if not _is_below(layout.site, server_root):
            raise ArgumentError(f"directory: {layout.directory} must lie below the server root {server_root}")
    seen: set[str] = set()
    for file in wanted:
        if not _is_below(file.path, server_root):
            raise ArgumentError(f"{file.path}: files of the transaction must lie below the server root {server_root}")
        if file.path in seen:
            raise ArgumentError(f"{file.path}: named twice; each file can have one content only")
        seen.add(file.path)


def _is_below(path: str, server_root: str) -> bool:
    return os.path.normpath(path) == path and path.startswith(server_root + "/")
