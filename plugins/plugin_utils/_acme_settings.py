# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ACME client is told."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from ._acme_binding import Binding
from ._dns_settings import DnsSettings
from ._limits import Limit


@dataclass(frozen=True)
class Settings:
    """How to talk to one ACME server. Raises ArgumentError for what cannot work."""

    directory: str
    #: On the controller, 0600; None when the key is in a variable.
    account_key: Path | None
    #: The account key in PEM, when it is in a variable; it is written nowhere.
    account_key_content: str = field(default="", repr=False)
    #: Mail addresses, without "mailto:".
    contact: tuple[str, ...] = ()
    terms_agreed: bool = False
    #: PEM file with the CA of the ACME server's own TLS certificate.
    ca_bundle: str | None = None
    #: External account binding, for a CA that asks for one.
    binding: Binding | None = None
    #: What kind of certificate, of those that the CA has.
    profile: str = ""
    #: Common name of the topmost issuer.
    preferred_chain: str | None = None
    #: Directory in which orders in flight and renewals are remembered; None for none.
    ledger: Path | None = None
    #: Whether to renew when the CA suggests it (RFC 9773).
    ari: bool = True
    #: Whether it is a test CA, whose certificates shall not replace those of others.
    test: bool = False
    #: Orders side by side.
    concurrency: int = 8
    #: Seconds for one order.
    timeout: float = 120.0
    #: For dns-01; None without.
    dns: DnsSettings | None = None
    #: The limits of the CA, over which nothing is ordered.
    limits: tuple[Limit, ...] = ()

    @property
    def label(self) -> str:
        """What hosts remember of who signed. The server belongs to it: another one is another issuer."""
        return f"acme {self.directory}"

    def __post_init__(self) -> None:
        if not self.directory.startswith("https://"):
            raise ArgumentError(f"acme_directory: {self.directory!r} must start with https:// (RFC 8555 section 6.1)")
        if (self.account_key is None) is not bool(self.account_key_content):
            raise ArgumentError(
                "account_key and account_key_content: give one of them, a file on the controller or the key itself, not both"
            )
        if self.ca_bundle and not os.access(self.ca_bundle, os.R_OK):
            raise ArgumentError(f"ca_bundle: there is no readable file {self.ca_bundle} on the controller")
        for address in self.contact:
            if "@" not in address or any(character in address for character in " ,?:"):
                raise ArgumentError(f"contact: {address!r} is no mail address; write one such as ops@example.org")
        if not 1 <= self.concurrency <= 32:
            raise ArgumentError(f"concurrency: {self.concurrency} is not within 1 to 32")
        if self.timeout <= 0:
            raise ArgumentError(f"timeout: {self.timeout:g} is no number of seconds above 0")


def server_name(directory: str) -> str:
    """What files of an ACME server are called, by the URL of its directory."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", directory.partition("://")[2]).strip("_")
