# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reaches the user's DNS: a provider writes single TXT records, whatever else lies at the name, and takes them away again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import OutageError
from ._file_lock import take


class DnsError(Error):
    """A DNS server or provider refuses, does not answer, or has not got what it should have."""


class DnsOutageError(DnsError, OutageError):
    """It passes: a DNS server or provider is out of reach, fails, or is busy. Asked again it may do what it should."""


class Provider(Protocol):
    """One way to write into a zone. Names are without the final dot; *timeout* is in seconds. Both raise DnsError.

    What raised DnsOutageError is asked again: it may have been done already.
    """

    def present(self, name: str, value: str, timeout: float) -> None:
        """Add a TXT record, beside those that are there."""

    def clean_up(self, name: str, value: str, timeout: float) -> None:
        """Remove this one value; that it is not there is no error."""


@contextlib.contextmanager
def in_turn(what: str, timeout: float) -> Iterator[None]:
    """One at a time of all threads and processes of this user: many providers read all values of a name, and write them back with one more.

    Raises DnsOutageError when *what* is not free in time.
    """
    place = f"{_directory()}/{hashlib.sha256(what.encode()).hexdigest()[:32]}.lock"
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, what, time.monotonic() + timeout)
        yield
    finally:
        os.close(descriptor)


def _directory() -> str:
    """The user's own place for locks: at home, where no other user can be before us; for a user without a home, elsewhere."""
    try:
        directory = str(Path.home() / ".config" / "encrypt.httpd" / "dns")
        files.make_private_directory(directory, tighten=True)
    except (RuntimeError, OSError, Error):
        directory = f"{tempfile.gettempdir()}/encrypt.httpd-{os.getuid()}"
        files.make_private_directory(directory, tighten=True)
    return directory


def _lock(descriptor: int, what: str, end: float) -> None:
    if not take(descriptor, end, 0.05):
        raise DnsOutageError(f"{what} was busy with other orders all the time; run again, or give more timeout")
