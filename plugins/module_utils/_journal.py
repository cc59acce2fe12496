# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of files that can be undone at any moment, by anybody: all of it is written beforehand, so that doing and undoing are
renames alone, which need no room on the disk. The journal is a shell script that undoes it, however far the change had got."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Sequence

from . import _files as files
from ._config_files import ConfigFile
from ._errors import FileError

#: Below the server root: what the collection itself has to remember there.
STATE = ".encrypt-httpd"
_UNDO, _UNCONFIRMED = "undo", "unconfirmed"

# What is staged still lies there as long as its step is not done.
_SCRIPT = """\
#!/bin/sh
# Written by encrypt.httpd: puts the configuration of httpd back as it was before a change. It may run several times.
# Without "locked" as its first argument it waits until no run of the collection is at work, and has httpd take it up.
set -u
transaction={transaction}
failed=0
is_there() {{
    [ -e "$1" ] || [ -L "$1" ]
}}
put_back() {{ # STAGED PATH BACKUP: what lay there
    if is_there "$1" && is_there "$2"; then return; fi
    if is_there "$3"; then mv -fT -- "$3" "$2" || failed=1; fi
}}
take_away() {{ # STAGED PATH: nothing lay there
    is_there "$1" || rm -f -- "$2" || failed=1
}}
if [ "${{1-}}" != locked ]; then
    exec 9>>{lock} && flock -w 120 9 || exit 75
fi
[ -e "$transaction/{undo}" ] || exit 0 # it was confirmed meanwhile
{steps}
[ "$failed" = 0 ] || exit 1
[ "${{1-}}" != locked ] || exit 0
{reload}
rm -rf -- "$transaction"
"""


class Journal:
    """The one change of a host that may be under way; *directory* exists only while it is."""

    def __init__(self, server_root: str) -> None:
        self.directory = f"{server_root}/{STATE}/transaction"
        self._root = server_root
        self._changed: tuple[ConfigFile, ...] = ()

    @property
    def script(self) -> str:
        """Where the script lies that undoes the change."""
        return f"{self.directory}/{_UNDO}"

    def exists(self) -> bool:
        """Tell whether a change is under way that would have to be undone."""
        return os.path.lexists(self.script)

    def prepare(self, changed: Sequence[ConfigFile], *, lock: str, reload: Sequence[str]) -> None:
        """Write all there is to write. *lock* is the lock's path, *reload* the lines that have httpd take up what was put back."""
        self._changed = tuple(changed)
        self.forget()
        files.make_private_directory(f"{self._root}/{STATE}", tighten=True)
        files.make_private_directory(self.directory)
        steps = [self._prepare(number, file) for number, file in enumerate(self._changed)]
        text = _SCRIPT.format(
            transaction=shlex.quote(self.directory),
            undo=_UNDO,
            lock=shlex.quote(lock),
            steps="\n".join(reversed(steps)),
            reload="\n".join(reload),
        )
        files.write_private(self.script, text.encode(errors="surrogateescape"))
        files.sync_directory(self.directory)

    def _prepare(self, number: int, file: ConfigFile) -> str:
        staged, backup = f"{self.directory}/new-{number}", f"{self.directory}/old-{number}"
        if file.content is None and file.link is None:
            files.touch_private(staged)
        else:
            file.put(staged)
        os.makedirs(os.path.dirname(file.path), mode=0o755, exist_ok=True)
        if not os.path.lexists(file.path):
            return shlex.join(["take_away", staged, file.path])
        os.link(file.path, backup, follow_symlinks=False)
        return shlex.join(["put_back", staged, file.path, backup])

    def apply(self, note: Callable[[str], None] = lambda _step: None) -> None:
        """Put all in place, rename by rename; *note* hears of each."""
        for number, file in enumerate(self._changed):
            note(f"puts {file.path} in place")
            staged = f"{self.directory}/new-{number}"
            if file.content is None and file.link is None:
                files.remove(file.path)
                files.remove(staged)
            else:
                _rename(staged, file.path)
        for directory in {os.path.dirname(file.path) for file in self._changed}:
            files.sync_directory(directory)

    def wait_for(self, token: str) -> None:
        """Note that the change is done, and who has to confirm it."""
        files.write_private(f"{self.directory}/{_UNCONFIRMED}", token.encode())

    def awaits(self) -> str:
        """What has to be told to confirm the change; empty when it is not done, or there is none."""
        return (files.read(f"{self.directory}/{_UNCONFIRMED}") or b"").decode()

    def forget(self) -> None:
        """There is nothing to undo any more: the change stays, or it is undone."""
        files.remove(self.script)  # from here on nobody would undo it
        shutil.rmtree(self.directory, ignore_errors=True)


def _rename(source: str, target: str) -> None:
    try:
        os.rename(source, target)
    except OSError as error:
        raise FileError(f"{target}: cannot be put in place: {error.strerror}") from error
