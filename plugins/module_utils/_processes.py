# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel tells of a running httpd: its children, its environment, the files that it writes."""

from __future__ import annotations

import os
import stat

from ._files import link_target, read

#: What systemd gives to a service alone.
_OF_SERVICE = ("NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_", "WATCHDOG_", "MAINPID", "SYSTEMD_EXEC_PID")


def children(process: int) -> set[int]:
    """Process ids of the children."""
    return {int(number) for number in (read(f"/proc/{process}/task/{process}/children") or b"").split()}


def family(process: int) -> set[int]:
    """A process with all that descend from it; nobody for 0."""
    found: set[int] = set()
    todo = {process} - {0}
    while todo:
        found |= todo
        todo = {child for one in todo for child in children(one)} - found
    return found


def is_alive(process: int) -> bool:
    """Tell whether it runs; a zombie does not."""
    status = (read(f"/proc/{process}/stat") or b"").rpartition(b") ")[2]
    return bool(status) and not status.startswith((b"Z", b"X"))


def parent(process: int) -> int:
    """Process id of the parent; 0 when it has none, or has ended."""
    fields = (read(f"/proc/{process}/stat") or b"").rpartition(b") ")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def environment(process: int) -> dict[str, str]:
    """The environment that a process was started with, but for what concerns that process alone."""
    text = (read(f"/proc/{process}/environ") or b"").decode(errors="surrogateescape")
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {name: value for name, equals, value in pairs if equals and not name.startswith(_OF_SERVICE)}


def written_files(process: int) -> set[str]:
    """The plain files that a process and its children have open for writing: logs, mostly."""
    found: set[str] = set()
    for one in family(process):
        try:
            names = os.listdir(f"/proc/{one}/fd")
        except OSError:
            continue  # it has ended
        found.update(path for name in names if (path := _written(f"/proc/{one}/fd/{name}")))
    return found


def _written(descriptor: str) -> str:
    try:
        writable = os.lstat(descriptor).st_mode & stat.S_IWUSR
        plain = stat.S_ISREG(os.stat(descriptor).st_mode)
    except OSError:
        return ""
    path = link_target(descriptor) or ""
    return path if writable and plain and path.startswith("/") and os.path.exists(path) else ""
