# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records by dynamic updates of DNS (RFC 2136), signed with TSIG."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._dns_provider import DnsError
from ._dns_tsig import Tsig

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.update

#: Seconds that resolvers may keep a record.
TTL = 60
#: Seconds for a server to answer.
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
        import dns.name
        import dns.rcode
        import dns.rdataclass
        import dns.rdatatype
        import dns.rdtypes.ANY.TXT

        owner, limit = dns.name.from_text(name), min(timeout, ANSWER)
        zone = self._zone(owner, limit)
        record = dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, [value.encode()])
        update = self._signed(zone)
        if add:
            update.add(owner, TTL, record)
        else:
            update.delete(owner, record)
        code = self._ask(update, limit).rcode()
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

    def _zone(self, name: dns.name.Name, limit: float) -> dns.name.Name:
        """The zone of the server that has the name."""
        import dns.flags
        import dns.message
        import dns.name
        import dns.rdatatype

        above = name
        while above != dns.name.root:
            question = dns.message.make_query(above, dns.rdatatype.SOA)
            question.flags &= ~dns.flags.RD
            found = [one.name for one in self._ask(question, limit).answer if one.rdtype == dns.rdatatype.SOA and one.name == above]
            if found:
                return found[0]
            above = above.parent()
        told = name.to_text(omit_final_dot=True)
        raise DnsError(f"{self._where} has no zone for {told}; name the primary server of its zone, or delegate {told} by a CNAME")

    def _ask(self, message: dns.message.Message, limit: float) -> dns.message.Message:
        import dns.exception
        import dns.query
        import dns.tsig

        try:
            address = socket.getaddrinfo(self.server, self.port, type=socket.SOCK_STREAM)[0][4][0]
            return dns.query.tcp(message, str(address), limit, self.port)
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.message.UnknownTSIGKey) as error:
            raise DnsError(f"{self._where} refuses the update{self._by}: {_REASONS.get(type(error).__name__, error)}") from None
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise DnsError(f"{self._where} does not answer: {error or type(error).__name__}") from None

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
