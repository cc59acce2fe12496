# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How dns-01 reaches the user's DNS, as far as the user says it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from ._dns_tsig import Tsig

#: The options that each kind of provider has for itself.
OWN = {
    "rfc2136": ("server", "port", "key_name", "key_algorithm", "key_secret", "key_file"),
    "program": ("program",),
    "lexicon": ("lexicon_provider", "lexicon_options"),
}
DNS_PORT = 53


@dataclass(frozen=True)
class Endpoint:
    """Where a DNS server listens."""

    address: str
    port: int = DNS_PORT

    @classmethod
    def parse(cls, text: str, where: str) -> Endpoint:
        """Out of "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"."""
        match = re.fullmatch(r"\[(.+)\](?::(\d+))?|([^:]+):(\d+)|(.+)", text)
        address, port = (match[1] or match[3] or match[5], match[2] or match[4] or DNS_PORT) if match else (text, DNS_PORT)
        try:
            ip_address(address)
        except ValueError:
            raise ArgumentError(f"{where}: {text!r} is no IP address; write one such as 192.0.2.1, or 192.0.2.1:5353") from None
        return cls(address, port_of(int(port), where))


@dataclass(frozen=True)
class DnsSettings:
    """See OWN for what belongs to which kind of provider. Raises ArgumentError for what cannot work."""

    provider: str
    server: str = ""
    port: int = DNS_PORT
    #: None when the server asks for no key.
    tsig: Tsig | None = None
    program: str = ""
    lexicon_provider: str = ""
    lexicon_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    #: Seconds until all authoritative servers have to have the records; 0 does not look.
    propagation_timeout: float = 120.0
    resolvers: tuple[Endpoint, ...] = ()
    authoritative_servers: tuple[Endpoint, ...] = ()

    def __post_init__(self) -> None:
        if not self.provider:
            raise ArgumentError(f"dns: provider: for dns-01, say how to reach your DNS: {', '.join(OWN)}")
        if self.provider not in OWN:
            raise ArgumentError(f"dns: provider: {self.provider!r} is not allowed; allowed are {', '.join(OWN)}")
        if self.propagation_timeout < 0:
            raise ArgumentError(f"dns: propagation_timeout: {self.propagation_timeout:g} is no number of seconds; 0 does not wait")
        _needs("dns", "dnspython")
        getattr(self, f"_check_{self.provider}")()

    def _check_rfc2136(self) -> None:
        if not self.server:
            raise ArgumentError("dns: server: name the DNS server that takes updates for the zone (its primary)")
        port_of(self.port, "dns: port")

    def _check_program(self) -> None:
        if not self.program.startswith("/") or not Path(self.program).is_file() or not os.access(self.program, os.X_OK):
            raise ArgumentError(f"dns: program: {self.program!r} is no program on the controller that you may run; give its whole path")

    def _check_lexicon(self) -> None:
        _needs("lexicon", "dns-lexicon")
        known = _lexicon_providers()
        if known is None:
            return
        if self.lexicon_provider not in known:
            raise ArgumentError(f"dns: lexicon_provider: {self.lexicon_provider!r} is none of those that dns-lexicon has; see its list")
        if not known[self.lexicon_provider]:
            raise ArgumentError(
                f"dns: lexicon_provider: the controller lacks a Python package; pip install 'dns-lexicon[{self.lexicon_provider}]'"
            )


def read_dns(params: Mapping[str, Any] | None) -> DnsSettings:
    """Out of the parameters of an action, as in ``_dns_options``. Raises ArgumentError."""
    given = {name: value for name, value in (params or {}).items() if value not in (None, "", [], {})}
    kind = given.get("provider", "")
    foreign = [name for several in OWN.values() for name in several if name in given and name not in OWN.get(kind, several)]
    if foreign:
        raise ArgumentError(f"dns: {foreign[0]} is not for the provider {kind}, which takes {', '.join(OWN[kind])}; leave it out")
    servers = {
        name: tuple(Endpoint.parse(text, f"dns: {name}") for text in given.pop(name, [])) for name in ("resolvers", "authoritative_servers")
    }
    key = {name: given.pop(name) for name in OWN["rfc2136"] if name.startswith("key_") and name in given}
    return DnsSettings(**{"provider": "", **given, **servers, "tsig": Tsig.read(**key)})


def port_of(number: int, where: str) -> int:
    """The number back when it is one of a port."""
    if not 0 < number < 65536:
        raise ArgumentError(f"{where}: {number} is no port; allowed are 1 to 65535")
    return number


def _lexicon_providers() -> Mapping[str, bool] | None:
    """Those that dns-lexicon has, and whether their packages are there; None when it does not tell, as this is no public part of it."""
    try:
        from lexicon._private.discovery import find_providers

        return dict(find_providers())
    except Exception:
        return None


def _needs(module: str, package: str) -> None:
    if find_spec(module) is None:
        raise ArgumentError(f"dns: the controller lacks the Python package {package}; pip install {package}")
