# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search hosts and controller for secrets; what is found is looked at by the judge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import judge
from hosts import HERE, Host, python, state
from needles import Secret

#: File systems of their own on many machines; each is searched once.
ROOTS = (
    "/",
    "/boot",
    "/dev/shm",
    "/home",
    "/root",
    "/run",
    "/run/lock",
    "/tmp",
    "/usr",
    "/var",
    "/var/log",
    "/var/log/journal",
    "/var/tmp",
)
#: What the kernel makes up.
KERNEL = ("/proc", "/sys")
#: On the controller also the hosts' own file systems, which are searched from inside, and what the lab's own CA knows.
LAB = ("/var/lib/encrypt-httpd-lab", "/run/encrypt-httpd-lab", str(state()))


@dataclass
class Result:
    """How much was searched; the secrets in their own files, and those elsewhere: which secret, and where in words."""

    files: int = 0
    bytes: int = 0
    own: set[str] = field(default_factory=set)
    elsewhere: list[tuple[Secret, str]] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Both together."""
        self.files += other.files
        self.bytes += other.bytes
        self.own |= other.own
        self.elsewhere += other.elsewhere


@dataclass(frozen=True)
class Machine:
    """Where to search: its name for people, what the judge calls it, the command, and the directory that paths are told from."""

    name: str
    role: str
    command: Sequence[str]
    below: str = ""

    def place(self, path: str) -> str:
        """A path, as people and the judge name it."""
        return path.removeprefix(self.below) if self.below else path


def on_host(host: Host, secrets: Sequence[Secret]) -> Result:
    """Its whole file system."""
    machine = Machine(host.name, "host", host.inside(*python("search.py")))
    return _search(machine, secrets, {"roots": ROOTS, "leave_out": KERNEL, "since": 0})


def on_controller(room: Path, since: float, secrets: Sequence[Secret]) -> Result:
    """All that has changed since, and the room."""
    machine = Machine("controller", "controller", (sys.executable, str(HERE / "search.py")), f"{room}/")
    return _search(machine, secrets, {"roots": [str(room), *ROOTS], "leave_out": [*KERNEL, *LAB], "since": since})


def _search(machine: Machine, secrets: Sequence[Secret], order: dict[str, Any]) -> Result:
    needles = [(secret, needle) for secret in secrets for needle in secret.needles]
    asked = json.dumps({**order, "needles": [needle.data.hex() for _secret, needle in needles]})
    answer = json.loads(subprocess.run(machine.command, input=asked.encode(), check=True, capture_output=True).stdout)
    result = Result(answer["files"], answer["bytes"])
    for found in answer["found"]:
        forms: dict[str, set[str]] = {}
        for secret, needle in (needles[number] for number in found["needles"]):
            forms.setdefault(secret.name, set()).add(needle.form)
        for secret in (secret for secret in secrets if secret.name in forms):
            place = machine.place(found["path"])
            if judge.is_own(secret.kind, f"{machine.role}:{place}", found):
                result.own.add(secret.name)
            else:
                told = judge.told(found, f"{machine.name}:{place}", secret.name, sorted(forms[secret.name]))
                result.elsewhere.append((secret, told))
    return result
