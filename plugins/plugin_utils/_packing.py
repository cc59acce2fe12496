# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the same names could be put into fewer certificates, so that a limit is not hit. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ._plan import WantedOrder, set_of

DomainOf = Callable[[str], str]


@dataclass(frozen=True)
class Packing:
    """What a person would change, and the orders that there would be then."""

    kind: str
    text: str
    orders: tuple[WantedOrder, ...]


def packings(orders: Sequence[WantedOrder], most: int, domain_of: DomainOf | None) -> list[Packing]:
    """Those that need fewer orders, the least change first. *most* is how many names the CA puts into one certificate.

    *domain_of* is None when registered domains are only guessed: then no wildcard is advised, which might be one for all of co.uk.
    """
    renewals = tuple(order for order in orders if order.replaces)  # exempt: nothing is gained by packing them otherwise
    new = [order for order in orders if not order.replaces]
    found = [
        Packing("shared", "one certificate for all hosts that serve the same names (shared_by), and one key with it", tuple(_shared(new))),
        Packing("names", f"all names of a host in as few certificates as can be, up to {most} in each", tuple(_by_host(new, most))),
    ]
    if domain_of:
        text = "wildcards (dns-01) in one certificate for each registered domain, which its hosts share (shared_by), and one key with it"
        found.append(Packing("wildcard", text, tuple(_wildcards(new, most, domain_of))))
    fewer = [one for one in found if len(one.orders) < len(new) and (one.kind != "wildcard" or _has_wildcard(one.orders))]
    return [Packing(one.kind, one.text, renewals + one.orders) for one in fewer]


def _has_wildcard(orders: Sequence[WantedOrder]) -> bool:
    return any(name.startswith("*.") for order in orders for name in order.names)


def _shared(orders: Sequence[WantedOrder]) -> Iterable[WantedOrder]:
    """One order for each set of names."""
    alike: defaultdict[str, list[WantedOrder]] = defaultdict(list)
    for order in orders:
        alike[set_of(order.names)].append(order)
    for same in alike.values():
        yield WantedOrder(same[0].name, same[0].names, hosts=_hosts(same))


def _by_host(orders: Sequence[WantedOrder], most: int) -> Iterable[WantedOrder]:
    """Orders as full as can be; those of several hosts stay as they are."""
    of_hosts: defaultdict[tuple[str, ...], list[WantedOrder]] = defaultdict(list)
    for order in orders:
        of_hosts[order.hosts].append(order)
    for hosts, several in of_hosts.items():
        yield from several if len(hosts) != 1 else _chunks(_names(several), most, hosts)


def _wildcards(orders: Sequence[WantedOrder], most: int, domain_of: DomainOf) -> Iterable[WantedOrder]:
    """One order for each registered domain, in which names with the same parent become a wildcard."""
    of_domains: defaultdict[str, list[str]] = defaultdict(list)
    hosts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for order in orders:
        for name in order.names:
            domain = domain_of(name)
            of_domains[domain].append(name)
            hosts[domain].update(dict.fromkeys(order.hosts))
    for domain, names in of_domains.items():
        yield from _chunks(_folded(names, domain), most, tuple(hosts[domain]))


def _folded(names: Sequence[str], domain: str) -> list[str]:
    """The names, those with the same parent as one wildcard. The domain itself is not covered by one (RFC 6125 section 6.4.3)."""
    children: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for name in names:
        children["" if name == domain or ":" in name else name.partition(".")[2]][name] = None
    apex = children.pop("", {})
    return [*apex, *(f"*.{parent}" if len(several) > 1 else next(iter(several)) for parent, several in children.items())]


def _chunks(names: Sequence[str], most: int, hosts: tuple[str, ...]) -> Iterable[WantedOrder]:
    for first in range(0, len(names), most):
        some = tuple(names[first : first + most])
        yield WantedOrder(some[0], some, hosts=hosts)


def _names(orders: Sequence[WantedOrder]) -> list[str]:
    return list(dict.fromkeys(name for order in orders for name in order.names))


def _hosts(orders: Sequence[WantedOrder]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for order in orders for host in order.hosts))
