# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer self_signed: each key signs for itself, on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from ._issuers import Answer, Issued, OnHost, SigningRequest


@dataclass(frozen=True)
class SelfSigned:
    """See Issuer. *directory* is the one of the store on the host."""

    directory: str
    days: int
    on_host: OnHost
    label: str = "self_signed"

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ArgumentError(f"self_signed: days: {self.days} is not allowed; at least 1 is")

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        """Let the host sign."""
        if check_mode:
            return [Issued(request.name, "") for request in requests]
        names = [request.name for request in requests]
        chains = self.on_host("self_signed_certificate", {"directory": self.directory, "certificates": names, "days": self.days})["chains"]
        return [Issued(name, chains[name]) for name in names]
