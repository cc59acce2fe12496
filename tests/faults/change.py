#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of a host by what the module httpd_config does, without Ansible around it, so that it can be hit where it hurts.

change.py PLAN.json [--kill-at STEP] [--at STEP COMMAND] [--confirm TOKEN]     prints what it did as JSON, or {"error": ...}

PLAN.json has files, activate, sites, timeout and the like. STEP counts from 1 what the run says in its lock's file; at it the
process is killed, or the shell command is run first.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.encrypt.httpd.plugins.module_utils import _activation, _lock
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._configuration import Configuration, Plan
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._proof import Site

STEPS: list[str] = []


def run(command: Sequence[str]) -> tuple[int, str, str]:
    """Run a command as AnsibleModule.run_command does."""
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def hook(kill_at: int, at: int, command: str) -> None:
    """Be there at each step."""
    say = _lock.Lock.note

    def note(lock: _lock.Lock, step: str) -> None:
        say(lock, step)
        STEPS.append(step)
        if len(STEPS) == at:
            subprocess.run(command, shell=True, check=True)
        if len(STEPS) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    _lock.Lock.note = note  # type: ignore[method-assign]


def plan(path: str) -> Plan:
    """The plan of a file, in the core's terms."""
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    _activation._SPARE = told.pop("spare", _activation._SPARE)
    directory = "/etc/apache2/tls"
    return Plan(
        files=tuple(ConfigFile(**file) for file in told.pop("files", [])),
        activate=tuple(Layout(directory, name) for name in told.pop("activate", [])),
        sites=tuple(Site(Layout(directory, name), tuple(names)) for name, names in told.pop("sites", {}).items()),
        **{"port": 443, "timeout": 5, **told},
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan")
    parser.add_argument("--kill-at", type=int, default=0)
    parser.add_argument("--at", nargs=2, default=("0", ""), metavar=("STEP", "COMMAND"))
    parser.add_argument("--confirm")
    options = parser.parse_args()
    hook(options.kill_at, int(options.at[0]), options.at[1])
    try:
        configuration = Configuration(Httpd.require(run))
        if options.confirm:
            configuration.confirm(plan(options.plan), options.confirm)
            told = {}
        else:
            told = configuration.carry_out(plan(options.plan), datetime.now(timezone.utc), False)
            told.pop("diff")
    except (Error, OSError) as error:
        told = {"error": str(error)}
    print(json.dumps({**told, "steps": STEPS}))
    return "error" in told


if __name__ == "__main__":
    sys.exit(main())
