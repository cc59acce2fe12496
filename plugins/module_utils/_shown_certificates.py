# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether clients would trust what httpd shows them where they have https already: a real handshake for each such virtual host."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from ._config_tree import Directive, outside
from ._discovery import Discovery
from ._existing_hosts import ANYWHERE, ExistingHost
from ._handshake import TIMEOUT, trusting
from ._migration_step import HTTPS, Step
from ._migration_twins import target_of
from ._names import covering, is_address
from ._neighbours import WEB
from ._side_by_side import side_by_side
from ._sockets import ours, reachable


class _Place(NamedTuple):
    """Where to ask for names. Without an address it is where httpd listens."""

    address: str
    port: int
    names: tuple[str, ...]


def with_distrust(steps: Sequence[Step], found: Discovery, but: Collection[str]) -> list[Step]:
    """The steps; where clients have https, with why they would not trust it. Names are not looked at *but* these, in lower case."""
    if any(map(_is_for_others, outside(found.config))):
        return list(steps)
    elsewhere = ours((), [[one.strip("[]") for one in found.neighbours.https_places]])  # where nobody hides what is served everywhere
    listening = lru_cache(maxsize=None)(reachable)
    asked = {number: _place(step.host, found, but) for number, step in enumerate(steps) if step.action == HTTPS}
    places = {number: one._replace(address=one.address or elsewhere or listening(one.port)) for number, one in asked.items() if one.names}
    if not places:
        return list(steps)
    context = trusting()
    context.check_hostname = False  # the names of a virtual host are looked at together, after the handshake
    told = side_by_side(lambda one: _distrust(one, context), set(places.values()))
    return [replace(step, distrust=told.get(places[number], "")) if number in places else step for number, step in enumerate(steps)]


def _place(host: ExistingHost, found: Discovery, but: Collection[str]) -> _Place:
    """Who speaks no TLS itself has https by another one, which is asked for its own names."""
    names = [name for name in host.names if _could_have_one(name) and name.lower() not in but]
    if host.tls:
        at = next((one for one in host.addresses if one.listens), None)
        port = int(at.port) if at and at.port.isdigit() else 443
    else:
        nobodys = [name for name in names if not found.neighbours.tls.named(name)]
        names = [name for name in nobodys if target_of(name, host, found.config) == name.lower()]
        at, port = next((one for one in host.addresses if one.port in WEB and one.listens), None), 443
    address = at.address if at and at.address not in ANYWHERE else ""
    return _Place(address.strip("[]"), port, tuple(names) if at and not any(map(_is_for_others, host.body)) else ())


def _is_for_others(one: Directive) -> bool:
    """Tell whether no handshake comes about from here: it is for who shows a certificate, or for a proxy that says for whom it asks."""
    if one.is_a("sslverifyclient"):
        return one.words[:1] == ["require"]
    return one.is_a("remoteipproxyprotocol", "proxyprotocol") and one.arguments.lower() == "on"


def _could_have_one(name: str) -> bool:
    """Tell whether a certificate for all could have it: no pattern, and no name of an intranet."""
    return set(name).isdisjoint("*?") and "." in name and not is_address(name)


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
