# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mod_md still has to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def unfinished(
    domains: list[dict[str, Any]],
    sites: list[dict[str, Any]],
    seen: list[dict[str, Any]] | None = None,
    former: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """The domains of sites that are not as asked for, each with C(missing) in words.

    *seen* is what clients are shown, *former* the domains before new keys were asked for.
    """
    problems = {one["name"]: one["problems"] for one in seen or []}
    keys = {one["key_fingerprint"] for domain in former or [] for one in domain["certificates"]}
    found = {domain["name"]: domain for domain in domains}
    told = [
        {**domain, "missing": _missing(domain["certificates"], site["names"], keys) or _shown(problems, site["names"])}
        for site in sites
        if (domain := found.get(site["name"]))
    ]
    return [domain for domain in told if domain["missing"]]


def _missing(certificates: list[dict[str, Any]], names: list[str], former: set[str]) -> str:
    if not certificates:
        return "mod_md has no certificate"
    # There is one for each type of key, and a client may be shown any of them.
    lacking = [name for name in names if any(name not in one["names"] for one in certificates)]
    if lacking:
        return f"mod_md has no certificate for {', '.join(lacking)}"
    return "mod_md has no new key" if former & {one["key_fingerprint"] for one in certificates} else ""


def _shown(problems: dict[str, list[str]], names: list[str]) -> str:
    wrong = [f"{name}: {', '.join(problems[name])}" for name in names if problems.get(name)]
    return f"clients are not shown what mod_md has ({'; '.join(wrong)})" if wrong else ""


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"unfinished": unfinished}
