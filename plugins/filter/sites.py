# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of sites, checked and completed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._sites import Site


def sites(entries: list[Any], defaults: dict[str, Any]) -> list[dict[str, Any]]:
    """Check the sites and fill in defaults; an error names the site and the option."""
    try:
        return [site.to_dict() for site in _read(entries, defaults)]
    except Error as error:
        raise AnsibleFilterError(str(error)) from error


def sites_problem(entries: list[Any], defaults: dict[str, Any], dns: dict[str, Any] | None = None) -> str:
    """The error of :func:`sites` as text, for a task that says just that; empty when there is none.

    *dns* is how dns-01 reaches the user's DNS, which is looked at when a site needs it.
    """
    try:
        found = _read(entries, defaults)
        if any(site.issuer == "acme" and site.challenge == "dns-01" for site in found):
            _check_dns(dns or {})
    except Error as error:
        return str(error)
    return ""


def _check_dns(given: dict[str, Any]) -> None:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import DNS
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_settings import read_dns

    checked = ArgumentSpecValidator(DNS).validate(_plain(given))
    if checked.error_messages:
        raise ArgumentError(f"https_acme_dns: {'; '.join(checked.error_messages)}")
    try:
        read_dns(checked.validated_parameters)
    except Error as error:
        raise ArgumentError(f"https_acme_dns: {str(error).removeprefix('dns: ')}") from None


def _plain(value: Any) -> Any:
    """Without Ansible's containers, whose templates cannot be resolved any more once something has copied them."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def shadows(entries: list[Any], defaults: dict[str, Any], virtual_hosts: list[dict[str, Any]], directory: str) -> list[str]:
    """What is to be told of virtual hosts of others that have the names of sites."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _shadows
    from ansible_collections.encrypt.httpd.plugins.module_utils._httpd_dumps import VirtualHost

    return _shadows.shadows(_read(entries, defaults), [VirtualHost(**host) for host in virtual_hosts], directory)


def _read(entries: list[Any], defaults: dict[str, Any]) -> list[Site]:
    from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites

    return read_sites(entries, defaults)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"sites": sites, "sites_problem": sites_problem, "shadows": shadows}
