# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One round of the leak test: new hosts, all modes on one ansible-core, and then a search of the hosts."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hosts
import judge
import room as rooms
import searching
from modes import Mode, Run, perform
from needles import PEM, Secret, of_key, of_text
from watching import Watcher, files_of_host, files_of_room, processes_here, processes_of_host

#: Put where a leak would be: in arguments of a process and the journal of a host, in files of host and controller.
PLANTED = "planted"
PLANT = 'logger "$1"; printf %s "$1" | base64 > /var/tmp/planted'


class Round:
    """What is known of it."""

    def __init__(self, name: str, python: Path, room: Path, modes: Sequence[Mode]) -> None:
        self.name = name
        self.core = _core(python)
        self.runs: list[Run] = []
        self.secrets: list[Secret] = []
        self.problems: list[str] = []
        self.processes = self.events = 0
        self.found = searching.Result()
        self._python = python
        self._room = room
        self._modes = modes

    def play(self) -> None:
        """Everything."""
        self._say("making new hosts")
        machines = hosts.new_hosts()
        self._room.mkdir(mode=0o700)
        vault = self._furnish(machines)
        planted = rooms.passphrase(PLANTED)
        texts = [secret.needles[0].data for secret in self.secrets]
        with contextlib.ExitStack() as stack:
            files = {host.name: stack.enter_context(files_of_host(host, texts)) for host in machines}
            files["controller"] = stack.enter_context(files_of_room(self._room, texts))
            processes = {host.name: stack.enter_context(processes_of_host(host)) for host in machines}
            processes["controller"] = stack.enter_context(processes_here())
            rooms.open_shop(self._room / "shop", machines, vault["vault_old_passphrase"])
            for mode in self._modes:
                self._run(machines, mode)
            machines[0].run("sh", "-ec", PLANT, "sh", planted)
            self._take_in_processes(processes)
            self._take_in_files(files)
        self._say("searching the hosts")
        self.secrets.append(of_text(f"{self.name} {PLANTED}", PLANTED, planted))
        for host in machines:
            (self._room / f"journal-{host.name}").write_bytes(host.journal())
        with ThreadPoolExecutor() as pool:
            for found in pool.map(lambda host: searching.on_host(host, self.secrets), machines):
                self.found.add(found)

    def _say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} ansible-core {self.core}: {text}", flush=True)

    def _furnish(self, machines: Sequence[hosts.Host]) -> dict[str, str]:
        variables = hosts.variables(self._python)
        vault = rooms.passphrases(variables.pop("lab_external_account")["fleet"])
        self.secrets += rooms.furnish(self._room, self._python, variables, machines, vault)
        return vault

    def _run(self, machines: Sequence[hosts.Host], mode: Mode) -> None:
        for host in machines:
            host.forget()
        run = perform(mode, self._python, self._room)
        self._say(f"{mode.name} took {run.ended - run.began:.0f} s")
        if run.problem:
            sys.exit(f"leak: {self.core}: {run.problem}")
        self.runs.append(run)

    def _take_in_processes(self, watchers: dict[str, Watcher]) -> None:
        """End watching them, and keep what they showed, to be searched."""
        for name, watcher in watchers.items():
            told, shown = watcher.stop()
            self.processes += told["processes"]
            (self._room / f"processes-{name}").write_bytes(shown)

    def _take_in_files(self, watchers: dict[str, Watcher]) -> None:
        """End watching them: the keys that were seen, and what was wrong with their files."""
        seen = {name: watcher.stop()[0] for name, watcher in watchers.items()}
        self.events = sum(told["events"] for told in seen.values())
        files = [(machine, file) for machine, told in seen.items() for file in told["files"]]
        self.secrets += list(_keys(self.name, files))
        for machine, file in files:
            role = "controller" if machine == "controller" else "host"
            if wrong := judge.too_open(f"{role}:{file['paths'][-1]}", file):
                self.problems.append(f"{machine}:{' or '.join(file['paths'])}: {wrong}")
        for run in self.runs:
            made = [file for machine, file in files if machine != "controller" and file["keys"] and run.began < file["when"] < run.ended]
            if bool(made) is not run.mode.makes_keys:
                self.problems.append(
                    f"{run.mode.name}: {len(made)} files with keys were made on hosts, which is not what this mode is to do"
                )


def _keys(of_round: str, files: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[Secret]:
    """Each key once, named by the first place where it was seen."""
    places: dict[str, str] = {}
    for machine, file in files:
        for key in file["keys"]:
            places.setdefault(key, f"{of_round} {machine}:{file['paths'][-1]}, made {file['when']:.3f}")
    for key, place in places.items():
        pem = key.encode()
        sealed = b"ENCRYPTED" in (PEM.search(pem) or {"kind": b""})["kind"]
        public = (
            b""
            if sealed
            else subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=pem, check=True, capture_output=True).stdout
        )
        yield of_key(f"key of {place}", "encrypted key" if sealed else "key", pem, public)


def _core(python: Path) -> str:
    """The version of ansible-core that it has."""
    command = [python, "-c", "from ansible.release import __version__; print(__version__)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
