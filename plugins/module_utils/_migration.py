# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of each virtual host of a host that is brought to https: a site of ours takes it over, or it stays, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ._applications import unreached
from ._arguments import MAX_NAMES
from ._bodies import body
from ._discovery import Discovery
from ._existing_hosts import ExistingHost
from ._foreign_challenges import foreign_challenges
from ._inner_requests import by_name, inner_requests
from ._migration_addresses import Position, displaced_default, hidden, https_addresses, our_position, position, unheard, web_addresses
from ._migration_defaults import with_defaults
from ._migration_names import Names, Rules, sort_names
from ._migration_step import HTTPS, LEFT, REFUSED, TAKE, Step
from ._migration_twins import catch_alls
from ._neighbours import WEB
from ._obstacle import DROP, REFUSE, Obstacle
from ._serving import document_root, is_rewriting, rewrites


def plan(found: Discovery, rules: Rules) -> list[Step]:
    """Decide for each virtual host, in their order. What cannot be taken over is refused by itself; the others go on."""
    steps: list[Step] = []
    taken: set[str] = set()  # grows with each site
    rules = replace(rules, asked=by_name(inner_requests(found.config)), taken=taken)
    for host in found.hosts:
        if host.main and not web_addresses(host):
            continue  # it answers nothing but what the virtual hosts of ours listen for
        step = _step(host, found, rules)
        steps.append(step)
        taken.update(step.names)
        rules = replace(rules, has_first=rules.has_first or step.default)
    return with_defaults(steps, found, rules)


def _step(host: ExistingHost, found: Discovery, rules: Rules) -> Step:
    if host.tls:
        return Step(host, HTTPS, "it speaks TLS")
    if not any(one.port in WEB and one.listens for one in host.addresses):
        return Step(host, LEFT, "clients do not come to it by port 80")
    excluded = next((name for name in host.names if name.lower() in rules.excluded), "")
    if excluded:
        return Step(host, LEFT, f"migrate_exclude has {excluded}")
    if not host.named:
        return Step(host, LEFT, "it has no name that a certificate could have, and goes on answering by http for names that nobody has")
    names = sort_names(host, found, rules)
    if names.unclear:
        return Step(host, REFUSED, "; ".join(names.unclear), notes=names.notes)
    if not names.own:
        return _nameless(host, names)
    obstacles = found.obstacles(host)
    reason = "; ".join(
        [*_refused(obstacles), *_elsewhere(host, found), *_tied(host, names, found, rules), *_refusal(host, names, found, rules)]
    )
    if reason:
        return Step(host, REFUSED, reason, notes=names.notes, reach=names.reach)
    dropped = tuple(_told(one) for one in obstacles if one.verdict == DROP or one.judgement.differs)
    first, bodies = _has_to_be_first(host, names, rules), _bodies(host, found, names, obstacles)
    told = () if rules.taken else rules.woken.notes  # once, whatever sites they are for
    notes = (*names.notes, *told, *_displaced(bodies["https_addresses"], our_position(names.own, first), found, rules))
    return Step(host, TAKE, names=names.own, notes=notes, dropped=dropped, default=first, reach=names.reach, bodies=bodies)


def _nameless(host: ExistingHost, names: Names) -> Step:
    told = "; ".join(names.notes)
    if names.secure:
        return Step(host, HTTPS, f"https is served for {', '.join(names.secure)} already", notes=names.notes)
    if names.unreached and not names.unfit:
        return Step(host, LEFT, f"no client comes to it: {told}")
    return Step(host, REFUSED, f"none of its names can have a certificate: {told}", reach=names.reach)


def _refused(obstacles: Iterable[Obstacle]) -> list[str]:
    return [_told(one) for one in obstacles if one.verdict == REFUSE]


def _elsewhere(host: ExistingHost, found: Discovery) -> list[str]:
    """Why https would not be served where http is, and nowhere else."""
    return [told for told in (hidden(host, found.neighbours), unheard(host, found.listens)) if told]


def _tied(host: ExistingHost, names: Names, found: Discovery, rules: Rules) -> Iterator[str]:
    """What something else on the host has to do with the names."""
    yield from unreached(host, found.config, names.own[0])
    if rules.proven_elsewhere:
        return  # challenges go on as before, as no answer of ours is in front of them
    yield from foreign_challenges(host, found.config)
    root = document_root(host.body, found.config)
    yield from (told for name in names.own if name in rules.renewals and (told := rules.renewals[name].told(name, root)))


def _refusal(host: ExistingHost, names: Names, found: Discovery, rules: Rules) -> list[str]:
    """Why it cannot come before the others, or at all."""
    told = []
    if any(one.port == "*" for one in host.addresses):
        told.append("it answers on every port, and would on 443, too; name the port, such as *:80")
    if len(names.own) > MAX_NAMES:
        told.append(f"it has {len(names.own)} names, and a certificate has {MAX_NAMES} at most; part it in two")
    if position(host, rules.order) <= our_position(names.own, _has_to_be_first(host, names, rules)):
        told.append("httpd reads it before the virtual hosts of ours, which would not count then; move it to a file that comes after 002-")
    if rules.woken.refusal:
        told.append(rules.woken.refusal)
    return [*told, *_behind(host, names, found, rules), *_left_alone(host, names, found, rules)]


def _behind(host: ExistingHost, names: Names, found: Discovery, rules: Rules) -> list[str]:
    """Who would go on answering by https for all names, as httpd reads it before the virtual hosts of ours."""
    ours = our_position(names.own, _has_to_be_first(host, names, rules))
    first = [one.place for one in catch_alls(names.own, host, found.neighbours) if position(one, rules.order) <= ours]
    return [f"{one} answers for all names by https, and is read before ours; take its ServerAlias * out" for one in first]


def _left_alone(host: ExistingHost, names: Names, found: Discovery, rules: Rules) -> list[str]:
    """Who would lose https, as what answers for names that nobody has would be a virtual host of ours."""
    ours = our_position(names.own, _has_to_be_first(host, names, rules))
    default = displaced_default(https_addresses(host, found.neighbours), ours, found.neighbours, rules.order)
    left = [name for name, one in found.leaning(default) if one is not host] if default else []
    if not default or not left:
        return []
    return [f"{default.place} answers for {', '.join(left)} by https without having the name, and would not any more; give it that"]


def _has_to_be_first(host: ExistingHost, names: Names, rules: Rules) -> bool:
    """Tell whether the site has to be the first of ours, as what it takes over answers for all other names and is read so early."""
    default = any(one.default and one.port in WEB for one in host.addresses)
    return default and not rules.has_first and position(host, rules.order) <= our_position(names.own, False)


def _displaced(addresses: Sequence[str], ours: Position, found: Discovery, rules: Rules) -> list[str]:
    other = displaced_default(addresses, ours, found.neighbours, rules.order)
    return [f"https for names that nobody has: a virtual host of ours answers, and {other.place} does not any more"] if other else []


def _told(one: Obstacle) -> str:
    shown = one.to_dict()
    instead = f"; {'added' if one.added else 'instead'}: {shown['instead']}" if shown["instead"] else ""
    return f"{shown['file']}:{shown['line']}: {shown['directive']}: {shown['reason']}{instead}"


def _bodies(host: ExistingHost, found: Discovery, names: Names, obstacles: Sequence[Obstacle]) -> dict[str, Any]:
    """Rules of rewriting that were not gone through must not come to life, as the virtual host of ours turns rewriting on."""
    place = (host.place.file, host.place.line)
    sleeping = not rewrites(host.body, found.config)
    awake = replace(host, body=tuple(one for one in host.body if not (sleeping and is_rewriting(one))))
    return {
        "http": body(awake, obstacles, "http"),
        "https": body(awake, obstacles, "https"),
        "addresses": web_addresses(host),
        "https_addresses": https_addresses(host, found.neighbours),
        # first, where a person finds it; then as httpd tells it, of what comes from a macro
        "replaces": list(dict.fromkeys(f"{file}:{line}" for file, line in (place, host.identity, *names.shaded) if file)),
    }


def entries(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """What https_sites would say of what is taken over."""
    return [step.entry() for step in steps if step.action == TAKE]
