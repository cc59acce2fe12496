# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask for names as a CA does (RFC 8555 section 8.3), at each of their addresses, and this host's own httpd for the same."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping, Sequence
from typing import Union

from ._errors import HandshakeError
from ._handshake import get
from ._reach import NO_TIME, Heard, Reach, judge
from ._side_by_side import side_by_side
from ._sockets import is_ours, reachable

#: Seconds until an address counts as one that takes no connections.
_TIMEOUT = 3.0
#: What a resolver says of a name that has no address, and not of one that it could not look up.
_NONE = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
#: Octets of an answer that are compared.
_MOST = 16384


def probe(places: Mapping[str, Sequence[str]], port: int = 80) -> dict[str, Reach]:
    """By name, what came of it. *places*: where virtual hosts answer for it, as "192.0.2.7:80", "[::1]:80", or "*:80" for everywhere."""
    usual = reachable(port)
    own = {name: [_address(place) or usual for place in found] for name, found in places.items()}
    found = side_by_side(_addresses, places)
    unknown = {name: found.get(name, NO_TIME) for name in places}
    there = {name: one if isinstance(one, list) else [] for name, one in unknown.items()}
    every = {address for each in (own, there) for addresses in each.values() for address in addresses}
    dead = {address: why for address, why in side_by_side(lambda one: _silence(one, port), every).items() if why}
    token = secrets.token_urlsafe(16)
    asked = {(name, address) for each in (there, own) for name in each for address in each[name]}
    heard = side_by_side(lambda one: _ask(*one, token, port), [one for one in asked if one[1] not in dead])
    answers = {one: dead.get(one[1]) or heard.get(one, NO_TIME) for one in asked}
    ours = {address for address in every if is_ours(address)}
    seen = {name: {one: answers[name, one] for one in there[name]} or str(unknown[name] or "") for name in places}
    return {name: judge(name, seen[name], [answers[name, one] for one in own[name]], ours) for name in places}


def _address(place: str) -> str:
    """The address of a place; empty where it is everywhere."""
    return place.rpartition(":")[0].strip("[]").replace("*", "")


def _addresses(name: str) -> Union[list[str], str]:
    """The addresses of a name, none where DNS has none; or why that is not known."""
    try:
        return sorted({str(one[4][0]) for one in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    except socket.gaierror as error:
        return [] if error.errno in _NONE else _why(error)
    except (OSError, UnicodeError) as error:
        return _why(error)


def _silence(address: str, port: int) -> str:
    """Why nothing answers at an address, for any name; empty when something does."""
    try:
        socket.create_connection((address, port), _TIMEOUT).close()
    except OSError as error:
        return _why(error)
    return ""


def _ask(name: str, address: str, token: str, port: int) -> Heard:
    try:
        return get(name, f"/.well-known/acme-challenge/{token}", address, port, most=_MOST)
    except HandshakeError as error:
        return _why(error.__cause__ or error)


def _why(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error) or type(error).__name__
