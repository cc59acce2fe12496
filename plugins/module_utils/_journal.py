# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of files that can be undone at any moment, by anybody: all of it is written beforehand, so that doing and undoing are
renames alone, which need no room on the disk. The journal is a shell script that undoes it, however far the change had got."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import _files as files
from ._config_files import ConfigFile
from ._errors import FileError

#: Below the server root: what the collection itself has to remember there.
STATE = ".encrypt-httpd"
_UNDO, _UNCONFIRMED, _BESIDE = "undo", "unconfirmed", "beside"

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
    mkdir -p -m 0700 {lock_directory}
    exec 9>>{lock}
    flock 9
fi
[ -e "$transaction/{undo}" ] || exit 0 # it was confirmed meanwhile
{steps}
[ "$failed" = 0 ] || exit 1
[ "${{1-}}" != locked ] || exit 0
{reload}
rm -rf -- "$transaction" {beside}
"""


@dataclass(frozen=True)
class _Step:
    """One file of a change, where its new content waits, and where what lay there is kept."""

    file: ConfigFile
    staged: str
    backup: str

    def write(self) -> None:
        """Write what is needed to do it and to undo it; nothing is touched. Raises OSError (EXDEV for a place on another file system)."""
        files.remove(self.backup)
        if self.file.goes():
            files.remove(self.staged)
            files.touch_private(self.staged)
        else:
            self.file.put(self.staged)
        if os.path.lexists(self.file.path):
            os.link(self.file.path, self.backup, follow_symlinks=False)
        else:
            probe = f"{self.file.path}.{secrets.token_hex(4)}~"
            os.link(self.staged, probe, follow_symlinks=False)
            files.remove(probe)

    def undo(self) -> str:
        """The line of the script."""
        if os.path.lexists(self.backup):
            return shlex.join(["put_back", self.staged, self.file.path, self.backup])
        return shlex.join(["take_away", self.staged, self.file.path])

    def do(self) -> None:
        """Put it in place."""
        if not self.file.goes():
            os.rename(self.staged, self.file.path)
            return
        files.remove(self.file.path)
        files.remove(self.staged)


class Journal:
    """The one change of a host that may be under way; *directory* exists only while it is."""

    def __init__(self, server_root: str) -> None:
        self.directory = f"{server_root}/{STATE}/transaction"
        self._root = server_root
        self._steps: tuple[_Step, ...] = ()

    @property
    def script(self) -> str:
        """Where the script lies that undoes the change."""
        return f"{self.directory}/{_UNDO}"

    def exists(self) -> bool:
        """Tell whether a change is under way that would have to be undone."""
        return os.path.lexists(self.script)

    def prepare(self, changed: Sequence[ConfigFile], *, lock: str, reload: Sequence[str]) -> None:
        """Write all there is to write. *lock* is the lock's path, *reload* the lines that have httpd take up what was put back."""
        self.forget()
        files.make_private_directory(f"{self._root}/{STATE}", tighten=True)
        files.make_private_directory(self.directory)
        self._steps = tuple(self._prepare(number, file) for number, file in enumerate(changed))
        beside = [path for step in self._steps for path in (step.staged, step.backup) if not path.startswith(self.directory)]
        text = _SCRIPT.format(
            transaction=shlex.quote(self.directory),
            undo=_UNDO,
            lock=shlex.quote(lock),
            lock_directory=shlex.quote(os.path.dirname(lock)),
            steps="\n".join(step.undo() for step in reversed(self._steps)),
            reload="\n".join(reload),
            beside=shlex.join(beside),
        )
        files.write_private(f"{self.directory}/{_BESIDE}", "\0".join(beside).encode(errors="surrogateescape"))
        files.write_private(self.script, text.encode(errors="surrogateescape"))
        files.sync_directory(self.directory)

    def _prepare(self, number: int, file: ConfigFile) -> _Step:
        directory, name = os.path.split(file.path)
        os.makedirs(directory, mode=0o755, exist_ok=True)
        step = _Step(file, f"{self.directory}/new-{number}", f"{self.directory}/old-{number}")
        try:
            step.write()
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise FileError(f"{file.path}: cannot be changed: {error.strerror}. Nothing was changed") from error
            files.remove(step.staged)
            step = _Step(file, f"{directory}/.{name}.new~", f"{directory}/.{name}.old~")  # the directory is a mount of its own
            step.write()
        return step

    def apply(self, note: Callable[[str], None] = lambda _step: None) -> None:
        """Put all in place, rename by rename; *note* hears of each."""
        for step in self._steps:
            note(f"puts {step.file.path} in place")
            try:
                step.do()
            except OSError as error:
                raise FileError(f"{step.file.path}: cannot be put in place: {error.strerror}") from error
        for directory in {os.path.dirname(step.file.path) for step in self._steps}:
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
        beside = (files.read(f"{self.directory}/{_BESIDE}") or b"").decode(errors="surrogateescape")
        for path in filter(None, beside.split("\0")):
            with contextlib.suppress(OSError):  # what cannot be removed does no harm there
                files.remove(path)
        shutil.rmtree(self.directory, ignore_errors=True)
