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

from . import _handshake
from ._existing_hosts import ANYWHERE, ExistingHost
from ._migration_step import HTTPS, Step
from ._names import covering, is_address
from ._neighbours import WEB, Neighbours
from ._side_by_side import side_by_side
from ._sockets import reachable


class _Place(NamedTuple):
    """Where to ask for names. Without an address it is where httpd listens."""

    address: str
    port: int
    names: tuple[str, ...]


def with_distrust(steps: Sequence[Step], hosts: Neighbours, served: Collection[str]) -> list[Step]:
    """The steps; where clients have https, with why they would not trust it. *served*: names that virtual hosts of ours have."""
    listening = lru_cache(maxsize=None)(reachable)
    found = {number: _place(step.host, hosts, served) for number, step in enumerate(steps) if step.action == HTTPS}
    places = {number: one._replace(address=one.address or listening(one.port)) for number, one in found.items() if one.names}
    if not places:
        return list(steps)
    context = _trusting_as_the_host()
    told = side_by_side(lambda one: _distrust(one, context), set(places.values()))
    return [replace(step, distrust=told.get(places[number], "")) if number in places else step for number, step in enumerate(steps)]


def _place(host: ExistingHost, hosts: Neighbours, served: Collection[str]) -> _Place:
    """Who speaks no TLS itself has https by another one, which is asked for its own names."""
    names = [name for name in host.names if _is_exact(name) and name.lower() not in served]
    if host.tls:
        at = next((one for one in host.addresses if one.listens), None)
        port = int(at.port) if at and at.port.isdigit() else 443
    else:
        names = [name for name in names if not hosts.tls.named(name)]
        at, port = next((one for one in host.addresses if one.port in WEB and one.listens), None), 443
    address = at.address if at and at.address not in ANYWHERE else ""
    asks_clients = any(one.is_a("sslverifyclient") for one in host.body)  # this one has no certificate to show
    return _Place(address.strip("[]"), port, tuple(names) if at and not asks_clients else ())


def _is_exact(name: str) -> bool:
    return set(name).isdisjoint("*?") and not is_address(name)


def _distrust(place: _Place, context: ssl.SSLContext) -> str:
    """Why a client would not go on; empty when it would."""
    try:
        with socket.create_connection((place.address, place.port), _handshake.TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname=place.names[0]) as secure:
                found: dict[str, Any] = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return f"clients would not trust its certificate: {error.verify_message}"
    except (OSError, ValueError) as error:
        return f"no TLS handshake for {place.names[0]} at {place.address}:{place.port}: {error}"
    shown = {text.lower() for _kind, text in found.get("subjectAltName", ())}
    missing = [name for name in place.names if shown.isdisjoint(covering(name.lower()))]
    return f"its certificate is not for {', '.join(missing)}" if missing else ""


def _trusting_as_the_host() -> ssl.SSLContext:
    """Trusts whom this host trusts. The names of a virtual host are looked at together, after the handshake."""
    context = ssl.create_default_context()
    context.check_hostname = False
    return context
