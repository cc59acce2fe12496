# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a fleet's orders: from what hosts want to what a person reads. Pure: the past and the time are passed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import MAX_NAMES, host_names
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from ._limits import DOMAIN, Limit, duration
from ._limits import MAX_NAMES as OF_PROFILES
from ._packing import packings
from ._plan import Past, PlannedOrder, WantedOrder, plan
from ._registered_domains import GUESS, is_exact, registered_domain

#: Domains that are named in a line; of more only the number is told.
SHOWN = 3


@dataclass(frozen=True)
class Fleet:
    """The orders of all hosts, and by what they are planned. *most* is how many names the CA puts into one certificate."""

    orders: Sequence[WantedOrder]
    past: Past
    limits: Sequence[Limit]
    most: int
    now: datetime

    def plan(self, orders: Sequence[WantedOrder]) -> list[PlannedOrder]:
        """When these orders can go."""
        return plan(orders, self.past, self.limits, registered_domain, self.now)


def most_names(profile: str) -> int:
    """How many names there can be in one certificate."""
    return OF_PROFILES.get(profile, MAX_NAMES)


def wanted_orders(hosts: Iterable[Mapping[str, Any]], most: int) -> list[WantedOrder]:
    """What is due of the issuer acme; one for those that share it. Raises ArgumentError that names host and certificate."""
    orders: dict[tuple[str, str], WantedOrder] = {}
    for entry in hosts:
        for one in entry["certificates"]:
            if (one.get("issuer") or "acme") != "acme" or not one.get("due", True):
                continue
            where = f"host {entry['host']!r}: certificate {one.get('name')!r}: names"
            names = host_names(one.get("names") or (), where)
            if len(names) > most:
                raise ArgumentError(f"{where}: {len(names)} are more than the {most} that this profile of the CA takes; split the site")
            owner, name = str(one.get("shared_by") or entry["host"]), str(one.get("name") or names[0])
            hosts_before = orders[owner, name].hosts if (owner, name) in orders else ()
            orders[owner, name] = WantedOrder(f"{owner}: {name}", names, bool(one.get("replaces")), (*hosts_before, entry["host"]))
    return list(orders.values())


def told(fleet: Fleet, server: str) -> dict[str, Any]:
    """The plan as a result, with *report*, its lines for a person."""
    planned = fleet.plan(fleet.orders)
    deferred = [one for one in planned if one.at > fleet.now]
    better = _better(fleet, planned) if deferred else []
    last = max((one.at for one in planned), default=None)
    return {
        "orders": len(planned),
        "at_once": len(planned) - len(deferred),
        "deferred": [{"name": one.order.name, "until": one.at.isoformat(), "limit": one.why} for one in deferred],
        "last": last.isoformat() if last else "",
        "limits": [str(limit) for limit in fleet.limits],
        "packings": better,
        "report": [*_summary(fleet, planned, server), *_deferrals(deferred), *_ends(fleet, deferred), *_advice(better, deferred)],
    }


def _better(fleet: Fleet, planned: Sequence[PlannedOrder]) -> list[dict[str, Any]]:
    """The packings with which the last certificate would be there sooner."""
    last, found = max(one.at for one in planned), []
    for packing in packings(fleet.orders, fleet.most, registered_domain if is_exact() else None):
        ends = max(one.at for one in fleet.plan(packing.orders))
        if ends < last:
            text = f"{packing.text}: {_orders(len(packing.orders))}, the last certificate there {_when(ends, fleet.now)}"
            found.append({"kind": packing.kind, "orders": len(packing.orders), "last": ends.isoformat(), "text": text})
    return found


def _summary(fleet: Fleet, planned: Sequence[PlannedOrder], server: str) -> list[str]:
    hosts = len({host for order in fleet.orders for host in order.hosts})
    if not planned:
        return [f"Nothing is to be ordered at {server}."]
    at_once = sum(one.at <= fleet.now for one in planned)
    some = "1 host" if hosts == 1 else f"{hosts} hosts"
    lines = [f"{_orders(len(planned))} for {some} at {server}: {at_once} can go at once, {len(planned) - at_once} later."]
    exempt = sum(order.replaces for order in fleet.orders)
    if exempt:
        lines.append(f"{exempt} of them tell the CA what they replace (ARI), and are exempt from its limits.")
    if not fleet.limits:
        lines.append("No limits of this CA are known; name them with limits (in the role https_acme_limits).")
    return lines


def _deferrals(deferred: Sequence[PlannedOrder]) -> list[str]:
    lines = []
    for limit in dict.fromkeys(one.limit for one in deferred):
        of_limit = [one for one in deferred if one.limit == limit]
        about = Counter(one.about for one in of_limit if one.about).most_common()
        shown = [f"{name} {count}" for name, count in about[:SHOWN]] + ([f"{len(about) - SHOWN} more"] if len(about) > SHOWN else [])
        lines.append(f"Deferred by {limit}: {_orders(len(of_limit))}" + (f" ({', '.join(shown)})" if shown else "") + ".")
    return lines


def _ends(fleet: Fleet, deferred: Sequence[PlannedOrder]) -> list[str]:
    if not deferred:
        return []
    last = max(one.at for one in deferred)
    lines = [f"The last certificate would be there {_when(last, fleet.now)}, if a run orders what it can as soon as there is room."]
    if not is_exact() and any(limit.scope == DOMAIN for limit in fleet.limits):
        lines.append(f"{GUESS[0].upper()}{GUESS[1:]}, and then wildcards are looked at, too.")
    return lines


def _advice(better: Sequence[Mapping[str, Any]], deferred: Sequence[PlannedOrder]) -> list[str]:
    if not deferred:
        return []
    if not better:
        return ["No packing of names is faster: let runs order bit by bit, ask the CA for higher limits, or take another CA for a part."]
    return ["It would be faster with", *(f"- {one['text']}" for one in better)]


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _when(moment: datetime, now: datetime) -> str:
    return "at once" if moment <= now else f"in {duration(moment - now)}, {moment:%Y-%m-%d %H:%M} UTC"
