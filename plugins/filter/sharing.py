# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts that share certificates tell each other. They read what the role registered on each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def members(hosts: list[str], hostvars: Mapping[str, Any], elsewhere: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each host has, as the module site_certificate takes it; those that could not be looked at are left out."""
    away = {result["item"]: result for result in elsewhere}
    found = {host: away.get(host) or hostvars[host].get("__https_look") or {} for host in hosts}
    return [
        {"host": host, "present": host not in away, "certificates": look["certificates"]}
        for host, look in found.items()
        if "certificates" in look
    ]


def ready_to_take(taken: list[dict[str, Any]], shared: dict[str, Any], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that their source has by now, and those that it describes otherwise than this host does."""
    ready = []
    for one in taken:
        result = hostvars[one["host"]].get("__https_certificates", {}) if one["present"] else {}
        unlike = result.get("shared", shared).get(one["name"]) != shared[one["name"]]
        if unlike or one["version"] == "current" or not one["present"] or one["name"] in result.get("staged", []):
            ready.append({**one, "unlike": unlike, "asked": {"name": one["name"], "version": one["version"]}})
    return ready


def never_ready(taken: list[dict[str, Any]], ready: list[dict[str, Any]], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of :func:`ready_to_take` that are missing, though their source told no reason: it has dropped out of the run."""
    there = [one["name"] for one in ready]
    missing = [one for one in taken if one["name"] not in there]
    return [one for one in missing if not _explained(one["name"], hostvars[one["host"]].get("__https_certificates", {}))]


def left_behind(
    replaced: list[dict[str, Any]], shown: list[dict[str, Any]], host: str, groups: Mapping[str, list[str]], hostvars: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Members that have a site of *host* and do not show the certificate that it shows; *shown* is what each shows."""
    served = {result["item"]: _fingerprints(result) for result in shown}
    return [
        {"name": site["name"], "host": member}
        for site in replaced
        for member in groups[site["shared_by"]]
        if served and _has(hostvars[member], site["name"]) and served[member].get(site["name"]) != served[host].get(site["name"], "")
    ]


def _fingerprints(result: Mapping[str, Any]) -> dict[str, str]:
    return {site["name"]: site["certificate"]["fingerprint"] for site in result.get("sites", []) if site["certificate"]}


def _has(variables: Mapping[str, Any], name: str) -> bool:
    """Whether a host has a site; one that could not be asked may have it."""
    look = variables.get("__https_look") or {}
    return "certificates" not in look or name in [one["name"] for one in look["certificates"]]


def _explained(name: str, result: Mapping[str, Any]) -> bool:
    return name in result.get("refused", {}) or name in result.get("awaited", {})


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"members": members, "ready_to_take": ready_to_take, "never_ready": never_ready, "left_behind": left_behind}
