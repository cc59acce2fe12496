# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of a CA as data, and how a user writes others. Pure.

They are buckets of tokens as at Let's Encrypt (its server Boulder computes by GCRA): a bucket begins full, each order takes a token, and
tokens come back one by one, evenly over the window. 300 in 3 hours are 300 at once, and one more every 36 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

#: What a limit counts by.
ACCOUNT, DOMAIN, NAMES, FAILURES = SCOPES = ("account", "registered_domain", "exact_names", "failed_name")
#: Directories of the CAs whose limits are known.
LETSENCRYPT_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory"
#: The most names of one certificate, where it is not what most CAs take.
MAX_NAMES = {"tlsserver": 25, "shortlived": 25}


@dataclass(frozen=True)
class Limit:
    """*count* in any *window*, for each account, registered domain or set of names; failed authorizations for each name."""

    name: str
    count: int
    window: timedelta
    scope: str
    #: Whether an order for exactly the names of an earlier certificate counts. One that tells the CA so (ARI's "replaces") never does.
    renewals: bool = True

    @property
    def refill(self) -> timedelta:
        """How long one token takes to come back."""
        return self.window / self.count

    def __str__(self) -> str:
        return f"{self.name}, {self.count} in {duration(self.window)}"


#: https://letsencrypt.org/docs/rate-limits/ of August 2026.
LETSENCRYPT = (
    Limit("new orders per account", 300, timedelta(hours=3), ACCOUNT, renewals=False),
    Limit("certificates per registered domain", 50, timedelta(days=7), DOMAIN, renewals=False),
    Limit("certificates per exact set of names", 5, timedelta(days=7), NAMES),
    Limit("failed authorizations per name", 5, timedelta(hours=1), FAILURES),
)


def read_limits(value: object, directory: str) -> tuple[Limit, ...]:
    """What the option limits says; when it says nothing, the limits known of the server. Raises ArgumentError."""
    if value in (None, "", []):
        return LETSENCRYPT if directory == LETSENCRYPT_DIRECTORY else ()
    if value in ("letsencrypt", "none"):
        return LETSENCRYPT if value == "letsencrypt" else ()
    if not isinstance(value, list):
        raise ArgumentError(f"limits: {value!r} is neither letsencrypt, none, nor a list of limits")
    return tuple(_read(f"limits: entry {number}", entry) for number, entry in enumerate(value, 1))


def duration(span: timedelta) -> str:
    """In the largest unit that it has two of, rounded."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _read(where: str, entry: object) -> Limit:
    if not isinstance(entry, Mapping):
        raise ArgumentError(f"{where}: {entry!r} is no dictionary; write count, window (in seconds) and scope")
    unknown = sorted(set(map(str, entry)) - {"name", "count", "window", "scope", "renewals"})
    if unknown:
        raise ArgumentError(f"{where}: {unknown[0]} is no option; allowed are name, count, window, scope, renewals")
    scope = entry.get("scope")
    if scope not in SCOPES:
        raise ArgumentError(f"{where}: scope: {scope!r} is none of {', '.join(SCOPES)}")
    renewals = entry.get("renewals", True)
    if not isinstance(renewals, bool):
        raise ArgumentError(f"{where}: renewals: {renewals!r} is neither true nor false")
    count, window = _number(where, entry, "count"), _number(where, entry, "window")
    return Limit(str(entry.get("name") or f"orders per {scope}"), count, timedelta(seconds=window), scope, renewals)


def _number(where: str, entry: Mapping[str, Any], option: str) -> int:
    text = str(entry.get(option, ""))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10**9):
        raise ArgumentError(f"{where}: {option}: {text!r} is no whole number of 1 or more" + " (seconds)" * (option == "window"))
    return int(text)
