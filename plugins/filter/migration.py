# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The migration as the role sees it: the plan in rows, and as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: What becomes of a virtual host, in words.
_ACTIONS = {"take": "comes to https", "https": "has https", "refused": "not yet", "left": "stays as it is"}
#: What came of asking for names as a CA does, in words.
_PROBES = {
    "answered": "answered here",
    "another": "another server answers",
    "silent": "nothing answers",
    "unasked": "could not be asked from here",
    "stopped": "httpd did not answer",
    "unresolved": "no address",
}
_LOST = "what it was taken from cannot be taken over any more, so its certificate is not renewed; put that back, or have it in https_sites"


def migration_report(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each virtual host of each host, out of what the role registered there; a host that could not be looked at has one, too."""
    plans = {host: hostvars[host].get("__https_migration") or {} for host in hosts}
    return [*(row for host, planned in plans.items() for row in _rows(host, planned)), *_misspelt(plans.values())]


def _misspelt(plans: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each name to be left out that none of these hosts has; others may, when the run is for some alone (--limit)."""
    said = [one for planned in plans for one in planned.get("exclude", {}).items()]
    there = {name for name, known in said if known}
    unknown = dict.fromkeys(name for name, known in said if name not in there)
    return [_row("all of these hosts", problem=f"migrate_exclude has {name}, a name that no virtual host here has") for name in unknown]


def _rows(host: str, planned: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "virtual_hosts" not in planned:
        return [_row(host, problem=planned.get("msg") or "it could not be looked at")]
    if not planned["installed"]:
        return [_row(host, what="stays as it is", why="there is no httpd")]
    if planned["problem"]:
        return [_row(host, problem=planned["problem"])]
    taken = {one["name"] for one in planned["virtual_hosts"] if one["action"] == "take"}
    lost = [_row(host, site=name, what="came to https", problem=_LOST) for name in planned["migrated"] if name not in taken]
    return [*(_of_virtual_host(host, one, planned["migrated"]) for one in planned["virtual_hosts"]), *lost]


def _row(host: str, **known: str) -> dict[str, Any]:
    return {"host": host, **dict.fromkeys(("site", "names", "what", "why", "reach", "notes", "over_https", "at", "problem"), ""), **known}


def _of_virtual_host(host: str, one: Mapping[str, Any], migrated: Iterable[str]) -> dict[str, Any]:
    done = one["action"] == "take" and one["name"] in migrated
    return _row(
        host,
        site=one["name"],
        names=" ".join(one["names"]),
        what="came to https" if done else _ACTIONS[one["action"]],
        why=one["reason"] if one["action"] != "refused" else "",
        reach=_reach(one["reach"]),
        notes="; ".join(one["notes"]) if one["action"] == "take" else "",
        over_https="; ".join(one["dropped"]),
        at=f"{one['file']}:{one['line']}",
        problem=one["reason"] if one["action"] == "refused" else _distrust(one["distrust"]),
    )


def _distrust(told: str) -> str:
    return f"{told}; where clients see that, too, mend it, or have the site in https_sites with replace: true" if told else ""


def _reach(found: Iterable[Mapping[str, Any]]) -> str:
    """As "www.example.org example.org: answered here"; what is odd is told elsewhere, with the next step."""
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one["probe"], []).append(one["name"])
    return "; ".join(f"{' '.join(names[probe])}: {words}" for probe, words in _PROBES.items() if probe in names)


def migration_text(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The rows as lines for people: what becomes of each, and below, what there is to know."""
    lines, last = [], None
    for row in rows:
        if row["host"] != last:
            last = row["host"]
            lines.append(f"{last}:")
        if row["what"] or row["site"]:
            lines.append(f"  {row['names'] or row['site'] or 'no name'} ({row['at']}): {row['what']}" if row["at"] else f"  {row['what']}")
        said = {
            "why": "",
            "problem": "",
            "reach": "asked as by a CA: ",
            "notes": "names: ",
            "over_https": "over https, other than before: ",
        }
        lines += [f"    {start}{row[key]}" for key, start in said.items() if row[key]]
    return lines


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {
            "migration_report": migration_report,
            "migration_text": migration_text,
        }
