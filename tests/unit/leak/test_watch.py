# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The watchers can fail, too: files that are open for a moment, processes that live for a moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import judge
import pytest
from fanotify import Group

from .conftest import LEAK
from .keys import pair


def watcher(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, LEAK / program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace")


def allowed() -> bool:
    """Whether this machine and user have fanotify."""
    try:
        Group()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not allowed(), reason="needs fanotify")


@pytest.fixture
def room(tmp_path: Path) -> Any:
    if subprocess.run(["mount", "-t", "tmpfs", "leak", tmp_path], check=False).returncode:
        pytest.skip("needs to mount a file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def make(room: Path, pem: bytes, *, first: int, then: int, directory: int) -> None:
    """A file with a mode that it is made with, and one that it gets before anything is in it."""
    (room / "d").mkdir()
    (room / "d").chmod(directory)
    os.umask(0)
    descriptor = os.open(room / "d/privkey.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, first)
    os.fchmod(descriptor, then)
    os.write(descriptor, pem)
    os.close(descriptor)


@pytest.mark.parametrize(
    ("first", "then", "directory", "wrong"),
    [
        (0o600, 0o600, 0o700, ""),
        (0o644, 0o600, 0o700, "it was more open than 0600 (all modes that it had, together: 0644)"),
        (0o600, 0o640, 0o700, "it was more open than 0600 (all modes that it had, together: 0640)"),
        (0o600, 0o600, 0o750, "its directory was more open than 0700 (0750)"),
    ],
)
def test_a_key_file_is_seen_with_each_mode_that_it_had(room: Path, first: int, then: int, directory: int, wrong: str) -> None:
    pem = pair("ecdsa-p256")[0]
    with watcher("watch.py", room) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write('{"texts": []}\n')
        process.stdin.flush()
        assert process.stdout.readline() == "watching\n"
        make(room, pem, first=first, then=then, directory=directory)
        (room / "public").write_text("no secret")
        told = json.loads(process.communicate()[0])
    (seen,) = told["files"]
    assert seen["keys"] == [pem.decode().rstrip()]
    assert seen["paths"] == [f"{room}/d/privkey.pem"]
    assert judge.too_open(f"host:{seen['paths'][0]}", seen) == wrong


def test_a_process_is_seen_however_short_it_lives() -> None:
    with watcher("processes.py") as process:
        assert process.stdout
        assert process.stdout.readline() == "watching\n"
        for number in range(20):
            subprocess.run(["/bin/true", f"argument-{number}"], env={"LEAK": f"variable-{number}"}, check=True)
        told = process.communicate()[0].split("\n")
    assert {f"argument-{number}" for number in range(20)} <= set(told)
    assert {f"LEAK=variable-{number}" for number in range(20)} <= set(told)
    assert json.loads(told[0])["processes"] >= 20
