# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search every regular file of a machine for byte strings. Runs on the machine that is searched, and needs its grep.

The order comes as JSON over standard input, so that no file, argument or environment has what is searched for; the answer goes
to standard output. *roots* are not left for other file systems, *since* leaves out files that have not changed since.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

#: Bytes of file names that one grep is given.
BATCH = 1_000_000


def regular_files(roots: Sequence[str], leave_out: Sequence[str], since: float) -> Iterator[tuple[str, int]]:
    """Path and size of every file below *roots*, each once; what comes and goes meanwhile is left out."""
    seen: set[tuple[int, int]] = set()
    for root in roots:
        with contextlib.suppress(OSError):
            yield from _below(root, os.stat(root).st_dev, frozenset(leave_out), since, seen)


def _below(directory: str, device: int, leave_out: frozenset[str], since: float, seen: set[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    found = os.stat(directory)
    if directory in leave_out or found.st_dev != device or (found.st_dev, found.st_ino) in seen:
        return
    seen.add((found.st_dev, found.st_ino))
    with os.scandir(directory) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _below(entry.path, device, leave_out, since, seen)
                elif entry.is_file(follow_symlinks=False) and entry.path not in leave_out:
                    state = entry.stat(follow_symlinks=False)
                    if max(state.st_ctime, state.st_mtime) >= since:
                        yield entry.path, state.st_size


def batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """So many of them at a time as a command line takes."""
    batch: list[str] = []
    length = 0
    for path in paths:
        if batch and length + len(os.fsencode(path)) > BATCH:
            yield batch
            batch, length = [], 0
        batch.append(path)
        length += len(os.fsencode(path)) + 1
    if batch:
        yield batch


def suspects(paths: Sequence[str], needles: Sequence[bytes]) -> Iterator[str]:
    """The files that contain any of the needles."""
    for batch in batches(paths):
        command = ["grep", "--fixed-strings", "--text", "--files-with-matches", "--null", "--no-messages", "--file=-", "--", *batch]
        done = subprocess.run(command, input=b"\n".join(needles), capture_output=True, env={"LC_ALL": "C", "PATH": os.defpath}, check=False)
        if done.stderr:
            raise OSError(f"grep: {done.stderr.decode(errors='replace')}")
        yield from (os.fsdecode(path) for path in done.stdout.split(b"\0") if path)


def which(path: str, needles: Sequence[bytes]) -> list[int]:
    """The numbers of the needles that a file contains."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return [number for number, needle in enumerate(needles) if data.find(needle) >= 0]


def reachable(path: str) -> bool:
    """Whether a user that is neither the owner nor in the group can read it: the file, and each directory above it."""
    above = os.path.dirname(path)
    while above != "/":
        if not os.stat(above).st_mode & stat.S_IXOTH:
            return False
        above = os.path.dirname(above)
    return bool(os.stat(path).st_mode & stat.S_IROTH)


def describe(path: str, numbers: Sequence[int]) -> dict[str, Any]:
    """Where something was found, and who can read it there."""
    found = os.stat(path)
    return {
        "path": path,
        "needles": list(numbers),
        "mode": stat.S_IMODE(found.st_mode),
        "owner": found.st_uid,
        "directory": stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode),
        "reachable": reachable(path),
    }


def search(order: dict[str, Any]) -> dict[str, Any]:
    """How much was searched, and what was found."""
    needles = [bytes.fromhex(needle) for needle in order["needles"]]
    files = dict(regular_files(order["roots"], order["leave_out"], order["since"]))
    found = []
    for path in suspects(list(files), needles):
        with contextlib.suppress(FileNotFoundError):
            found.append(describe(path, which(path, needles)))
    return {"files": len(files), "bytes": sum(files.values()), "found": found}


if __name__ == "__main__":
    json.dump(search(json.load(sys.stdin)), sys.stdout)
