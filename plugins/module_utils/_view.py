# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private view of this host, in which something can be tried: its files, where what is written stays in memory; a network, processes
and shared memory of its own. What runs in it ends with it, and nobody outside notices."""

from __future__ import annotations

import ctypes
import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from . import _files as files
from ._errors import Error, HttpdError

#: What runs in the view; what it gives must be fit for JSON.
Work = Callable[[], "dict[str, Any]"]

_NEW_SPACES = 0x00020000 | 0x08000000 | 0x20000000 | 0x40000000  # CLONE_NEW{NS,IPC,PID,NET}
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
#: Made anew or taken along as they are: nothing is kept in them.
_KERNEL = ("/proc", "/sys", "/dev")
_PSEUDO = {"autofs", "binfmt_misc", "bpf", "configfs", "debugfs", "fusectl", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "tracefs"}
_OCTAL = re.compile(rb"\\([0-7]{3})")
#: Programs would talk to the host's own journal there.
_JOURNAL = "/run/systemd/journal"
#: Every address is one of this host there, so whatever httpd listens on can be bound and asked.
_NETWORK = (
    ("ip", "link", "set", "lo", "up"),
    ("ip", "-4", "route", "add", "local", "default", "dev", "lo"),
    ("ip", "-6", "route", "add", "local", "default", "dev", "lo"),
)


class NoViewError(Error):
    """This host does not allow a private view; the text says what it refuses."""


@dataclass(frozen=True)
class Mount:
    """A line of mountinfo: where, and what kind of file system."""

    path: str
    kind: str


def in_view(work: Work, scratch: str, timeout: float) -> dict[str, Any]:
    """Run *work* in a private view, and give what it gave. *scratch* is a private directory that only the view needs.

    Raises NoViewError when the host does not allow one, and HttpdError with the text of the Error that *work* raised.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _leave(lambda: _enter(work, scratch, writer))
    os.close(writer)
    try:
        answer = _read(reader, timeout)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if answer.get("refused"):
        raise NoViewError(answer["refused"])
    if answer.get("error"):
        raise HttpdError(answer["error"])
    return dict(answer["given"])


def _read(reader: int, timeout: float) -> dict[str, Any]:
    text = b""
    while select.select([reader], [], [], timeout)[0]:
        part = os.read(reader, 65536)
        if not part:
            break
        text += part
    return dict(json.loads(text)) if text else {"error": f"no answer within {timeout:.0f} seconds"}


def _leave(work: Callable[[], None]) -> None:
    """End this process, whatever happens, without running what its parent has registered for its own end."""
    try:
        work()
    finally:
        os._exit(0)


def _enter(work: Work, scratch: str, writer: int) -> None:
    """In the child: new spaces, whose first process is the grandchild."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if library.unshare(_NEW_SPACES):
        _answer(writer, {"refused": f"namespaces: {os.strerror(ctypes.get_errno())}"})
        return
    first = os.fork()
    if first == 0:
        library.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        _leave(lambda: _work(work, scratch, writer))
    os.close(writer)
    os.waitpid(first, 0)


def _work(work: Work, scratch: str, writer: int) -> None:
    try:
        _furnish(scratch)
    except (OSError, ValueError, NoViewError) as error:
        _answer(writer, {"refused": str(error)})
        return
    try:
        _answer(writer, {"given": work()})
    except (Error, OSError) as error:
        _answer(writer, {"error": str(error)})
    except BaseException as error:
        _answer(writer, {"error": f"{type(error).__name__}: {error}"})


def _answer(writer: int, answer: dict[str, Any]) -> None:
    with os.fdopen(writer, "w") as stream:
        json.dump(answer, stream)


def _furnish(scratch: str) -> None:
    """Lay a root directory out whose file systems are those of the host, with a layer in memory on top, and move into it."""
    mounts = parse_mounts((files.read("/proc/self/mountinfo") or b"").decode(errors="surrogateescape"))
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", scratch, "tmpfs", 0, "mode=0700")
    root = f"{scratch}/root"
    os.mkdir(root, 0o755)
    for number, mount in enumerate(mounts):
        _cover(mount, f"{scratch}/{number}", root)
    _mount("proc", f"{root}/proc", "proc")
    for path in ("/sys", "/dev"):
        _mount(path, root + path, None, _BIND | _RECURSIVE)
    for path in ("/dev/shm", _JOURNAL):
        if os.path.isdir(root + path):
            _mount("tmpfs", root + path, "tmpfs", 0, "mode=1777")
    os.chroot(root)
    os.chdir("/")
    for command in _NETWORK:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and "-6" not in command:
            raise NoViewError(f"{' '.join(command)}: {done.stderr.strip()}")


def _cover(mount: Mount, layer: str, root: str) -> None:
    target = root + mount.path.rstrip("/")
    if os.path.isdir(mount.path):
        try:
            _layer(mount.path, layer, target)
            return
        except OSError:
            if mount.path == "/":
                raise
    # Files, and file systems that take no layer, such as vfat: they can be read there.
    _mount(mount.path, target, None, _BIND)
    _mount("none", target, None, _BIND | _REMOUNT | _READ_ONLY)


def _layer(path: str, layer: str, target: str) -> None:
    for part in ("upper", "work"):
        os.makedirs(f"{layer}/{part}", 0o755)
    found = os.stat(path)
    os.chmod(f"{layer}/upper", found.st_mode & 0o7777)
    os.chown(f"{layer}/upper", found.st_uid, found.st_gid)
    _mount("overlay", target, "overlay", 0, f"lowerdir={path},upperdir={layer}/upper,workdir={layer}/work")


def parse_mounts(text: str) -> list[Mount]:
    """Read /proc/self/mountinfo: the mounts whose files are to be seen, those above before those below. The last one at a path counts."""
    found: dict[str, Mount] = {}
    for line in text.splitlines():
        fields, _dash, after = line.partition(" - ")
        path = os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8)]), os.fsencode(fields.split()[4])))
        found[path] = Mount(path, after.split()[0])
    hidden = [path for path, mount in found.items() if mount.kind in _PSEUDO or mount.kind.startswith("cgroup")]
    hidden += _KERNEL
    below = tuple(path + "/" for path in hidden)
    return [found[path] for path in sorted(found) if path not in hidden and not path.startswith(below)]


def _mount(source: str, target: str, kind: Optional[str], flags: int = 0, options: str = "") -> None:
    arguments = [os.fsencode(part) for part in (source, target, kind or "", options)]
    library = ctypes.CDLL(None, use_errno=True)
    if library.mount(arguments[0], arguments[1], arguments[2] or None, ctypes.c_ulong(flags), arguments[3] or None):
        number = ctypes.get_errno()
        raise OSError(number, f"mount {kind or 'bind'} at {target}: {os.strerror(number)}")
