# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rollout as the role sees it: what is the turn of each site, and the state of a fleet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Found


def staged(
    sites: list[dict[str, Any]],
    looked: list[dict[str, Any]],
    elsewhere: list[dict[str, Any]],
    hostvars: Mapping[str, Any],
    groups: Mapping[str, list[str]],
) -> list[dict[str, Any]]:
    """The sites, those with a rollout at the step that is their turn; one that hosts share waits for the others."""
    turns = {one["name"]: one for one in looked if one.get("decision")}
    away = {result["item"]: result for result in elsewhere}
    found = []
    for site in sites:
        if not site["rollout"] or site["name"] not in turns:
            found.append(site)
            continue
        members = groups[site["shared_by"]] if site["shared_by"] else []  # the host itself among them, which it does not wait for
        looks = {member: away.get(member) or hostvars[member].get("__https_stages") or {} for member in members}
        found.append(_at_its_step(site, turns[site["name"]], {member: _of(look, site["name"]) for member, look in looks.items()}))
    return found


def _of(look: Mapping[str, Any], name: str) -> Found | None:
    """What another host has of a site; None when it could not be asked."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
    from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Found

    if "sites" not in look:
        return None
    return next((state.hear(one) for one in look["sites"] if one["name"] == name), Found())


def _at_its_step(site: dict[str, Any], turn: Mapping[str, Any], members: Mapping[str, Found | None]) -> dict[str, Any]:
    from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
    from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import held, why_wait

    own, decision = state.hear(turn), state.hear_decision(turn["decision"])
    waits = why_wait(own, members) if decision.moves == "up" else ""
    if waits:
        decision = held(decision, own, f"waits, as {waits}")
    step = {"stage": decision.step.stage, "max_age": decision.step.max_age, "releases": decision.releases}
    step["promised"] = state.time_text(decision.promised)
    return {
        **site,
        "redirect_http": decision.step.redirect,
        "hsts": decision.step.max_age,
        "hsts_ends": decision.releases,
        "step": {**site["served"], **step},
        "told": f"{site['name']}: {decision.text}",
    }


def fleet_report(hosts: list[str], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each site of each host, out of what the role registered there; a host that could not be looked at has one, too."""
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._fleet_report import rows

    now = datetime.now(timezone.utc)
    return [
        row
        for host in hosts
        for row in rows(host, *(hostvars[host].get(name) or {} for name in ("__https_inspected", "__https_viewed")), now)
    ]


def text_table(rows: list[dict[str, Any]]) -> list[str]:
    """The lines of a table for people."""
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._fleet_report import lines

    return lines(rows)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"staged": staged, "fleet_report": fleet_report, "text_table": text_table}
