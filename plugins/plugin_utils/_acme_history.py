# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was ordered of a CA: a small file on the controller, so that the limits of the CA are kept over runs and processes.

Each line is JSON and begins with a line feed, so that a line which was cut off (a full disk, a crash) spoils no other. To lose the file is
harmless: then the CA itself tells what is too much.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys

from ._acme_settings import Settings, server_name
from ._file_lock import held
from ._plan import Past, PastOrder, Wait

#: How far it reaches back: a day more than the longest window of Let's Encrypt.
KEPT = timedelta(days=8)
#: How far a clock may be ahead. What was written later than that was written when the clock was wrong, and is none.
AHEAD = timedelta(hours=1)
#: The longest that a CA is believed to want to be left alone.
LONGEST = timedelta(days=7)
#: Octets; of a larger file the newer half is kept. It is some 50,000 orders.
LARGE = 8_000_000


class History:
    """Of one CA. Without a *directory*, or in one that others can reach, nothing is remembered.

    Accounts that share the directory share it: limits for domains and sets of names are the CA's for all accounts together. The limit of
    an account is counted too carefully then; accounts of a directory each have their own.
    """

    def __init__(self, directory: Path | None, server: str, kept: timedelta = KEPT) -> None:
        self._path = directory / f"orders-{server_name(server)}.jsonl" if directory else None
        self._kept = kept

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time, so that no two of them count on the same room."""
        if self._path is None:
            yield
            return
        files.make_private_directory(str(self._path.parent))
        # A file of its own, since the history is replaced when it is pruned.
        with held(self._path.with_suffix(".lock")):
            yield

    def past(self, now: datetime) -> Past:
        """What is known at this moment."""
        return _past([entry for entry in self._lines() if self._is_recent(entry, now)], now)

    def ordered(self, now: datetime, orders: Sequence[tuple[str, Sequence[str], bool]]) -> None:
        """Orders are about to be made: of each a key, the names, and whether the CA is told what it replaces. Within alone()."""
        self._append([{"at": now.timestamp(), "order": key, "names": list(names), "replaces": it} for key, names, it in orders])
        self._prune(now)

    def undone(self, now: datetime, keys: Sequence[str]) -> None:
        """These orders were not made after all."""
        with self.alone():
            self._append([{"at": now.timestamp(), "undone": key} for key in keys])

    def failed(self, now: datetime, key: str, names: Sequence[str] = ()) -> None:
        """The CA refused to sign for this order. *names* are those whose authorization failed."""
        with self.alone():
            self._append([{"at": now.timestamp(), "refused": key, "names": list(names)}])

    def told_to_wait(self, now: datetime, wait: Wait) -> None:
        """The CA asked to come again later."""
        with self.alone():
            self._append([{"at": now.timestamp(), "until": wait.until.timestamp(), "about": wait.about}])

    def _append(self, entries: Sequence[dict[str, Any]]) -> None:
        if self._path is None or not entries or not files.is_private_directory(str(self._path.parent)):
            return
        data = _written(entries)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def _lines(self) -> list[dict[str, Any]]:
        text = files.read(str(self._path)) if self._path and files.is_private_directory(str(self._path.parent)) else None
        return [entry for entry in map(_read, (text or b"").splitlines()) if entry]

    def _oldest(self) -> dict[str, Any]:
        """Its first line; now and then it cannot be read, and the file is as good as old."""
        with open(str(self._path), "rb") as file:
            return _read(file.readline().strip() or file.readline()) or {"at": 0.0}

    def _is_recent(self, entry: dict[str, Any], now: datetime, more: timedelta = timedelta(0)) -> bool:
        """Whether it counts; or not for longer than *more*."""
        return bool((now - self._kept - more).timestamp() <= entry["at"] <= (now + AHEAD).timestamp())

    def _prune(self, now: datetime) -> None:
        """Once a day, or when it is large. Within alone()."""
        if self._path is None or (self._is_recent(self._oldest(), now, timedelta(days=1)) and self._path.stat().st_size <= LARGE):
            return
        lines = [entry for entry in self._lines() if self._is_recent(entry, now)]
        left = lines[len(lines) // 2 :] if self._path.stat().st_size > LARGE else lines
        files.write_private(str(self._path), _written(left))


def history_of(settings: Settings) -> History:
    """The one of the ledger, reaching back as far as the limits do."""
    kept = max([KEPT, *(limit.window + timedelta(days=1) for limit in settings.limits)])
    return History(settings.ledger or _passing_place(settings), settings.directory, kept)


def _passing_place(settings: Settings) -> Path | None:
    """Where there is no ledger since the account key is in a variable: the processes of a run have to see each other all the same."""
    if settings.account_key is not None:
        return None
    key = keys.load(settings.account_key_content.encode(), "account_key_content")
    account = keys.fingerprint(key.public_key()).rpartition(":")[2]
    return Path(f"{tempfile.gettempdir()}/encrypt.httpd-{os.getuid()}-{account[:32]}")


def _written(entries: Sequence[dict[str, Any]]) -> bytes:
    return "".join("\n" + json.dumps(entry, separators=(",", ":")) for entry in entries).encode()


def _read(line: bytes) -> dict[str, Any] | None:
    """A line; None when it cannot be one of ours."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("at"), float) and _is_ours(entry) else None


def _is_ours(entry: dict[str, Any]) -> bool:
    names = entry.get("names", [])
    texts = [entry.get(field, "") for field in ("order", "undone", "refused", "about")]
    until = entry.get("until", 0.0)
    whole = isinstance(names, list) and isinstance(until, float) and (not entry.get("order") or bool(names))
    return whole and all(isinstance(text, str) for text in (*texts, *names)) and 0 <= until < 1e11


def _past(recent: Sequence[dict[str, Any]], now: datetime) -> Past:
    undone = {entry["undone"] for entry in recent if "undone" in entry}
    refused = {entry["refused"] for entry in recent if "refused" in entry}
    orders = [
        PastOrder(_moment(one["at"]), tuple(one["names"]), bool(one.get("replaces")), one["order"] not in refused)
        for one in recent
        if one.get("order") and one["order"] not in undone
    ]
    failures = [(_moment(one["at"]), name) for one in recent if "refused" in one for name in one.get("names", [])]
    waits = [Wait(min(_moment(one["until"]), _moment(one["at"]) + LONGEST), one.get("about", "")) for one in recent if "until" in one]
    return Past(orders, failures, [wait for wait in waits if wait.until > now])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
