# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch every file on a machine that ever holds a secret: watch.py [DIRECTORY ...]. Runs on the machine that is watched.

A file is seen with the mode that it is made with, before its first byte (fanotify). The order is one line of JSON on standard input, with
texts that are secret besides private keys. When standard input ends, what was seen goes to standard output.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from typing import Optional

from fanotify import Event, Group

KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]+-----END [A-Z ]*PRIVATE KEY-----")
#: More than this of a file is not looked at.
MOST = 1 << 20


@dataclasses.dataclass
class Seen:
    """One file. *mode* has every bit that was ever set; *directory* the same of the directories that it lay in."""

    paths: list[str]
    mode: int = 0
    directory: int = 0
    reachable: bool = False
    when: float = dataclasses.field(default_factory=time.time)
    keys: list[str] = dataclasses.field(default_factory=list)
    texts: int = 0

    @property
    def secret(self) -> bool:
        """Whether it ever held one."""
        return bool(self.keys or self.texts)


class Watch:
    """The files that were seen, by device and inode."""

    def __init__(self, group: Group, texts: list[bytes]) -> None:
        self._group = group
        self._texts = texts
        self._files: dict[tuple[int, int], Seen] = {}
        self._gone: list[Seen] = []

    def look(self, event: Event) -> None:
        """Note the mode before the one who opens a file can do anything; look whether it holds a secret after it was written to."""
        state = os.fstat(event.descriptor)
        if not stat.S_ISREG(state.st_mode):
            return
        seen = self._files.get((state.st_dev, state.st_ino))
        if event.opens and state.st_size == 0 and (seen is None or event.path not in seen.paths):
            seen = self._new(event, state)  # numbers of inodes are used again
        if event.written:
            seen = self._read(event, state, seen)
        if seen is not None:
            self._note(seen, event, state)
        elif event.opens:
            self._group.ignore(event)

    def secrets(self) -> list[Seen]:
        """Those that ever held one."""
        return [seen for seen in (*self._gone, *self._files.values()) if seen.secret]

    def _read(self, event: Event, state: os.stat_result, seen: Optional[Seen]) -> Optional[Seen]:
        data = os.pread(event.descriptor, MOST, 0)
        keys, texts = [key.decode() for key in KEY.findall(data)], sum(text in data for text in self._texts)
        if seen is None and (keys or texts):
            seen = self._new(event, state)
        if seen is not None:
            seen.keys += [key for key in keys if key not in seen.keys]
            seen.texts = max(seen.texts, texts)
        return seen

    def _new(self, event: Event, state: os.stat_result) -> Seen:
        before = self._files.get((state.st_dev, state.st_ino))
        if before is not None and before.secret:
            self._gone.append(before)
        made = self._files[state.st_dev, state.st_ino] = Seen([event.path])
        return made

    @staticmethod
    def _note(seen: Seen, event: Event, state: os.stat_result) -> None:
        seen.mode |= stat.S_IMODE(state.st_mode)
        if not seen.secret:
            return
        if event.path not in seen.paths:
            seen.paths.append(event.path)
        for place in seen.paths:
            modes = list(_modes_above(place))
            seen.directory |= modes[0] if modes else 0
            seen.reachable |= bool(state.st_mode & stat.S_IROTH and all(mode & stat.S_IXOTH for mode in modes))


def _modes_above(path: str) -> Iterator[int]:
    while path != "/":
        path = os.path.dirname(path)
        try:
            yield stat.S_IMODE(os.stat(path).st_mode)
        except OSError:
            return


def file_systems() -> Iterator[str]:
    """The mount points of this machine's own file systems, but for files and parts of others that are mounted somewhere."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields = line.split()
            root, place, kind = fields[3], fields[4], fields[fields.index("-") + 1]
            if root == "/" and kind in ("overlay", "tmpfs", "ext4", "xfs", "btrfs") and not place.startswith("/sys"):
                yield place


def main() -> None:
    """Watch, then tell."""
    group = Group()
    watch = Watch(group, [bytes.fromhex(text) for text in json.loads(sys.stdin.buffer.raw.readline())["texts"]])
    for place in sys.argv[1:] or sorted(set(file_systems())):
        group.file_system(place)
    print("watching", flush=True)
    group.follow(watch.look)
    json.dump({"events": group.events, "files": [dataclasses.asdict(seen) for seen in watch.secrets()]}, sys.stdout)


if __name__ == "__main__":
    main()
