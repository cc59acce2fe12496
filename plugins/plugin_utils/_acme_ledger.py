# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller remembers beside the account: orders in flight, and when which certificate is to be renewed.

A run that was cut off goes on with its order, and two runs at once make one. Without a directory nothing is remembered, and when the
directory is lost, that costs an order or a question at most.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import key_fingerprint, load_request, names_of
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import FileError

from ._acme_errors import BusyError
from ._acme_settings import Settings
from ._file_lock import take
from ._issuers import SigningRequest

DAY = 86400.0
#: Seconds for which an order is remembered: CAs keep them for a week.
KEPT = 8 * DAY
#: Seconds between two looks at an order that another run has.
PAUSE = 0.2


@dataclass
class Entry:
    """An order in flight: its URL, empty when none is known, and how to remember another or none."""

    url: str
    remember: Callable[[str], None]
    #: Called before another order is made, with whether it tells the CA what it replaces. Raises Error when it must not.
    allow: Callable[[bool], None] = lambda _replaces: None
    #: Called when the CA made it.
    made: Callable[[], None] = lambda: None


class Ledger:
    """What is in *directory*; None remembers nothing. One that cannot be used is as good as none, as it shall cost no certificate."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        #: Why something could not be remembered, for a person; empty when nothing went wrong.
        self.problem = ""

    @contextlib.contextmanager
    def order(self, key: str, deadline: float) -> Iterator[Entry]:
        """The order that *key* (what it asks for, in full) belongs to; no other run has it at the same time.

        *deadline* is of time.monotonic(); after it another run's order is not waited for any more, which raises BusyError.
        """
        with self._held("orders", key, deadline) as path:
            yield Entry(str(_read(path).get("url", "")), lambda url: self._remember(path, {"url": url} if url else None))

    def has_order(self, key: str) -> bool:
        """Whether an order is known by now."""
        return bool(_read(self._there("orders", key)).get("url"))

    def renewal(self, key: str) -> dict[str, Any]:
        """What was kept of a certificate's renewal, or of a CRL; empty when nothing was."""
        return _read(self._there("renewals", key))

    def keep_renewal(self, key: str, told: dict[str, Any]) -> None:
        """Keep it until it is kept anew, or too old to be of use."""
        with self._trying():
            self._remember(self._made("renewals", key), told)

    @contextlib.contextmanager
    def asking(self, key: str, deadline: float) -> Iterator[None]:
        """While it is asked for what is kept as renewal, no other run asks for the same. *deadline* is as for an order."""
        with self._held("renewals", key, deadline):
            yield

    def forget_old(self, now: float) -> None:
        """Remove what no run can need any more, once a day; *now* is of time.time()."""
        if self._directory is None or not files.is_private_directory(str(self._directory)):
            return
        mark = self._directory / "forgotten.json"
        before = _read(mark).get("at")
        if isinstance(before, float) and 0 <= now - before < DAY:
            return
        self._remember(mark, {"at": now})
        for path in self._directory.glob("*/*.json"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < now - KEPT:
                    path.unlink()
        for path in self._directory.glob("*/*.lock"):
            with contextlib.suppress(OSError, BusyError):
                if path.stat().st_mtime < now - KEPT:
                    with _alone(path, deadline=0.0):
                        path.unlink()

    @contextlib.contextmanager
    def _held(self, kind: str, key: str, deadline: float) -> Iterator[Path | None]:
        """Where to keep it, with its lock held; None, and no lock, when there is no ledger that can be used."""
        with contextlib.ExitStack() as held:
            path = None
            with self._trying():
                wanted = self._made(kind, key)
                if wanted:
                    held.enter_context(_alone(wanted.with_suffix(".lock"), deadline))
                path = wanted
            yield path

    def _there(self, kind: str, key: str) -> Path | None:
        """Where to read it; nothing is made, and a directory that others can reach is not believed."""
        usable = self._directory is not None and files.is_private_directory(str(self._directory))
        return _path(self._directory, kind, key) if self._directory and usable else None

    def _made(self, kind: str, key: str) -> Path | None:
        """Where to write it, in directories that are there then."""
        if self._directory is None:
            return None
        path = _path(self._directory, kind, key)
        for one in (self._directory, path.parent):
            files.make_private_directory(str(one))
        return path

    def _remember(self, path: Path | None, told: dict[str, Any] | None) -> None:
        with self._trying():
            if path and told is not None:
                files.write_private(str(path), json.dumps(told).encode())
            elif path:
                files.remove(str(path))

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        """What goes wrong with files (a full disk, a read-only one, another's directory) is a problem to be told, not a failure."""
        try:
            yield
        except (FileError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            self.problem = f"what is ordered cannot be remembered in the ledger {self._directory}: {why}"


def order_key(settings: Settings, request: SigningRequest) -> str:
    """What an order asks for: another key, other names, another profile or another CA are another order."""
    csr = load_request(request.csr.encode(), request.name)
    return json.dumps([settings.directory, key_fingerprint(csr), sorted(names_of(csr)), settings.profile])


def _path(directory: Path, kind: str, key: str) -> Path:
    return directory / kind / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


@contextlib.contextmanager
def _alone(path: Path, deadline: float) -> Iterator[None]:
    """Hold the lock of this file."""
    descriptor = _lock(path, deadline)
    while not _is_there(path, descriptor):  # it was removed as too old while we waited
        os.close(descriptor)
        descriptor = _lock(path, deadline)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path, deadline: float) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, files.PRIVATE_FILE)
    if not take(descriptor, deadline, PAUSE):
        os.close(descriptor)
        raise BusyError("another run has the same order under way, and has not ended in time; the next run asks again")
    os.utime(descriptor)
    return descriptor


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _read(path: Path | None) -> dict[str, Any]:
    """What is in the file; nothing when it cannot be read, as its loss is harmless."""
    try:
        told = json.loads(files.read(str(path)) or b"{}") if path else {}
    except (ValueError, FileError):
        return {}
    return told if isinstance(told, dict) else {}
