# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only file access of the core: private files that are never more open than 0600, and swaps by rename."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat

from ._errors import FileError

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def make_private_directory(path: str, *, tighten: bool = False) -> bool:
    """Make a directory (and those above it) 0700, or check the one that is there.

    Returns True when something changed. Raises FileError for a symlink, a foreign owner or another kind of file; and for one that
    is open to others, since they may need it, unless it is ours to *tighten*.
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # tried first, as another process may be as fast
        os.mkdir(path, PRIVATE_DIRECTORY)
        os.chmod(path, PRIVATE_DIRECTORY)  # whatever the umask
        return True
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise FileError(f"{path}: this must be a directory, not a link or file; move it away and run again")
    if found.st_uid != os.geteuid():
        raise FileError(f"{path}: this directory belongs to user {found.st_uid}; private keys need one of their own")
    if stat.S_IMODE(found.st_mode) == PRIVATE_DIRECTORY:
        return False
    if found.st_mode & 0o077 and not tighten:
        raise FileError(
            f"{path}: this directory is open to others (mode {stat.S_IMODE(found.st_mode):04o}); name another one that is for keys alone, "
            "or set its mode to 0700"
        )
    os.chmod(path, PRIVATE_DIRECTORY)
    return True


def is_private_directory(path: str) -> bool:
    """Whether there is a directory that is ours alone. Nothing is made or changed."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def check_parent(path: str) -> None:
    """Raise FileError when others than root and this user can replace files in the directory of *path*."""
    parent = directory = os.path.dirname(path)
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    found = os.stat(parent)
    # In a directory such as /tmp (sticky) nobody else can touch the directory that is made below it.
    harmless = parent != directory and found.st_mode & stat.S_ISVTX
    if found.st_uid not in (0, os.geteuid()) or (found.st_mode & 0o022 and not harmless):
        raise FileError(
            f"{path}: others can write to {parent} (mode {stat.S_IMODE(found.st_mode):04o}, user {found.st_uid}); "
            "a private key needs a directory that only its owner can write to"
        )


def write_private(path: str, data: bytes) -> None:
    """Put *data* at *path*, 0600, in one rename. A symlink at *path* is replaced, never followed."""
    _replace(path, data, PRIVATE_FILE)


def make_private(path: str, data: bytes) -> None:
    """As write_private, but what is at *path* already stays. Raises FileExistsError then, also when another process was as fast."""
    beside = _beside(path)
    write_private(beside, data)
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, as of some shared folders: then who makes the file first may fill it
        touch_private(path)
        try:
            os.rename(beside, path)
        except BaseException:
            remove(path)
            raise
    finally:
        remove(beside)


def write_public(path: str, data: bytes, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Put *data* at *path* with *mode* and *owner* (user and group) in one rename; directories above it are made."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    _replace(path, data, mode, owner)


def _replace(path: str, data: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    beside = _beside(path)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, path)
    except BaseException:
        remove(beside)
        raise


def touch_private(path: str) -> None:
    """Make an empty file, 0600, that is not there yet."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE))


def read_private(path: str, *, replaceable: bool = True, group: bool = False) -> bytes:
    """Read a private file. Raises FileError when it is a link, someone else's, or open to others.

    *replaceable* tells whether another one would be made in its place; *group* whether a group may read it, as people arrange it.
    """
    with os.fdopen(_open(path), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise FileError(f"{path}: this is no plain file of user {os.geteuid()}; move it away and run again")
        if found.st_mode & (0o037 if group else 0o077):
            remedy = "remove it to have a new one made, or set its mode to 0600 if you are sure"
            raise FileError(
                f"{path}: others can read this file (mode {stat.S_IMODE(found.st_mode):04o}): what is in it is no secret any more; "
                + (remedy if replaceable else "set its mode to 0600 if you are sure that nobody did, or have a new key")
            )
        return file.read()


def read(path: str) -> bytes | None:
    """Read a file that is no secret; None when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


def link_target(path: str) -> str | None:
    """Where the symlink at *path* points to; None when there is no symlink."""
    try:
        return os.readlink(path)
    except OSError:
        return None


def swap_link(path: str, target: str) -> None:
    """Point the symlink *path* to *target* in one rename. A directory in its place raises FileError."""
    beside = _beside(path)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    os.symlink(target, beside)
    try:
        os.rename(beside, path)
    except OSError as error:
        remove(beside)
        raise FileError(f"{path}: cannot be made a link to {target}: {error.strerror}") from error


def sync_directory(path: str) -> None:
    """Have the renames in a directory reach the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Remove a file or link if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        if os.path.islink(path):
            raise FileError(f"{path}: this is a link; a private file must lie where it is named") from error
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


def _beside(path: str) -> str:
    # Hidden and without an ending that httpd's IncludeOptional patterns pick up.
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.{secrets.token_hex(4)}~")
