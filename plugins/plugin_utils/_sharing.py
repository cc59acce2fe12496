# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate for several hosts: who of them gets it, and who takes it from whom. Pure: all hosts come to the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Action, InPlace, Wanted, decide
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import NO_SUGGESTIONS, Suggestions

#: Where the certificate lies on the host that has it, by what is to be done there.
_VERSIONS = {Action.NOTHING: "current", Action.ACTIVATE: "pending"}


@dataclass(frozen=True)
class Found:
    """What a host has for one name. *requested* tells whether a key of it waits for a signature."""

    current: InPlace
    pending: InPlace
    requested: bool

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Found:
        """Out of what the module certificate_info returns."""
        return cls(InPlace.from_dict(values["current"]), InPlace.from_dict(values["pending"]), values["requested"])


NOTHING = Found(InPlace(), InPlace(), requested=False)


@dataclass(frozen=True)
class Member:
    """One of the hosts. *present* tells whether it takes part in this run, so that it can get a certificate."""

    host: str
    present: bool
    found: Mapping[str, Found]

    def of(self, name: str) -> Found:
        """What it has for one name."""
        return self.found.get(name, NOTHING)


@dataclass(frozen=True)
class Source:
    """Where a host takes a certificate from: which *version* of which host, and whether that one takes part in this run.

    The version "requested" is none yet: a person has it signed, and a host that does not take part waits for it.
    """

    name: str
    host: str
    present: bool
    version: str


def read_members(entries: Iterable[Mapping[str, Any]]) -> list[Member]:
    """Out of module parameters: host, present, and the certificates as the module certificate_info returns them."""
    return [
        Member(entry["host"], entry["present"], {one["name"]: Found.from_dict(one) for one in entry["certificates"]}) for entry in entries
    ]


def source_of(wanted: Wanted, members: Sequence[Member], now: datetime, suggested: Suggestions = NO_SUGGESTIONS) -> Source:
    """The member whose certificate all shall serve.

    It is the one whose certificate does and lives longest, be it live or signed and waiting. If none does, one that takes part in
    the run and has the site gets a new one: the one that has requested it already, else the first. What a person has been asked to
    have signed is waited for, also where the host that asked does not take part.
    """
    found = {one.host: one.of(wanted.name) for one in members}
    decided = {host: decide(wanted, one.current, one.pending, now, suggested=suggested).action for host, one in found.items()}
    for action, version in _VERSIONS.items():
        holders = [one for one in members if decided[one.host] is action]
        if holders:
            best = max(holders, key=lambda one: _not_after(getattr(one.of(wanted.name), version)))
            return Source(wanted.name, best.host, best.present, version)
    able = [one for one in members if one.present and wanted.name in one.found]
    away = [one for one in members if not one.present] if wanted.awaits else []
    asked = [one for one in (*able, *away) if one.of(wanted.name).requested]
    leader = (asked or able)[0]
    return Source(wanted.name, leader.host, leader.present, "pending" if leader.present else "requested")


def share(
    certificates: Sequence[Wanted],
    groups: Mapping[str, Sequence[Member]],
    host: str,
    now: datetime,
    suggested: Suggestions = NO_SUGGESTIONS,
) -> tuple[list[Wanted], list[Source]]:
    """What a host gets itself, and from where it takes the rest as far as it has not got it yet.

    *groups* has the members, by the name of the certificate, for those that are shared. *suggested* is as in decide().
    """
    own, taken = [], []
    for wanted in certificates:
        members = groups.get(wanted.name, ())
        me = next((one for one in members if one.host == host), None)
        source = source_of(wanted, members, now, suggested) if me else None
        if me is None or source is None or source.host == host:
            own.append(wanted)
        elif source.version != "current" or not _same(wanted.name, me, next(one for one in members if one.host == source.host)):
            taken.append(source)
    return own, taken


def members_of(group: str, groups: Mapping[str, Sequence[str]], members: Sequence[Member], host: str, name: str) -> list[Member]:
    """Those of a group of the inventory, in its order. Raises ArgumentError when the host is none of them."""
    if host not in groups.get(group, ()):
        raise ArgumentError(f"certificate {name!r}: shared_by: {host} is no member of a group {group!r} of the inventory")
    found = {one.host: one for one in members}
    return [found[one] for one in groups[group] if one in found]


def describe(wanted: Wanted) -> dict[str, Any]:
    """What members have to agree on."""
    return {"names": sorted(wanted.names), "key_type": wanted.key_type, "issuer": wanted.issuer}


def awaited(taken: Sequence[Source]) -> dict[str, str]:
    """What a person has to do for those that another host has requested, by name."""
    return {
        one.name: f"{one.host} has requested it already and is given what the CA signs; run this for {one.host}, too"
        for one in taken
        if one.version == "requested"
    }


def _same(name: str, one: Member, other: Member) -> bool:
    mine, theirs = one.of(name).current, other.of(name).current
    return not mine.problem and bool(mine.certificate) and mine.certificate == theirs.certificate


def _not_after(found: InPlace) -> float:
    return found.certificate.not_after.timestamp() if found.certificate else 0.0
