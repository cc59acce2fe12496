# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records by dynamic updates of DNS (RFC 2136), signed with TSIG."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ._dns_provider import DnsError, DnsOutageError
from ._dns_tsig import Tsig

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.update

#: Asks one address of the server.
_Ask = Callable[["dns.message.Message"], "dns.message.Message"]
#: Seconds that resolvers may keep a record.
TTL = 60
#: Seconds for an address to answer.
ANSWER = 10.0


@dataclass(frozen=True)
class Rfc2136:
    """See Provider. *server* is a host name or address; it adds and removes single records, so nobody has to wait for others."""

    server: str
    port: int
    tsig: Tsig | None

    def present(self, name: str, value: str, timeout: float) -> None:
        """See Provider."""
        self._update(name, value, timeout, add=True)

    def clean_up(self, name: str, value: str, timeout: float) -> None:
        """See Provider."""
        self._update(name, value, timeout, add=False)

    def _update(self, name: str, value: str, timeout: float, *, add: bool) -> None:
        """At the first of the server's addresses that is in order."""
        end, problems = time.monotonic() + timeout, []
        for address in self._addresses():
            try:
                return self._update_by(partial(self._ask, address, end), name, value, add=add)
            except DnsOutageError as error:
                problems.append(str(error))
        raise DnsOutageError("; ".join(problems))

    def _addresses(self) -> list[str]:
        try:
            found = socket.getaddrinfo(self.server, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise DnsOutageError(f"{self._where} is not found: {error}") from None
        return [str(one[4][0]) for one in found]

    def _update_by(self, ask: _Ask, name: str, value: str, *, add: bool) -> None:
        import dns.name
        import dns.rcode
        import dns.rdataclass
        import dns.rdatatype
        import dns.rdtypes.ANY.TXT

        owner = dns.name.from_text(name)
        zone = self._zone(ask, owner)
        record = dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, [value.encode()])
        update = self._signed(zone)
        if add:
            update.add(owner, TTL, record)
        else:
            update.delete(owner, record)
        code = ask(update).rcode()
        if code != dns.rcode.NOERROR:
            what = f"the update of {name} in the zone {zone.to_text(omit_final_dot=True)}"
            raise DnsError(f"{self._where} refuses {what}: {dns.rcode.to_text(code)}; let it take updates{self._by} there")

    def _signed(self, zone: dns.name.Name) -> dns.update.UpdateMessage:
        import dns.name
        import dns.tsig
        import dns.update

        if not self.tsig:
            return dns.update.UpdateMessage(zone)
        name, algorithm = dns.name.from_text(self.tsig.name), dns.name.from_text(self.tsig.algorithm)
        return dns.update.UpdateMessage(zone, keyring={name: dns.tsig.Key(name, self.tsig.secret, algorithm)}, keyname=name)

    def _zone(self, ask: _Ask, name: dns.name.Name) -> dns.name.Name:
        """The zone of the server that has the name."""
        import dns.flags
        import dns.message
        import dns.name
        import dns.rdatatype

        above = name
        while above != dns.name.root:
            question = dns.message.make_query(above, dns.rdatatype.SOA)
            question.flags &= ~dns.flags.RD
            found = [one.name for one in ask(question).answer if one.rdtype == dns.rdatatype.SOA and one.name == above]
            if found:
                return found[0]
            above = above.parent()
        told = name.to_text(omit_final_dot=True)
        raise DnsError(f"{self._where} has no zone for {told}; name the primary server of its zone, or delegate {told} by a CNAME")

    def _ask(self, address: str, end: float, message: dns.message.Message) -> dns.message.Message:
        import dns.exception
        import dns.query
        import dns.rcode
        import dns.tsig

        try:
            answer = dns.query.tcp(message, address, min(ANSWER, max(end - time.monotonic(), 1.0)), self.port)
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.message.UnknownTSIGKey) as error:
            raise DnsError(f"{self._where} refuses the update{self._by}: {_REASONS.get(type(error).__name__, error)}") from None
        except (OSError, EOFError, dns.exception.Timeout) as error:
            raise DnsOutageError(f"{self._where} does not answer at {address}: {error or type(error).__name__}") from None
        except dns.exception.DNSException as error:
            raise DnsError(f"{self._where} gives an answer at {address} that cannot be used: {error or type(error).__name__}") from None
        if answer.rcode() == dns.rcode.SERVFAIL:
            raise DnsOutageError(f"{self._where} fails at {address} (SERVFAIL)")
        return answer

    @property
    def _where(self) -> str:
        return f"the DNS server {self.server}" + (f":{self.port}" if self.port != 53 else "")

    @property
    def _by(self) -> str:
        return f" by the key {self.tsig.name} ({self.tsig.algorithm})" if self.tsig else " without a key"


#: By dnspython's class of error (RFC 8945 section 5.3).
_REASONS = {
    "PeerBadKey": "it knows no key of this name and algorithm, or not for this zone",
    "PeerBadSignature": "the secret is not that of the key",
    "PeerBadTime": "its clock and the controller's differ by minutes",
}
