# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look into DNS: where a name leads to, which servers are authoritative for it, and what they say."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ._dns_provider import DnsError, DnsOutageError
from ._dns_settings import DNS_PORT, Endpoint

if TYPE_CHECKING:
    import dns.message

_Found = TypeVar("_Found")
#: Seconds for one question to one server, and for one to the resolvers.
ANSWER, LOOKUP = 3.0, 10.0
#: Seconds for a question when time is nearly over: fewer would make a server look silent that is not.
LEAST = 1.0
#: CNAMEs that are followed.
LONGEST_CHAIN = 10


@dataclass(frozen=True)
class Server:
    """An authoritative server, with all its addresses."""

    name: str
    endpoints: tuple[Endpoint, ...]

    def __str__(self) -> str:
        addresses = ", ".join(one.address if one.port == DNS_PORT else f"{one.address}:{one.port}" for one in self.endpoints)
        return f"{self.name} ({addresses})" if self.name else addresses

    def texts(self, name: str, end: float = math.inf) -> list[str]:
        """What TXT records it has at a name, as it says itself. Raises DnsError when none of its addresses answers.

        *end*, of time.monotonic(), is outlasted by LEAST for each address at most.
        """
        problems = []
        for endpoint in self.endpoints:
            try:
                return _texts(_ask(endpoint, name, min(ANSWER, max(end - time.monotonic(), LEAST))))
            except DnsError as error:
                problems.append(error)
        kind = DnsOutageError if any(isinstance(one, DnsOutageError) for one in problems) else DnsError
        raise kind("; ".join(map(str, problems)) or "it has no address")


class Lookup:
    """Asks the resolvers (those of the system when none are given) and authoritative servers."""

    def __init__(self, resolvers: Sequence[Endpoint] = (), authoritative: Sequence[Endpoint] = (), port: int = DNS_PORT) -> None:
        self._authoritative = [Server("", (one,)) for one in authoritative]
        self._resolvers = resolvers
        self._port = port

    def final_name(self, name: str) -> str:
        """The name itself, or the one that it leads to by CNAMEs."""
        names = [name]
        while found := self._look(names[-1], "CNAME"):
            target = found[0].rstrip(".").lower()
            if target in names or len(names) > LONGEST_CHAIN:
                raise DnsError(f"{name}: its CNAMEs have no end: {' -> '.join([*names, target])}; mend them")
            names.append(target)
        return names[-1]

    def zone(self, name: str) -> str:
        """The zone that a name is in: the nearest name above that has a SOA record."""
        import dns.resolver

        resolver = self.resolver()
        found = self._told(name, "SOA", lambda: dns.resolver.zone_for_name(f"{name}.", resolver=resolver, lifetime=LOOKUP))
        return str(found.to_text(omit_final_dot=True))

    def servers(self, name: str) -> list[Server]:
        """Those that are authoritative for a name, or that the user names as such."""
        if self._authoritative:
            return self._authoritative
        zone = self.zone(name)
        names = sorted(target.rstrip(".") for target in self._look(zone, "NS"))
        if not names:
            raise DnsError(f"{name}: the zone {zone} has no NS records; name its servers with authoritative_servers")
        return [Server(one, self._addresses(one)) for one in names]

    def resolver(self) -> Any:
        """Of dnspython."""
        import dns.nameserver
        import dns.resolver

        if not self._resolvers:
            return dns.resolver.Resolver()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [dns.nameserver.Do53Nameserver(one.address, one.port) for one in self._resolvers]
        return resolver

    def _addresses(self, name: str) -> tuple[Endpoint, ...]:
        return tuple(Endpoint(address, self._port) for kind in ("A", "AAAA") for address in self._look(name, kind))

    def _look(self, name: str, kind: str) -> list[str]:
        import dns.resolver

        def ask() -> list[str]:
            try:
                answer = self.resolver().resolve(f"{name}.", kind, raise_on_no_answer=False, lifetime=LOOKUP)
            except dns.resolver.NXDOMAIN:
                return []
            return [one.to_text() for one in answer.rrset or ()]

        return self._told(name, kind, ask)

    def _told(self, name: str, kind: str, ask: Callable[[], _Found]) -> _Found:
        """What goes wrong with the resolvers, as DnsError."""
        import dns.exception

        try:
            return ask()
        except dns.exception.DNSException as error:
            raise _kind(error)(f"{name}: the {kind} record cannot be looked up: {error}; resolvers takes the servers to ask") from None


def _ask(endpoint: Endpoint, name: str, timeout: float) -> dns.message.Message:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode

    question = dns.message.make_query(f"{name}.", "TXT")
    question.flags &= ~dns.flags.RD
    try:
        answer, _over_tcp = dns.query.udp_with_fallback(question, endpoint.address, timeout, endpoint.port)
    except (OSError, dns.exception.DNSException) as error:
        raise DnsOutageError(f"{endpoint.address} does not answer: {error}") from None
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        kind = DnsOutageError if answer.rcode() == dns.rcode.SERVFAIL else DnsError
        raise kind(f"{endpoint.address} answers {dns.rcode.to_text(answer.rcode())}")
    return answer


def _kind(error: Exception) -> type[DnsError]:
    """What an error of the resolvers is: it passes when one of them did not answer, or failed."""
    import dns.exception
    import dns.rcode
    import dns.resolver

    failed = []
    if isinstance(error, dns.resolver.NoNameservers):
        failed = [one for *_asked, one in error.kwargs["errors"] if one is None or one.rcode() == dns.rcode.SERVFAIL]
    return DnsOutageError if failed or isinstance(error, dns.exception.Timeout) else DnsError


def _texts(answer: dns.message.Message) -> list[str]:
    import dns.rdatatype

    texts = [one for rrset in answer.answer if rrset.rdtype == dns.rdatatype.TXT for one in rrset]
    return [b"".join(one.strings).decode("ascii", "replace") for one in texts]
