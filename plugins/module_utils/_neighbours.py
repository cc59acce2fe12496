# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All virtual hosts of a host by where they answer and by name, so that none has to be compared with all others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Optional

from ._existing_hosts import ExistingHost
from ._name_index import NameIndex, spellings

#: The ports by which clients come with http, "*" being all; and with https.
WEB = ("80", "*")
HTTPS_PORTS = ("443", "*")
#: A ServerAlias for all names. Who has a name by it has it by chance.
ALL = "*"


class Group:
    """Virtual hosts that answer at the same place, in the order in which httpd looks at them. A place is an address with a port."""

    def __init__(self, hosts: Iterable[ExistingHost], *places: tuple[str, str]) -> None:
        self._places = places
        self.hosts = list({id(host): host for host in hosts}.values())

    def __contains__(self, host: ExistingHost) -> bool:
        return id(host) in self._ids

    @cached_property
    def _ids(self) -> frozenset[int]:
        return frozenset(map(id, self.hosts))

    @cached_property
    def all_names(self) -> list[ExistingHost]:
        """Those that answer for all names."""
        return [host for host in self.hosts if ALL in host.aliases]

    @cached_property
    def default(self) -> Optional[ExistingHost]:
        """Who answers here for names that nobody has; None where that is none of them, whatever they do elsewhere."""
        return next(
            (host for host in self.hosts if any(at.default and (at.address, at.port) in self._places for at in host.addresses)), None
        )

    @cached_property
    def _by_name(self) -> NameIndex[ExistingHost]:
        return NameIndex((host, host.names) for host in self.hosts)

    @cached_property
    def _by_own_name(self) -> NameIndex[ExistingHost]:
        return NameIndex((host, [name for name in host.names if name != ALL]) for host in self.hosts)

    def having(self, name: str) -> list[ExistingHost]:
        """Those that have a name."""
        return self._by_name.having(name)

    def named(self, name: str) -> Optional[ExistingHost]:
        """The first that has the name itself."""
        return next(iter(self._by_own_name.having(name)), None)


class Neighbours:
    """The virtual hosts of a host."""

    def __init__(self, hosts: Sequence[ExistingHost]) -> None:
        self.hosts = hosts
        self._numbers = {id(host): number for number, host in enumerate(hosts)}
        #: Those that speak TLS at an address.
        self.speaking = lru_cache(maxsize=None)(self._speaking)

    def _speaking(self, address: str) -> Group:
        return Group(self._secure.get(address, ()), *((address, port) for port in HTTPS_PORTS))

    def ordered(self, hosts: Iterable[ExistingHost]) -> list[ExistingHost]:
        """Some of them in their order, each once."""
        return [self.hosts[number] for number in sorted({self._numbers[id(host)] for host in hosts})]

    @cached_property
    def at(self) -> dict[tuple[str, str], Group]:
        """Those at each address and port."""
        found: dict[tuple[str, str], list[ExistingHost]] = {}
        for host in self.hosts:
            for one in host.addresses:
                found.setdefault((one.address, one.port), []).append(host)
        return {place: Group(hosts, place) for place, hosts in found.items()}

    @cached_property
    def tls(self) -> Group:
        """Those that speak TLS."""
        return Group(host for host in self.hosts if host.tls)

    def answering(self, address: str) -> Group:
        """Those that httpd looks through for who comes to an address by https: that by itself goes before "*"."""
        found = self.speaking(address)
        return found if found.hosts else self.speaking("*")

    @cached_property
    def _secure(self) -> dict[str, list[ExistingHost]]:
        found: dict[str, list[ExistingHost]] = {}
        for host in self.hosts:
            for one in host.addresses if host.tls else ():
                if one.port in HTTPS_PORTS:
                    found.setdefault(one.address, []).append(host)
        return found

    @cached_property
    def _plain(self) -> frozenset[str]:
        """Addresses at which somebody answers by http."""
        return frozenset(one.address for host in self.hosts for one in host.addresses if one.port in WEB)

    @cached_property
    def https_places(self) -> dict[str, bool]:
        """Addresses by themselves at which somebody answers on the port of https, in their order, and whether nobody does by http."""
        there = (one for host in self.hosts for one in host.addresses if one.port in HTTPS_PORTS)
        return {one.address: one.address not in self._plain for one in there if one.address != "*"}

    @cached_property
    def beside(self) -> list[str]:
        """Those by themselves where somebody speaks TLS, and that "*" stands for by http."""
        return [address for address in self._secure if address != "*" and address not in self._plain]

    @cached_property
    def everywhere(self) -> Optional[ExistingHost]:
        """The first with a name that speaks TLS at all addresses."""
        places = [("*", port) for port in HTTPS_PORTS]
        return next(
            (one for one in self.hosts if one.tls and one.names and any((at.address, at.port) in places for at in one.addresses)), None
        )

    @cached_property
    def covered(self) -> dict[str, list[tuple[ExistingHost, str]]]:
        """The names that there are of each domain, by its wildcard, with who has them."""
        found: dict[str, list[tuple[ExistingHost, str]]] = {}
        for host in self.hosts:
            for name in host.names:
                for wildcard in spellings(name.lower()):
                    found.setdefault(wildcard, []).append((host, name))
        return found

    @cached_property
    def secure_defaults(self) -> dict[str, list[ExistingHost]]:
        """Who answers by https for names that nobody has, by address and port."""
        found: dict[str, list[ExistingHost]] = {}
        for host in self.hosts:
            for one in host.addresses if host.tls else ():
                if one.default:
                    found.setdefault(f"{one.address}:{one.port}", []).append(host)
        return found
