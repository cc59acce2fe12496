# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of mixed content of a fleet, for people: lines of text, or one page of HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._insecure_uses import CLASSES

#: What browsers do on a page of https, by class.
MEANING = {
    "active": "blocked by browsers: write https:",
    "passive": "asked for by https, and left out when that fails; older browsers warn",
    "form": "browsers warn before it is sent",
    "link": "leads to http, which leads to https again",
}
_UNKNOWN = "does it have https?"
_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1.5em } th, td { text-align: left; vertical-align: top; padding: .3em .6em }
th, td { border-bottom: 1px solid #ddd } code { overflow-wrap: anywhere } .active { color: #b00020; font-weight: bold }
.passive, .form { color: #8a5a00 } .muted { color: #666 } .number { text-align: right }
"""

Host = Mapping[str, Any]


def text(hosts: Sequence[Host]) -> list[str]:
    """The report in lines."""
    lines = [_summary(hosts)]
    for host in hosts:
        lines += ["", f"{host['host']}: {_blind(host)}"] if _blind(host) else []
        for site in host.get("sites", ()):
            lines += ["", f"{host['host']}: {site['name']}: {_told(site)} ({_looked(site)})", *_findings(site)]
    return lines


def html(hosts: Sequence[Host]) -> str:
    """The report as one page, which loads nothing and runs nothing."""
    body = [f"<h1>Mixed content</h1><p>{escape(_summary(hosts))}</p>", _overview(hosts)]
    for host in hosts:
        body += [_section(host["host"], site) for site in host.get("sites", ()) if site["findings"] or site["problems"]]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Mixed content</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>' + "\n".join(body) + "</body></html>\n"
    )


def counted(counts: Mapping[str, int]) -> str:
    """Counts in words."""
    return ", ".join(f"{counts[kind]} {kind}" for kind in CLASSES if counts[kind]) or "nothing"


def _summary(hosts: Sequence[Host]) -> str:
    """Only of what was looked at: that nothing was found elsewhere is no good news."""
    seen = {host["host"]: [site for site in host.get("sites", ()) if _seen(site)] for host in hosts}
    sites = [site for of_host in seen.values() for site in of_host]
    total = {kind: sum(site["counts"][kind] for site in sites) for kind in CLASSES}
    found, some, none = sum(any(site["counts"].values()) for site in sites), sum(map(bool, seen.values())), [*seen.values()].count([])
    told = [f"{found} of {_number(len(sites), 'site')} on {_number(some, 'host')} refer to http: {counted(total)}."] if some else []
    told += [f"Nothing was looked at on {_number(none, 'host')}."] if none or not hosts else []
    return " ".join(told)


def _seen(site: Mapping[str, Any]) -> bool:
    return bool(site["files"] or site["pages"])


def _told(site: Mapping[str, Any]) -> str:
    """A page may lead to http, and yet there is none to be read."""
    return counted(site["counts"]) if _seen(site) or any(site["counts"].values()) else "nothing was looked at"


def _blind(host: Host) -> str:
    """Why a host, or some of it, was not looked at; empty when it was."""
    if "sites" not in host:
        return "was not looked at, as the run failed there"
    if host.get("problem"):
        return f"only sites of the list were looked at, as httpd cannot tell what else it serves: {host['problem']}"
    return "" if host["sites"] else "nothing was looked at, as the collection serves no site there by https"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _looked(site: Mapping[str, Any]) -> str:
    parts = [_number(site["files"], "file"), _number(site["pages"], "page")] + (
        [] if site["complete"] else ["there are more, which were not looked at"]
    )
    return ", ".join(parts)


def _findings(site: Mapping[str, Any]) -> Iterator[str]:
    shown = ""
    for finding in site["findings"]:
        if finding["class"] != shown:
            shown = finding["class"]
            yield f"  {shown}: {MEANING[shown]}"
        yield f"    {finding['target']} in {finding['where']}" + ("" if finding["has_https"] else f" ({_UNKNOWN})")
        yield from (f"      {place['source']}:{place['line']}:{place['column']}" for place in finding["places"])
        if finding["count"] > len(finding["places"]):
            yield f"      and {finding['count'] - len(finding['places'])} more places"
    if site["more"]:
        yield f"  and {site['more']} places of other targets"
    yield from (f"  not looked at: {problem}" for problem in site["problems"])


def _overview(hosts: Sequence[Host]) -> str:
    head = "".join(f'<th class="number">{kind}</th>' for kind in CLASSES)
    rows = []
    for host in hosts:
        name = escape(host["host"])
        if _blind(host):
            rows.append(f'<tr><td>{name}</td><td colspan="{len(CLASSES) + 2}">{escape(_blind(host))}</td></tr>')
        for site in host.get("sites", ()):
            numbers = "".join(
                f'<td class="number {kind if site["counts"][kind] else "muted"}">{site["counts"][kind]:d}</td>' for kind in CLASSES
            )
            rows.append(f'<tr><td>{name}</td><td>{escape(site["name"])}</td>{numbers}<td class="muted">{escape(_looked(site))}</td></tr>')
    return f"<table><tr><th>Host</th><th>Site</th>{head}<th>Looked at</th></tr>\n" + "\n".join(rows) + "</table>"


def _section(host: str, site: Mapping[str, Any]) -> str:
    rows = [_row(finding) for finding in site["findings"]]
    more = [f"and {site['more']} places of other targets"] if site["more"] else []
    notes = [*more, *(f"not looked at: {problem}" for problem in site["problems"])]
    listed = "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>" if notes else ""
    head = "<tr><th>Class</th><th>Target</th><th>Used in</th><th>Places</th></tr>"
    table = f"<table>{head}\n" + "\n".join(rows) + "</table>" if rows else ""
    return f"<h2>{escape(host)}: {escape(site['name'])}</h2>\n{table}{listed}"


def _row(finding: Mapping[str, Any]) -> str:
    kind = escape(finding["class"])
    unknown = "" if finding["has_https"] else f' <span class="muted">{_UNKNOWN}</span>'
    places = [f"<code>{escape(place['source'])}:{place['line']:d}:{place['column']:d}</code>" for place in finding["places"]]
    rest = finding["count"] - len(finding["places"])
    places += [f"and {rest} more"] if rest else []
    meaning = f'<span class="{kind}" title="{escape(MEANING[finding["class"]])}">{kind}</span>'
    target = f"<code>{escape(finding['target'])}</code>{unknown}"
    return f"<tr><td>{meaning}</td><td>{target}</td><td><code>{escape(finding['where'])}</code></td><td>{'<br>'.join(places)}</td></tr>"
