# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records through dns-lexicon, which knows the interfaces of many DNS providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._dns_lookup import Lookup
from ._dns_provider import DnsError, DnsOutageError, in_turn
from ._within import within

#: Shorter values of options tell nothing, and would blot out too much of a message.
_SHORTEST_SECRET = 4
#: Seconds for an answer, however long others had their turn before.
_LEAST = 1.0


@dataclass(frozen=True)
class Lexicon:
    """See Provider. *options* are those of the lexicon provider *name*; no error shows them. A zone is written once at a time."""

    name: str
    options: Mapping[str, Any] = field(repr=False)
    lookup: Lookup

    def present(self, name: str, value: str, timeout: float) -> None:
        """See Provider."""
        self._work("create", name, timeout, lambda records: records.create_record("TXT", name, value))

    def clean_up(self, name: str, value: str, timeout: float) -> None:
        """See Provider."""
        self._work("remove", name, timeout, lambda records: records.delete_record(rtype="TXT", name=name, content=value))

    def _work(self, verb: str, name: str, timeout: float, work: Callable[[Any], Any]) -> None:
        zone = self.lookup.zone(name)

        def ask() -> Any:  # the turn is its own: nobody else writes, and nothing is cleaned up, while one that was given up still goes on
            with in_turn(f"the zone {zone} at {self.name}", timeout), self._client(zone) as records:
                return work(records)

        try:
            done = within(timeout + _LEAST, ask)  # providers wait for an answer without end
        except Error:
            raise
        except Exception as error:  # providers raise whatever they like, and requests names URLs with tokens in it
            kind = DnsOutageError if _passes(error) else DnsError
            raise kind(f"{self.name} (dns-lexicon) did not {verb} {name} in {zone}: {self._veiled(error)}") from None
        if done is False:
            raise DnsError(f"{self.name} (dns-lexicon) did not {verb} {name} in {zone}, and says no more")

    def _client(self, zone: str) -> Any:
        import dns.resolver
        from lexicon.client import Client
        from lexicon.config import ConfigResolver

        # So it finds the zone by SOA at the user's resolvers, instead of guessing by a list out of the internet.
        dns.resolver.default_resolver = self.lookup.resolver()
        own = {"domain": zone, **self.options}  # where some providers look for it
        told = {"provider_name": self.name, "domain": zone, "resolve_zone_name": True, self.name: own}
        resolver: Any = ConfigResolver
        return Client(resolver().with_dict(told))

    def _veiled(self, error: Exception) -> str:
        text = f"{type(error).__name__}: {error}"
        for secret in sorted(_texts(self.options), key=len, reverse=True):
            for form in (secret, quote(secret), quote(secret, safe="")):
                text = text.replace(form, "********")
        return text


def _passes(error: Exception) -> bool:
    """Whether there was no answer, or one of a provider that fails or is busy; most of them are asked by way of requests."""
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response is not None and (error.response.status_code == 429 or error.response.status_code >= 500)
    return isinstance(error, (ConnectionError, TimeoutError, requests.ConnectionError, requests.Timeout))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif len(str(value)) >= _SHORTEST_SECRET:
        yield str(value)
