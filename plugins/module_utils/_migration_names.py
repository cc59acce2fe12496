# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names of an existing virtual host a site of ours can have; what it cannot stays where it is, by http. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ._arguments import host_name
from ._certbot import Renewal
from ._discovery import Discovery
from ._errors import ArgumentError
from ._existing_hosts import ExistingHost
from ._inner_requests import InnerRequest
from ._migration_addresses import Position
from ._migration_twins import SECURE, UNCLEAR, catch_alls, https_of
from ._names import is_address
from ._neighbours import WEB, Neighbours
from ._reach import Reach
from ._woken import Woken


@dataclass(frozen=True)
class Rules:
    """What is known besides the configuration.

    *order* tells where httpd reads files among the virtual hosts of ours. *listed* are names that https_sites has, *taken* those that sites
    took over already; *has_first*: one of these is the first of ours. A *public* CA signs no names of an intranet. *wildcards*: they can be
    proven (dns-01). *reach*: whether a CA comes here by a name, where that was asked. *asked*: what proxies here ask for by http, by name.
    *woken*: what counts as soon as modules are loaded. *renewals*: what another ACME client does. Whoever has an *excluded* name stays as
    it is.
    """

    order: Mapping[str, Position]
    public: bool = True
    wildcards: bool = False
    listed: frozenset[str] = frozenset()
    taken: AbstractSet[str] = frozenset()
    has_first: bool = False
    reach: Mapping[str, Reach] = field(default_factory=dict)
    asked: Mapping[str, Sequence[InnerRequest]] = field(default_factory=dict)
    renewals: Mapping[str, Renewal] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    woken: Woken = field(default_factory=Woken)

    @property
    def proven_elsewhere(self) -> bool:
        """Whether names are proven without an answer by http, as wildcards have to be."""
        return self.wildcards


@dataclass(frozen=True)
class Names:
    """The names of a virtual host: *own* of the site; those that have https, that no client reaches here, that cannot have a certificate.

    *shaded*: other virtual hosts (file and line in httpd's words) that have one of *own*, but that no client reaches by it. *reach*: what
    came of asking for names. *unclear* is told of those that may have https, or not everywhere.
    """

    own: tuple[str, ...]
    secure: tuple[str, ...]
    unreached: tuple[str, ...]
    unfit: tuple[str, ...]
    notes: tuple[str, ...]
    shaded: tuple[tuple[str, int], ...] = ()
    reach: tuple[Reach, ...] = ()
    unclear: tuple[str, ...] = ()


def sort_names(host: ExistingHost, found_there: Discovery, rules: Rules) -> Names:
    """Sort the names of the host."""
    hosts = found_there.neighbours
    found: dict[str, list[str]] = {"own": [], SECURE: [], "unreached": [], "unfit": []}
    notes: list[str] = []
    unclear: list[str] = []
    for given in dict.fromkeys(host.names):
        kind, name, told = _kind(given, host, found_there, rules)
        if kind == UNCLEAR:
            unclear.append(f"{given}: {told}")
        elif name not in found[kind]:
            found[kind].append(name)
            notes += [f"{given}: {told}"] if told else []
    sorted_names = {kind: tuple(names) for kind, names in found.items()}
    everything = catch_alls(found["own"], host, hosts)
    notes += [f"{one.place} answers for them by https, as for all names, and will not any more" for one in everything]
    others = hosts.ordered(one for name in found["own"] for one in _at_its_places(name, host, hosts))
    shaded = tuple(one.identity for one in (*others, *(everything if found["own"] else ())))
    reach = tuple(rules.reach[name] for name in (*found["own"], *found["unfit"]) if name in rules.reach)
    return Names(**sorted_names, notes=tuple(notes), shaded=shaded, reach=reach, unclear=tuple(unclear))


def _kind(given: str, host: ExistingHost, there: Discovery, rules: Rules) -> tuple[str, str, str]:
    """What a name is, the name as a certificate has it, and what is to be told of it."""
    try:
        name = host_name(given, "")
    except ArgumentError:
        return "unfit", given, "it is no host name, and stays with http"
    if not host.has(name):
        return "unfit", name, "no client asks for it as it is written, which is not as in DNS; write the xn-- form, without a final dot"
    https, told = https_of(name, host, there.neighbours, there.config)
    if https == SECURE:
        return SECURE, name, told
    first = _reached(name, host, there.neighbours)
    if first is not host:
        return "unreached", name, f"{first.place} answers for it"
    if https == UNCLEAR:
        return UNCLEAR, name, told
    reason = _unfit(name, host, there.neighbours, rules)
    reach = rules.reach.get(name)
    return ("unfit", name, f"{reason}; it stays with http") if reason else ("own", name, reach.told if reach else "")


def _unfit(name: str, host: ExistingHost, hosts: Neighbours, rules: Rules) -> str:
    if name in rules.listed:
        return "it is in https_sites"
    if name in rules.taken:
        return "a site that has it is taken over already, at another address"
    if is_address(name):
        return "it is an IP address, which needs a site of its own in https_sites"
    if rules.public and "." not in name:
        return "it is a name of an intranet, which no public CA signs"
    if name.startswith("*.") and not rules.wildcards:
        return "it is a wildcard, which needs https_acme_challenge: dns-01"
    covered = next((other for one, other in hosts.covered.get(name, ()) if one is not host), "")
    if name.startswith("*.") and covered:
        return f"it is a wildcard that covers {covered} of another virtual host, too"
    asked = next((one.directive.place for one in rules.asked.get(name, ()) if one.is_for(name, host)), None)
    if asked:
        return f"{asked} asks it by http, and would get a redirect; have that ask another port, or the server behind it"
    reach = rules.reach.get(name)
    return reach.told if reach and not reach.provable else ""


def _reached(name: str, host: ExistingHost, hosts: Neighbours) -> ExistingHost:
    """Who answers for the name where the host is: the host itself if it does at one address at least."""
    first = host
    for place in [(one.address, one.port) for one in host.addresses if one.port in WEB and one.listens]:
        first = hosts.at[place].having(name)[0]
        if first is host:
            return host
    return first


def _at_its_places(name: str, host: ExistingHost, hosts: Neighbours) -> Iterator[ExistingHost]:
    """Others that have the name by http where the host is."""
    for own in host.addresses:
        yield from (one for one in hosts.at[own.address, own.port].having(name) if one is not host and not one.tls)
