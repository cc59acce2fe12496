# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at files before whoever opens them gets them: fanotify(7) of Linux, which has each open wait for an answer.

While a group is there, its own process must not open any file that is watched: it would wait for itself.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

#: Of <sys/fanotify.h>.
CLASS_CONTENT, CLOEXEC, UNLIMITED_QUEUE, UNLIMITED_MARKS = 0x04, 0x01, 0x10, 0x20
ADD, IGNORED, FILE_SYSTEM = 0x01, 0x20, 0x100
CLOSE_WRITE, OPEN_PERM, ON_CHILD = 0x08, 0x10000, 0x08000000
ALLOW, AT_FDCWD = 0x01, -100
#: What "now and then" is.
SECONDS = 0.5
EVENT, ANSWER = struct.Struct("=IBBHQii"), struct.Struct("=iI")


@dataclass(frozen=True)
class Event:
    """One process opens a file, and waits; or has written to it, and closed it. *descriptor* is open for reading."""

    mask: int
    descriptor: int
    process: int

    @property
    def opens(self) -> bool:
        """Whether it waits."""
        return bool(self.mask & OPEN_PERM)

    @property
    def written(self) -> bool:
        """Whether it has written."""
        return bool(self.mask & CLOSE_WRITE)

    @property
    def path(self) -> str:
        """Where the file lies now, as far as it still does."""
        return os.readlink(f"/proc/self/fd/{self.descriptor}").replace(" (deleted)", "")


class Group:
    """What is watched."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        flags = CLASS_CONTENT | CLOEXEC | UNLIMITED_QUEUE | UNLIMITED_MARKS
        self._descriptor = int(self._libc.fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC))
        self._check(self._descriptor, "fanotify_init")
        self.events = 0

    def file_system(self, place: str) -> None:
        """Watch all files of a file system."""
        self._mark(ADD | FILE_SYSTEM, OPEN_PERM | CLOSE_WRITE, AT_FDCWD, place)

    def directory(self, place: str) -> None:
        """Watch who opens files right in a directory."""
        self._mark(ADD, OPEN_PERM | ON_CHILD, AT_FDCWD, place)

    def ignore(self, event: Event) -> None:
        """Opens of this file need not wait until it is written to."""
        self._mark(ADD | IGNORED, OPEN_PERM, event.descriptor, None)

    def follow(self, look: Callable[[Event], None], now_and_then: Optional[Callable[[], None]] = None) -> None:
        """Until standard input ends."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.register(0, select.POLLIN | select.POLLHUP)
        ready: list[int] = []
        due = 0.0
        try:
            while 0 not in ready or self._descriptor in ready:
                ready = [descriptor for descriptor, _event in poll.poll(SECONDS * 1000)]
                if self._descriptor in ready:
                    self._look_at_all(look)
                if now_and_then and time.monotonic() >= due:
                    now_and_then()
                    due = time.monotonic() + SECONDS
        finally:
            os.close(self._descriptor)  # lets go whoever waits

    def _look_at_all(self, look: Callable[[Event], None]) -> None:
        data = os.read(self._descriptor, 1 << 16)
        for place in range(0, len(data), EVENT.size):
            _length, _version, _reserved, _size, mask, descriptor, process = EVENT.unpack_from(data, place)
            event = Event(mask, descriptor, process)
            self.events += 1
            try:
                look(event)
            finally:
                if event.opens:
                    os.write(self._descriptor, ANSWER.pack(descriptor, ALLOW))
                os.close(descriptor)

    def _mark(self, kind: int, events: int, descriptor: int, path: Optional[str]) -> None:
        place = path.encode() if path is not None else None
        answer = self._libc.fanotify_mark(self._descriptor, ctypes.c_uint(kind), ctypes.c_uint64(events), descriptor, place)
        self._check(answer, f"fanotify_mark {path or descriptor}")

    @staticmethod
    def _check(answer: int, what: str) -> None:
        if answer < 0:
            raise OSError(f"{what}: {os.strerror(ctypes.get_errno())}; this needs root, and Linux with fanotify's permission events")
