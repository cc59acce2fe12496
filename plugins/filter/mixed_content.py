# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mixed content of the sites of a fleet: what to look at, and the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import host_name
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._names import in_url


def mixed_content_sites(
    sites: Sequence[Mapping[str, Any]], pages: Sequence[str], virtual_hosts: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """What the module mixed_content takes, of sites that have something to look at; *pages* are paths.

    *virtual_hosts* are as httpd_sites tells them: of sites without a root of their own the host knows best, and it may have sites that no
    list has.
    """
    wrong = [page for page in pages if not str(page).startswith("/")]
    if wrong:
        raise AnsibleFilterError(f"https_mixed_content_pages: {wrong[0]!r} is no path; write one such as /")
    served = {one["site"]: one for one in _over_https(virtual_hosts)}
    names = {site["name"]: site["names"] for site in sites}
    names.update({name: _names(one) for name, one in served.items() if name not in names})
    roots = {site["name"]: site["root"] for site in sites if site["root"]}
    leading = {site["name"] for site in sites if site["redirect"]} | {
        name for name, one in served.items() if one["serves"]["by"] == "redirect"
    }
    return [
        {
            "name": name,
            "names": of_site,
            "root": roots.get(name) or _root(served.get(name)),
            "pages": [f"https://{in_url(name)}{page}" for page in pages],
        }
        for name, of_site in names.items()
        if name not in leading
    ]


def _over_https(virtual_hosts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that the collection serves by https."""
    return [one for one in virtual_hosts if one["site"] and one["kind"] == "https"]


def _root(virtual_host: Mapping[str, Any] | None) -> str | None:
    serves = virtual_host["serves"] if virtual_host else {}
    return serves["target"] or None if serves.get("by") == "files" else None


def _names(virtual_host: Mapping[str, Any]) -> list[str]:
    """As certificates have them; without patterns of httpd, which these cannot have."""
    named = [virtual_host["site"], virtual_host["server_name"], *virtual_host["aliases"]]
    return [name for name in dict.fromkeys(named) if _is_name(name)]


def _is_name(name: Any) -> bool:
    try:
        host_name(name, "")
    except ArgumentError:
        return False
    return not str(name).endswith(".invalid")


def mixed_content_names(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> list[str]:
    """The names of all sites of hosts: those listed, as far as they can be read without the host, and those that the role found there."""
    named = (name for host in hosts for name in (*_listed(hostvars[host]), *_found(hostvars[host])))
    return list(dict.fromkeys(name for name in named if _is_name(name)))


def _listed(variables: Mapping[str, Any]) -> Iterator[Any]:
    entries = _variable(variables, "https_sites")
    # What is undefined is no list.
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            aliases = entry.get("aliases")
            yield from (entry.get("name"), *(aliases if isinstance(aliases, list) else []))


def _found(variables: Mapping[str, Any]) -> Iterator[str]:
    looked = _variable(variables, "__https_existing") or {}
    for one in _over_https(looked.get("virtual_hosts", [])):
        yield from _names(one)


def _variable(variables: Mapping[str, Any], name: str) -> Any:
    """None where it needs what is not known of the host."""
    try:
        return variables.get(name)
    except AnsibleError:
        return None


def mixed_content_found(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the role https found on each host: without ``sites`` where it failed; with a ``problem`` where not all of them can be seen."""
    found = []
    for host in hosts:
        result = hostvars[host].get("__https_mixed_content") or {}
        problem = (hostvars[host].get("__https_existing") or {}).get("problem")
        told = {key: result[key] for key in ("counts", "sites") if key in result}
        found.append({"host": host, **told, **({"problem": problem} if problem else {})})
    return found


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
