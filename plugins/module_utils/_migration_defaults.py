# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that nobody has are answered as before, whatever virtual hosts of ours come first at an address. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ._applications import bound_to_name
from ._bodies import body
from ._discovery import Discovery
from ._existing_hosts import ExistingHost
from ._migration_addresses import Position, our_position, position
from ._migration_names import Rules
from ._migration_step import REFUSED, TAKE, Step
from ._neighbours import WEB, Neighbours

#: What nobody asks for (RFC 6761 6.4).
NOBODY = "nobody.invalid"


def with_defaults(steps: Sequence[Step], found: Discovery, rules: Rules) -> list[Step]:
    """Make the site the first of ours that takes over what comes first now, if there is one; where another would come first, it has
    a virtual host before it that answers as the first one does now, by http alone."""
    settled = list(steps)
    for _place, default, _first in _displaced(settled, found.neighbours, rules.order):
        if any(step.host is default and step.action == TAKE for step in settled) and not any(step.default for step in settled):
            settled = [replace(step, default=True) if step.host is default else step for step in settled]
    while unfit := next((one for one in _displaced(settled, found.neighbours, rules.order) if _is_bound(one[1], settled, found)), None):
        settled = [_refused(step, unfit[1]) if step is unfit[2] else step for step in settled]
    for place, default, first in list(_displaced(settled, found.neighbours, rules.order)):
        kept = {"name": _name(default, settled), "addresses": [place], "http": body(default, found.obstacles(default), "http")}
        settled = [_with(step, kept) if step.host is first.host else step for step in settled]
    return settled


def _name(default: ExistingHost, steps: Sequence[Step]) -> str:
    """What answers in its place has its name, which is in links and binds processes; not where a site has it, which would be hidden."""
    taken = default.server_name in (name for step in steps if step.action == TAKE for name in step.names)
    return NOBODY if taken or not default.server_name else default.server_name


def _is_bound(default: ExistingHost, steps: Sequence[Step], found: Discovery) -> bool:
    """Whether nothing can answer in its place, since that would have another name."""
    return _name(default, steps) == NOBODY and bound_to_name(default, found.config) is not None


def _displaced(steps: Sequence[Step], hosts: Neighbours, order: Mapping[str, Position]) -> Iterator[tuple[str, ExistingHost, Step]]:
    """Each address where a site would answer for names that nobody has, who does now, and what becomes the site."""
    sites = {id(step.host): step for step in steps if step.action == TAKE}
    for (address, port), there in hosts.at.items():
        if port not in WEB:
            continue
        default = there.default or there.hosts[0]
        ours = [sites[id(host)] for host in there.hosts if id(host) in sites]
        first = min(ours, key=lambda step: our_position(step.names, step.default), default=None)
        if first and first.host is not default and position(default, order) > our_position(first.names, first.default):
            yield f"{address}:{port}", default, first


def _refused(step: Step, default: ExistingHost) -> Step:
    why = f"as mod_wsgi has its processes for {default.server_name} alone"
    reason = (
        f"{default.place} answers for names that nobody has, and would not any more, {why}; "
        "have it come first, in a file such as 000-default.conf"
    )
    return Step(step.host, REFUSED, reason, notes=step.notes)


def _with(step: Step, kept: Mapping[str, object]) -> Step:
    return replace(step, bodies={**step.bodies, "keeps": [*step.bodies.get("keeps", []), kept]})
