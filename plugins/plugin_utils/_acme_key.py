# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of the ACME account: a file of the controller, or a variable that is written nowhere."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from ._acme_settings import Settings
from ._file_lock import held

#: Endings of the files beside the key: what is known of its accounts, whose turn it is, the key to come, and the key put away.
KNOWN, LOCK, NEXT, DEACTIVATED = ".json", ".lock", ".next", ".deactivated"

#: Seconds for another process to fill the file that it has made, as it does where there are no hard links.
_PATIENCE = 2.0


def beside(path: Path, ending: str) -> Path:
    """A file of the key at *path*: account.pem.json of account.pem, or account.json where an older version made that.

    Those gave acme.prod and acme.staging the same files: what they made for such keys is not used any more. account.json is a file of
    the key "account", where there is one.
    """
    before = path.with_suffix(ending)
    if path.suffix == ".pem" and os.path.lexists(before) and not path.with_suffix("").is_file():
        return before
    return path.with_name(path.name + ending)


def load(settings: Settings) -> Any:
    """The key, as josepy has it; its file is made when there is none. Raises Error that names the file or option."""
    if settings.account_key is None:
        return _jwk(settings.account_key_content.encode(), "account_key_content")
    with contextlib.suppress(FileExistsError):
        make(settings.account_key)
    return read(settings.account_key)


def read(path: Path) -> Any:
    """The key in a file. Raises Error that names the file."""
    end = time.monotonic() + _PATIENCE
    while not (pem := files.read_private(str(path), replaceable=False)) and time.monotonic() < end:
        time.sleep(0.05)
    if not pem:
        raise ArgumentError(f"{path}: this file is empty, as of a run that was killed; remove it, and a new key is made")
    return _jwk(pem, str(path))


def make(path: Path) -> None:
    """Make a key, which is on the disk then whatever happens. Raises FileExistsError when there is one."""
    if os.path.lexists(path):
        raise FileExistsError(path)
    _make_directory(path.parent)
    files.make_private(str(path), keys.encode(keys.generate("ecdsa-p256")))
    files.sync_directory(str(path.parent))


def thumbprint_of(key: Any) -> str:
    """The thumbprint of a key (RFC 7638)."""
    from josepy import b64

    return str(b64.b64encode(key.thumbprint()).decode())


def is_there(settings: Settings) -> bool:
    """Whether there is a key, be it one that waits to take the place of another."""
    path = settings.account_key
    return path is None or os.path.lexists(path) or os.path.lexists(beside(path, NEXT))


def place_of(settings: Settings) -> str:
    """Where the key is, in words."""
    return str(settings.account_key or "account_key_content")


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """One process at a time: Ansible runs many hosts' actions at once. Where nothing is written there is nothing to wait for."""
    if settings.account_key is None:
        yield
        return
    _make_directory(settings.account_key.parent)
    with held(beside(settings.account_key, LOCK)):
        yield


def _jwk(pem: bytes, where: str) -> Any:
    from josepy.jwk import JWKEC, JWKRSA

    key = keys.load(pem, where)
    key_type = keys.key_type_of(key)
    if key_type != "ecdsa-p256" and not key_type.startswith("rsa-"):
        raise ArgumentError(f"{where}: an ACME account key of type {key_type}; allowed are ecdsa-p256 (as is made by default) and rsa")
    return JWKEC(key=key) if key_type == "ecdsa-p256" else JWKRSA(key=key)


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        files.make_private_directory(str(path))
