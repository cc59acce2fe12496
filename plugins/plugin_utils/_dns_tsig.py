# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that sign updates of DNS (TSIG, RFC 8945)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

ALGORITHMS = ("hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha224", "hmac-sha1")
#: As BIND's tsig-keygen writes it, and nsupdate reads it.
_STATEMENT = re.compile(r'key\s+"?([^"\s{]+)"?\s*\{(.*?)\}', re.DOTALL)
_FIELD = re.compile(r'(algorithm|secret)\s+"?([^";\s]+)"?\s*;')


@dataclass(frozen=True)
class Tsig:
    """One key. *secret* is in base64. Raises ArgumentError, which does not show it."""

    name: str
    secret: str = field(repr=False)
    algorithm: str = ALGORITHMS[0]

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ArgumentError(f"dns: key_algorithm: {self.algorithm!r} is not allowed; allowed are {', '.join(ALGORITHMS)}")
        if not self.name:
            raise ArgumentError("dns: key_name: a key needs its name, which the DNS server knows it by")
        if not self.secret or not _is_base64(self.secret):
            raise ArgumentError("dns: key_secret: a key is written in base64, as tsig-keygen prints it; this is not")

    @classmethod
    def read(cls, key_name: str = "", key_algorithm: str = "", key_secret: str = "", key_file: str = "") -> Tsig | None:
        """Out of the options; None when they name no key. What options say goes before what the file says."""
        if key_secret and key_file:
            raise ArgumentError("dns: key_secret and key_file both give the key; leave out one of them")
        found = _in_file(key_file) if key_file else {"secret": key_secret}
        if not key_name and not found["secret"]:
            return None
        return cls(
            name=key_name or found.get("name", ""),
            secret=found["secret"],
            algorithm=key_algorithm or found.get("algorithm", ALGORITHMS[0]),
        )


def _in_file(path: str) -> dict[str, str]:
    """Name, algorithm and secret of a key statement, or the secret when that is all."""
    text = files.read_private(path, replaceable=False, group=True).decode("utf-8", "replace")
    statement = _STATEMENT.search(text)
    if statement:
        found = dict(_FIELD.findall(statement[2]))
        return {"name": statement[1], "secret": found.pop("secret", ""), **found}
    return {"secret": text.strip()}


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
