# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether clients would trust what httpd shows them where they have https already: a real handshake for each such virtual host."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple, Optional

from ._config_tree import Directive, flag, last, last_outside, outside
from ._discovery import Discovery
from ._existing_hosts import ANYWHERE, Address, ExistingHost
from ._handshake import TIMEOUT, own_address, trusting
from ._migration_step import HTTPS, Step
from ._migration_twins import target_of
from ._names import covering, is_address
from ._neighbours import WEB
from ._side_by_side import side_by_side
from ._sockets import is_ours

#: A name that is no pattern, and has a dot.
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+\Z", re.IGNORECASE)


class _Place(NamedTuple):
    """Where to ask for names; nowhere, without an address."""

    address: str
    port: int
    names: tuple[str, ...]

    @property
    def ways(self) -> set[tuple[str, str]]:
        """The addresses and ports of virtual hosts that are for what comes there."""
        return set(product((self.address, ""), (str(self.port), "*")))


def with_distrust(steps: Sequence[Step], found: Discovery, but: Collection[str]) -> list[Step]:
    """The steps; where clients have https, with why they would not trust it. Names are not looked at *but* these, in lower case."""
    if _says_proxy(outside(found.config)):
        return list(steps)
    usual = lru_cache(maxsize=None)(lambda port: _usual(port, found))
    asked = {number: _place(step.host, found, but) for number, step in enumerate(steps) if step.action == HTTPS}
    known = {number: one._replace(address=one.address or usual(one.port)) for number, one in asked.items() if one.names}
    proxied = {(_alone(at.address), at.port) for host in found.hosts if _says_proxy(host.body) for at in host.addresses}
    places = {number: one for number, one in known.items() if one.address and proxied.isdisjoint(one.ways)}
    if not places:
        return list(steps)
    context = trusting()
    context.check_hostname = False  # the names of a virtual host are looked at together, after the handshake
    told = side_by_side(lambda one: _distrust(one, context), set(places.values()))
    return [replace(step, distrust=told.get(places[number], "")) if number in places else step for number, step in enumerate(steps)]


def _place(host: ExistingHost, found: Discovery, but: Collection[str]) -> _Place:
    """Who speaks no TLS itself has https by another one, which is asked for its own names."""
    names = [name for name in host.names if _NAME.match(name) and not is_address(name) and name.lower() not in but]
    near = (one for one in host.addresses if one.listens and (one.address in ANYWHERE or is_ours(_alone(one.address))))
    at = next((one for one in near if host.tls or one.port in WEB), None)
    by: Optional[ExistingHost] = host
    if not at:
        return _Place("", 0, ())
    if host.tls:
        port, there = _port(at, found), found.neighbours.at[at.address, at.port]
        names = [name for name in names if there.having(name)[0] is host]  # the first that has it answers
    else:
        nobodys = [name for name in names if not found.neighbours.tls.named(name)]
        names = [name for name in nobodys if target_of(name, host, found.config) == name.lower()]
        port, by = 443, found.neighbours.answering(at.address).default
    return _Place(_alone(at.address), port, tuple(names) if port and by and not _asks_for_certificates(by, found) else ())


def _port(at: Address, found: Discovery) -> int:
    """Where it is asked by https; 0 where that cannot be told, as it takes whatever comes."""
    ports = [at.port] if at.port != "*" else [one.port for one in found.listens if one.protocol == "https" and one.reaches(at.address, "*")]
    return int(min(ports, key="443".__ne__, default="0"))


def _alone(address: str) -> str:
    """The address of a virtual host as sockets have it; empty for everywhere."""
    return "" if address in ANYWHERE else address.strip("[]")


def _usual(port: int, found: Discovery) -> str:
    """Where to ask for what is served everywhere: where httpd listens, and nobody serves an address by itself; empty if that is nowhere."""
    taken = {_alone(address) for address, of in found.neighbours.at if of in (str(port), "*")}
    there, own = [one for one in found.listens if one.reaches("*", str(port))], own_address()
    alone = sorted((_alone(one.address) for one in there), key=own.__ne__)
    places = [own, "127.0.0.1"] if "" in alone else [one for one in alone if is_ours(one)]
    return next((one for one in places if one not in taken), "")


def _asks_for_certificates(host: ExistingHost, found: Discovery) -> bool:
    """Tell whether it serves only who shows a certificate, which cannot be done from here."""
    said = last(host.body, "sslverifyclient") or last_outside(found.config, "sslverifyclient")
    return said is not None and "".join(said.words[:1]).lower() in ("require", "on")


def _says_proxy(directives: Iterable[Directive]) -> bool:
    """Tell whether a proxy has to say for whom it asks before TLS begins. In a virtual host it counts for all of its address and port."""
    return any(one.is_a("remoteipproxyprotocol", "proxyprotocol") and flag([one], one.key) for one in directives)


def _distrust(place: _Place, context: ssl.SSLContext) -> str:
    """Why a client would not go on that trusts whom this host trusts; empty when it would."""
    try:
        with socket.create_connection((place.address, place.port), TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname=place.names[0]) as secure:
                found: dict[str, Any] = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return f"this host does not trust its certificate: {error.verify_message}"
    except (OSError, ValueError) as error:
        return f"no TLS handshake for {place.names[0]} at {place.address}:{place.port}: {error}"
    shown = {text.lower() for kind, text in found.get("subjectAltName", ()) if kind == "DNS"}  # of other kinds it is no text at all
    missing = [name for name in place.names if shown.isdisjoint(covering(name.lower()))]
    return f"its certificate is not for {', '.join(missing)}" if missing else ""
