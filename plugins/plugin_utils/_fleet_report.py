# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a fleet in rows, out of what its hosts told. Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


def rows(host: str, looked: Mapping[str, Any], viewed: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The rows of one host: what the modules rollout_info and https_check returned there."""
    views = {view["name"]: view for view in viewed.get("sites", [])}
    if "sites" not in looked:
        return [_row(host, "", problem=looked.get("msg") or "it could not be looked at")]
    return [_of_site(host, site, views.get(site["name"], {}), now) for site in looked["sites"]]


def _row(host: str, site: str, **known: Any) -> dict[str, Any]:
    empty = {"issuer": "", "days_left": "", "stage": "", "next": "", "when": "", "problem": ""}
    return {"host": host, "site": site, **empty, **known}


def _of_site(host: str, site: Mapping[str, Any], view: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if not site["served"]:
        return _row(host, site["name"], problem="not served yet")
    certificate = view.get("certificate") or {}
    days = (datetime.fromisoformat(certificate["not_after"]) - now).days if certificate else ""
    following, when = _next(site["decision"] or {})
    problems = list(view.get("problems", []))
    recorded = (site["record"] or {}).get("problem")
    problems += [f"at the last run: {recorded}"] if recorded and not problems else []
    stage = f"{site['text']}, max-age=0" if site["releases"] else site["text"]
    return _row(
        host,
        site["name"],
        issuer=certificate.get("issuer", ""),
        days_left=days,
        stage=stage,
        next=following,
        when=when,
        problem="; ".join(problems),
    )


def _next(decision: Mapping[str, Any]) -> tuple[str, str]:
    """The step that comes next, and when."""
    if not decision:
        return "", ""
    if decision["moves"]:
        return decision["text"], "with the next run"
    if not decision["next"]:
        return "", ""
    return decision["next"]["text"], decision["next_at"][:16].replace("T", " ") or decision["reason"]


def lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table of rows that have the same keys, as wide as it has to be."""
    if not found:
        return ["There is nothing to report."]
    table = [[key.replace("_", " ").upper() for key in found[0]], *([str(value) for value in row.values()] for row in found)]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return ["  ".join(value.ljust(width) for value, width in zip(row, widths)).rstrip() for row in table]
