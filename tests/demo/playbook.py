# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's commands for the demo, their output condensed to one line for each task."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from machine import LabError, say

RESULT = re.compile(r"(ok|changed|skipping|failed|fatal): \[([^\]\s]+)")
RECAP = re.compile(r"(\S+)\s+: (ok=\d+)\s+(changed=\d+)\s+(unreachable=\d+)\s+(failed=\d+)")


def environment(configuration: Path, collections: Path, home: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(configuration),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
    }


def show(command: list[str]) -> None:
    print(f"\n$ {' '.join(command)}", flush=True)


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Condensed:
    """Turns ansible-playbook's lines into a line for each task that did something to see, and the recap."""

    def __init__(self) -> None:
        self.task = ""
        self.changed: list[str] = []
        self.all = 0

    def take(self, line: str) -> None:
        if line.startswith(("TASK [", "PLAY RECAP", "PLAY [")):
            self.close()
            self.task = line[6 : line.rindex("]")].rpartition(" : ")[2] if line.startswith("TASK [") else ""
            if self.task and sys.stdout.isatty():
                print(f"{'':10} {self.task} ...", end="\r", flush=True)
        elif found := RESULT.match(line):
            self.all += found[1] in ("ok", "changed")
            if found[1] == "changed" and found[2] not in self.changed:
                self.changed.append(found[2])
        elif found := RECAP.match(line):
            say("  ".join((f"{found[1]:6}", *found.groups()[1:])))

    def close(self) -> None:
        if self.task and self.all and not self.task.startswith("Validating arguments"):
            say(f"{self.task:<66} {'changed ' + ' '.join(sorted(self.changed)) if self.changed else 'ok'}")
        self.task, self.changed, self.all = "", [], 0


def run(inventory: Path, playbook: str, log: Path) -> None:
    command = ["ansible-playbook", "-i", str(inventory), playbook]
    show(command)
    condensed = Condensed()
    with (
        log.open("w", encoding="utf-8") as whole,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            whole.write(line)
            whole.flush()
            condensed.take(line)
    if process.returncode:
        raise LabError(f"{' '.join(command)} failed; its output is in {log}:\n\n{log.read_text(encoding='utf-8')[-4000:]}")
