# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does httpd serve as it should? Asked by real handshakes and requests."""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ._errors import HandshakeError, HttpdError
from ._files import read
from ._handshake import first_certificate, get, shake_hands
from ._layout import CHAIN, Layout
from ._sockets import ours, reachable

#: httpd's own mistakes; a gateway's (502 to 504) are those of the application behind it.
_BROKEN = 500


@dataclass(frozen=True)
class Site:
    """What is to be served under some host names, at *addresses* alone if there are any."""

    layout: Layout
    names: tuple[str, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """Where httpd is asked: the port of https and that of http, and the address; without one, where httpd listens. *places*: the addresses
    of names that are served there alone."""

    port: int
    address: str = ""
    http_port: int = 80
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, port: int) -> Callable[[str], str]:
        """Gives the address for a name, on one of the ports."""
        usual = self.address or reachable(port, {one for each in self.places.values() for one in each})
        return lambda name: self.address or ours(self.places.get(name, ())) or usual


def chains(sites: Sequence[Site], moved: Mapping[str, str] | None = None) -> dict[str, str]:
    """By host name, the chain that has to be shown; names without any that can be read are left out.

    *moved*: what will be ``current`` of which.
    """
    places = {site: (moved or {}).get(site.layout.current, site.layout.current) for site in sites}
    return {name: f"{place}/{CHAIN}" for site, place in places.items() if _leaf(f"{place}/{CHAIN}") for name in site.names}


def _leaf(path: str) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(first_certificate((read(path) or b"").decode()))
    except ValueError:
        return b""  # there is none, or it is damaged


def wrongly_served(expected: Mapping[str, str], where: Address, deadline: float = math.inf) -> dict[str, str]:
    """For each host name that does not show the certificate of its chain: what it shows instead.

    Once something is wrong, no more is looked at after *deadline* (of the monotonic clock).
    """
    wrong: dict[str, str] = {}
    address = where.of(where.port)  # once, as there may be many names
    for name, path in expected.items():
        if wrong and time.monotonic() > deadline:
            break
        try:
            if shake_hands(name, address(name), where.port).leaf != _leaf(path):
                wrong[name] = f"another certificate than {path} is served"
        except HandshakeError as error:
            wrong[name] = str(error)
    return wrong


def statuses(sites: Sequence[Site], where: Address) -> dict[str, int]:
    """How http answers for the first name of each site: the status, 0 when nothing answers."""
    found = {}
    address = where.of(where.http_port)
    for name in (site.names[0] for site in sites if site.names):
        try:
            found[name] = get(name, "/", address(name), where.http_port).status
        except HandshakeError:
            found[name] = 0
    return found


def worsened(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, str]:
    """Names that http answers no more, or with an error of httpd's own, and did before."""
    told = {0: "http is not answered any more", _BROKEN: "http is answered with status 500"}
    return {name: told[status] for name, status in after.items() if status in told and before.get(name, 0) not in told}


def must_serve(expected: Mapping[str, str], where: Address, timeout: float) -> None:
    """Wait until all is served as it should. Raises HttpdError that tells what is not after *timeout* seconds."""
    _wait(lambda deadline: wrongly_served(expected, where, deadline), timeout, "serve as it should")


def must_answer(sites: Sequence[Site], before: Mapping[str, int], where: Address, timeout: float) -> None:
    """Wait until http answers as *before*: applications may take a while. Raises HttpdError as :func:`must_serve`."""
    _wait(lambda _deadline: worsened(before, statuses(sites, where)), timeout, "answer as before")


def _wait(look: Callable[[float], Mapping[str, str]], timeout: float, what: str) -> None:
    deadline = time.monotonic() + timeout
    while wrong := look(deadline):
        if time.monotonic() > deadline:
            told = "; ".join(f"{name}: {reason}" for name, reason in wrong.items())
            raise HttpdError(f"httpd takes the configuration, but does not {what} ({told})")
        time.sleep(0.1)
