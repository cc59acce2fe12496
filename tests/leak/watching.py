# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that watch hosts, controller and processes while plays run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hosts import HERE, Host, python


class Watcher:
    """One that was started, and watches by the time it is made."""

    def __init__(self, command: Sequence[str], order: Any = None) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin
        assert self._process.stdout
        if order is not None:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        if self._process.stdout.readline() != b"watching\n":
            raise RuntimeError(f"{command[:3]} does not watch")

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_problem: object) -> None:
        if self._process.poll() is None:
            self.stop()

    def stop(self) -> tuple[Any, bytes]:
        """What it tells, in JSON and besides."""
        told, _errors = self._process.communicate()
        first, _line_end, rest = told.partition(b"\n")
        return json.loads(first), rest


def files_of_host(host: Host, texts: Sequence[bytes]) -> Watcher:
    """Every file system of a host."""
    return Watcher(host.inside(*python("watch.py")), {"texts": [text.hex() for text in texts]})


def files_of_room(room: Path, texts: Sequence[bytes]) -> Watcher:
    """The file system that the room is."""
    return Watcher([sys.executable, str(HERE / "watch.py"), str(room)], {"texts": [text.hex() for text in texts]})


def processes_of_host(host: Host) -> Watcher:
    """All processes of a host."""
    return Watcher(host.inside(*python("processes.py")))


def processes_here() -> Watcher:
    """All processes of this machine."""
    return Watcher([sys.executable, str(HERE / "processes.py")])
