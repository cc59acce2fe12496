# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import HttpdError
from ansible_collections.encrypt.httpd.plugins.module_utils._lock import Lock

HOLD = """
import os, sys, time
from ansible_collections.encrypt.httpd.plugins.module_utils._lock import Lock
with Lock(0, sys.argv[1]) as lock:
    lock.note("reloads httpd")
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_holds_it_and_gets_it_when_that_one_is_killed(tmp_path: Path) -> None:
    directory = str(tmp_path / "run")
    said = {"SUDO_USER": "ops", "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLD, directory]
    with subprocess.Popen(command, env={**os.environ, **said}, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        told = rf"another run .*: process {other.pid} \(ops from 192.0.2.7\), reloads httpd, since .*Nothing was changed"
        with pytest.raises(HttpdError, match=told), Lock(0.2, directory):
            pass
        other.kill()
        with Lock(5, directory) as lock:
            assert stat.S_IMODE(os.stat(lock.path).st_mode) == 0o600


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "run" / "lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"), Lock(0, str(tmp_path / "run")):
        pass
    assert victim.read_text() == "mine"
