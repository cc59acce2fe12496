# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual hosts of a host as httpd sees them, the main server where it answers itself, and how they speak. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ._config_tree import Config, Directive, Place, flag, last, outside
from ._httpd_dumps import VirtualHost
from ._name_index import matches

_ADDRESS = re.compile(r"(?:(?P<address>\[[^]]*\]|[^:]+):)?(?P<port>\d+|\*)\Z")
ANYWHERE = ("*", "0.0.0.0", "[::]")
_WEB = "80"


@dataclass(frozen=True)
class Address:
    """An address and port of a virtual host. *listens*: a Listen directive has it. The *default* answers for names that nobody has."""

    address: str
    port: str
    default: bool
    listens: bool


@dataclass(frozen=True)
class Listen:
    """A Listen directive. The protocol is "https" on port 443 unless it says otherwise."""

    address: str
    port: str
    protocol: str

    @property
    def anywhere(self) -> bool:
        """Tell whether it is for every address."""
        return self.address in ANYWHERE

    def reaches(self, address: str, port: str) -> bool:
        """Tell whether requests come in here for a virtual host with that address and port."""
        near = self.anywhere or address in ("*", self.address)
        return near and port in ("*", self.port)


@dataclass(frozen=True, eq=False)
class ExistingHost:
    """A virtual host, or the *main* server. *named*: it says a name itself. *tls*: it speaks TLS. *body*: what is in it. It equals itself
    alone, so that what is worked out of it is kept (lru_cache), however much is in it."""

    server_name: str
    aliases: tuple[str, ...]
    named: bool
    addresses: tuple[Address, ...]
    tls: bool
    place: Place
    #: The place in httpd's words, by which it tells virtual hosts apart.
    identity: tuple[str, int]
    body: tuple[Directive, ...] = field(repr=False)
    main: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases; nothing when it says none itself."""
        return (self.server_name, *self.aliases) if self.named else ()

    @property
    def kind(self) -> str:
        """How clients come here: "https", "http" (by port 80), or "other_port"."""
        if self.tls:
            return "https"
        return "http" if any(one.port in (_WEB, "*") for one in self.addresses) else "other_port"

    def twin(self, hosts: Iterable[ExistingHost]) -> Optional[ExistingHost]:
        """What answers for the same names (at least the first) by https, on port 443 of the same address."""
        if self.tls or not self.named:
            return None
        return next((one for one in hosts if one.tls and self._shares_address(one) and one.has(self.server_name)), None)

    def has(self, name: str, but: Sequence[str] = ()) -> bool:
        """Tell whether it has the name itself, by a wildcard perhaps, *but* not by these."""
        return any(matches(name.lower(), one.lower()) for one in self.names if one not in but)

    def _shares_address(self, other: ExistingHost) -> bool:
        mine, theirs = {one.address for one in self.addresses}, {one.address for one in other.addresses if one.port in ("443", "*")}
        return bool(theirs and ("*" in mine | theirs or mine & theirs))


def read_listens(config: Iterable[Directive]) -> list[Listen]:
    """The Listen directives in force."""
    found = []
    for one in config:
        match = _ADDRESS.match(one.words[0]) if one.is_a("listen") and one.words else None
        if match:
            protocol = one.words[1].lower() if len(one.words) > 1 else "https" if match["port"] == "443" else "http"
            found.append(Listen(match["address"] or "*", match["port"], protocol))
    return found


def read_hosts(config: Sequence[Directive], seen: Sequence[VirtualHost]) -> list[ExistingHost]:
    """Put together what httpd has understood (*config*) and what it tells of its virtual hosts (*seen*), and add the main server where
    no virtual host answers."""
    sections = [one for one in config if one.is_a("virtualhost")]
    config = outside(Config(config))
    listens = read_listens(config)
    belongs = _belonging(sections, seen)
    # httpd lists no aliases of a virtual host that has its address to itself
    hosts = [_host(section, [seen[number] for number in belongs[index]], config, listens) for index, section in enumerate(sections)]
    main = _main_server(config, hosts, listens)
    return [host for host in hosts if host] + ([main] if main else [])


def _belonging(sections: Sequence[Directive], seen: Sequence[VirtualHost]) -> dict[int, list[int]]:
    """Which of *seen* belong to each section. A file that is included twice has sections at one place: they come in turn."""
    found: dict[int, list[int]] = {index: [] for index in range(len(sections))}
    turns: dict[tuple[str, int, str, str], int] = {}
    places: dict[tuple[str, int], list[int]] = {}
    for index, one in enumerate(sections):
        places.setdefault((one.file, one.line), []).append(index)
    for number, host in enumerate(seen):
        there = places.get((host.file, host.line), [])
        fit = [index for index in there if f"{host.address}:{host.port}" in _addresses(sections[index])] or there
        key = (host.file, host.line, host.address, host.port)
        turns[key] = turns.get(key, -1) + 1
        if fit:
            found[fit[min(turns[key], len(fit) - 1)]].append(number)
    return found


def _addresses(section: Directive) -> set[str]:
    """The addresses and ports of a virtual host as httpd prints them."""
    words = [word.replace("_default_", "*") for word in section.words]
    return {word if _ADDRESS.match(word) and word != "*" else f"{word}:*" for word in words}


def _host(
    section: Directive, seen: Sequence[VirtualHost], config: Sequence[Directive], listens: Sequence[Listen]
) -> Optional[ExistingHost]:
    if not seen:
        return None  # httpd does not know it
    addresses = tuple(
        Address(one.address, one.port, one.default, any(listen.reaches(one.address, one.port) for listen in listens)) for one in seen
    )
    return ExistingHost(
        server_name=seen[0].server_name,
        aliases=tuple(dict.fromkeys(word for one in section.children if one.is_a("serveralias") for word in one.words)),
        named=any(one.is_a("servername", "serveralias") for one in section.children),
        addresses=addresses,
        tls=_speaks_tls(section.children, config, addresses, listens),
        place=section.place,
        identity=(section.file, section.line),
        body=section.children,
    )


def _main_server(config: Sequence[Directive], hosts: Iterable[Optional[ExistingHost]], listens: Iterable[Listen]) -> Optional[ExistingHost]:
    """The main server, where it listens and no virtual host has the address."""
    taken = [one for host in hosts if host for one in host.addresses]
    free = [one for one in listens if not any(_covers(host, one) for host in taken)]
    if not free:
        return None
    body = tuple(config)
    named = last(body, "servername")
    addresses = tuple(Address(one.address, one.port, True, True) for one in free)
    where = named or next((one for one in body if one.file.startswith("/")), None)
    return ExistingHost(
        server_name=re.sub(r"^\w+://|:\d+$", "", named.words[0]) if named and named.words else "",
        aliases=(),
        named=named is not None,
        addresses=addresses,
        tls=_speaks_tls(body, body, addresses, listens),
        place=Place(where.file, where.line) if where else Place("", 0),
        identity=("", 0),
        body=body,
        main=True,
    )


def _covers(host: Address, listen: Listen) -> bool:
    """Tell whether no request that comes in there is left to the main server."""
    return host.port in ("*", listen.port) and host.address in ("*", listen.address)


def _speaks_tls(body: Sequence[Directive], config: Sequence[Directive], addresses: Iterable[Address], listens: Iterable[Listen]) -> bool:
    """As mod_ssl decides it: SSLEngine, else where the protocol is https and a certificate is named. The main server's is inherited."""
    told = flag(body, "sslengine")
    told = flag(config, "sslengine") if told is None else told
    if told is not None:
        return told
    protocol = last(body, "protocol")
    here = [listen.protocol for listen in listens for one in addresses if listen.reaches(one.address, one.port)]
    protocols = [protocol.arguments.lower()] if protocol else here
    return "https" in protocols and bool(last(body, "sslcertificatefile") or last(config, "sslcertificatefile"))
