# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mixed content of the sites of a fleet: what to look at, and the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError


def mixed_content_sites(sites: Sequence[Mapping[str, Any]], pages: Sequence[str]) -> list[dict[str, Any]]:
    """What the module mixed_content takes, of sites that have something to look at; *pages* are paths."""
    wrong = [page for page in pages if not str(page).startswith("/")]
    if wrong:
        raise AnsibleFilterError(f"https_mixed_content_pages: {wrong[0]!r} is no path; write one such as /")
    served = [site for site in sites if not site["redirect"]]
    return [
        {
            "name": site["name"],
            "names": site["names"],
            "root": site["root"] or None,
            "pages": [f"https://{site['host']}{page}" for page in pages],
        }
        for site in served
    ]


def mixed_content_names(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> list[str]:
    """The names of all sites of hosts, as far as their variables can be read without the host."""
    found: dict[str, None] = {}
    for host in hosts:
        try:
            entries = hostvars[host].get("https_sites")
        except AnsibleError:
            continue
        # What is undefined is no list.
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
                aliases = entry.get("aliases")
                found.update(dict.fromkeys([entry["name"], *(aliases if isinstance(aliases, list) else [])]))
    return list(found)


def mixed_content_found(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the role https found on each host that has sites; without ``sites`` where it failed."""
    results = {host: hostvars[host].get("__https_mixed_content") or {} for host in hosts}
    looked = {host: result for host, result in results.items() if not result.get("skipped")}
    return [{"host": host, **{key: result[key] for key in ("counts", "sites") if key in result}} for host, result in looked.items()]


def mixed_content_report(found: Sequence[Mapping[str, Any]], form: str) -> Any:
    """The report as ``text`` (a list of lines), ``html`` or ``json``."""
    from ansible_collections.encrypt.httpd.plugins.plugin_utils import _mixed_content_report as report

    if form == "json":
        return json.dumps(found, indent=2, sort_keys=True, default=str) + "\n"
    if form not in ("text", "html"):
        raise AnsibleFilterError(f"mixed_content_report: {form!r} is not allowed; allowed are text, html and json")
    return report.html(found) if form == "html" else report.text(found)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {
            "mixed_content_sites": mixed_content_sites,
            "mixed_content_names": mixed_content_names,
            "mixed_content_found": mixed_content_found,
            "mixed_content_report": mixed_content_report,
        }
