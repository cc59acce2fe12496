# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts want of an ACME server, out of the variables of the inventory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._sites import Site

#: What holds for sites that say nothing, by the variables of the role https. The names of the rest are the same.
INHERITED = {"redirect_http": "https_redirect", "challenge": "https_acme_challenge"}
OPTIONS = ("hsts", "upgrade_insecure_requests", "rollout", "key_type", "issuer", "shared_by", "replace")


def wanted_certificates(hosts: list[str], hostvars: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each host what the module acme_plan takes; what is in place is known where the role looked at it."""
    now, variables = datetime.now(timezone.utc), {**INHERITED, **{option: f"https_{option}" for option in OPTIONS}}
    directory = hostvars[hosts[0]].get("https_acme_directory", defaults["https_acme_directory"]) if hosts else ""
    found = []
    for host in hosts:
        own = hostvars[host]
        if own.get("https_acme_directory", defaults["https_acme_directory"]) != directory:
            raise AnsibleFilterError(
                f"{host} and {hosts[0]} have certificates of different ACME servers (https_acme_directory); plan them apart, with --limit"
            )
        certificates = _of_host(host, own, {name: own.get(variable, defaults[variable]) for name, variable in variables.items()})
        look = own.get("__https_planned") or {}
        found.append({"host": host, "certificates": _due(certificates, look.get("certificates"), _issuer(own, directory), now)})
    return found


def _of_host(host: str, own: Mapping[str, Any], defaults: dict[str, Any]) -> list[Site]:
    from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites

    try:
        return [site for site in read_sites(own.get("https_sites") or [], defaults) if site.issuer == "acme"]
    except Error as error:
        raise AnsibleFilterError(f"{host}: {error}") from error


def _issuer(own: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """What a host says of who signs, as the fields of Wanted."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._test_servers import is_test

    fallback = (own.get("https_acme_fallback") or {}).get("acme_directory")
    test = boolean(own.get("https_acme_test_ca", is_test(directory)), strict=False)
    over = boolean(own.get("https_acme_test_over_production", False), strict=False)
    return {"issuer": f"acme {directory}", "also": (f"acme {fallback}",) if fallback else (), "test": test and not over}


def _due(sites: list[Site], look: list[dict[str, Any]] | None, issuer: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The certificates of sites; all are due when nobody has looked. When a CA suggests to renew is not asked."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace, Wanted, decide

    states = {state["name"]: state for state in look or ()}
    found = []
    for site in sites:
        certificate: dict[str, Any] = {"name": site.name, "names": list(site.names), "shared_by": site.shared_by}
        if site.name in states:
            places = [InPlace.from_dict(states[site.name][place]) for place in ("current", "pending")]
            decision = decide(Wanted(site.name, site.names, site.key_type, **issuer), *places, now)
            certificate.update(due=decision.issues, replaces=bool(decision.replaces))
        found.append(certificate)
    return found


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"wanted_certificates": wanted_certificates}
