# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Note the arguments and environment of every process. Runs on the machine that is watched.

Whatever is started opens the list of shared libraries first, and waits until it was looked at (fanotify). Besides, all processes are
looked at now and then, since they can change what they show. When standard input ends, a line of JSON with how many were seen goes to
standard output, and after it all that they showed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from fanotify import Event, Group

LIBRARIES = "ld.so.cache"


class Processes:
    """The distinct arguments and environments."""

    def __init__(self) -> None:
        self.shown: dict[bytes, None] = {}
        self.processes = 0

    def started(self, event: Event) -> None:
        """A process opens a file."""
        if os.path.basename(event.path) == LIBRARIES:
            self._look(event.process)

    def look_at_all(self) -> None:
        """Every process that there is."""
        for process in os.listdir("/proc"):
            if process.isdigit():
                self._look(int(process))

    def _look(self, process: int) -> None:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                with open(f"/proc/{process}/{name}", "rb") as file:
                    shown = file.read().replace(b"\0", b"\n")
                self.processes += name == "cmdline" and shown not in self.shown
                self.shown[shown] = None


def main() -> None:
    """Watch, then tell."""
    processes, group = Processes(), Group()
    group.directory("/etc")
    print("watching", flush=True)
    group.follow(processes.started, processes.look_at_all)
    sys.stdout.buffer.write(json.dumps({"processes": processes.processes}).encode() + b"\n" + b"\n".join(processes.shown))


if __name__ == "__main__":
    main()
