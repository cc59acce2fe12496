# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which people run playbooks, and one such run with all that it prints, logs and caches kept in a directory."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAYS = ROOT / "extensions" / "molecule" / "leak"


@dataclass(frozen=True)
class Mode:
    """One way. *makes_keys* tells whether there are new keys after it."""

    name: str
    play: str = "play.yml"
    options: tuple[str, ...] = ()
    variables: dict[str, bool] = field(default_factory=lambda: {"https_rekey": True})
    environment: dict[str, str] = field(default_factory=dict)
    fails: bool = False
    makes_keys: bool = True


WITHOUT_PIPELINING = {"ANSIBLE_PIPELINING": "0"}  # as is Ansible's default: modules and their arguments are files on the host for a moment
#: mod_md takes a third of the time of a run.
REKEY, MOD_MD = {"https_rekey": True}, {"leak_mod_md": True}
MODES = (
    Mode("normal", variables=MOD_MD, environment=WITHOUT_PIPELINING),
    Mode("check", options=("--check", "--diff"), makes_keys=False),
    Mode("diff", options=("--diff",)),
    Mode("verbose", options=("-vvvv",), variables={**REKEY, **MOD_MD}, environment={"ANSIBLE_DEBUG": "1"}),
    Mode("failing", options=("-vvv",), variables={**REKEY, "leak_fails": True}, fails=True),
    Mode("async", play="async.yml", options=("-vvv",)),
    Mode("keep_remote_files", variables={**REKEY, **MOD_MD}, environment={"ANSIBLE_KEEP_REMOTE_FILES": "1"}),
)


@dataclass(frozen=True)
class Run:
    """What came of one."""

    mode: Mode
    began: float
    ended: float
    problem: str


def perform(mode: Mode, python: Path, room: Path) -> Run:
    """One run in one mode with the ansible-core of a virtual environment."""
    kept = room / mode.name
    kept.mkdir()
    command = [python.parent / "ansible-playbook", "--inventory", room / "inventory.yml", *mode.options]
    command += ["--extra-vars", json.dumps(mode.variables), PLAYS / mode.play]
    began = time.time()
    with open(kept / "stdout", "wb") as stdout, open(kept / "stderr", "wb") as stderr:
        done = subprocess.run(command, stdout=stdout, stderr=stderr, env=_environment(mode, python, room), cwd=room, check=False)
    problem = ""
    if bool(done.returncode) is not mode.fails:
        problem = f"{mode.name}: exit code {done.returncode}: {(kept / 'stdout').read_text(errors='replace')[-3000:]}"
    return Run(mode, began, time.time(), problem)


def _environment(mode: Mode, python: Path, room: Path) -> dict[str, str]:
    kept = room / mode.name
    return {
        "PATH": f"{python.parent}:{os.defpath}:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(room / "home"),
        "TMPDIR": str(room / "tmp"),
        "ANSIBLE_HOME": str(room / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(room / "vault-password"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_LOG_PATH": str(kept / "log"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(room / "facts"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "leak_results",
        "LEAK_RESULTS": str(kept / "results"),
        **mode.environment,
    }
