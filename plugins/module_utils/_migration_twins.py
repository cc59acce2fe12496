# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who answers by https already for a name that an existing virtual host has by http. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from ._config_tree import Directive
from ._existing_hosts import ExistingHost
from ._migration_addresses import https_addresses
from ._names import split_url
from ._neighbours import ALL, WEB, Neighbours
from ._serving import leads

#: Clients have https for the name; it cannot be told from here, or not everywhere, so that a person has to see to it; they do not have it.
SECURE, UNCLEAR, PLAIN = "secure", "unclear", "plain"


def https_of(name: str, host: ExistingHost, hosts: Neighbours, config: Sequence[Directive]) -> tuple[str, str]:
    """Whether clients have https for a name of the host, and what there is to tell of it."""
    named = [hosts.answering(address).named(name) for address in _own(host)]
    found = [one for one in named if one]
    if found and len(found) == len(named):
        return SECURE, f"{found[0].place} serves https for it"
    # the "*" of the host stands by http for addresses at which others speak TLS
    beside = {address: hosts.speaking(address).named(name) for address in (hosts.beside if "*" in _own(host) else ())}
    found += [one for one in beside.values() if one]
    if found and len(found) == len(beside) and _own(host) == ["*"] and not hosts.speaking("*").hosts:
        return SECURE, f"{found[0].place} serves https for it, at {' and '.join(beside)} alone, as nobody does elsewhere"
    if found:
        return UNCLEAR, f"{found[0].place} serves https for it, but at other addresses than it has by http; have both say the same ones"
    return _led(name, host, hosts, config)


def catch_alls(names: Sequence[str], host: ExistingHost, hosts: Neighbours) -> list[ExistingHost]:
    """Who answers by https where we will, and for the names only as for all others: by ServerAlias *."""
    there = [one for place in https_addresses(host, hosts) for one in hosts.speaking(place.removesuffix(":443")).all_names]
    return [one for one in there if not any(one.has(name, (ALL,)) for name in names)]


def leaning(on: ExistingHost, hosts: Neighbours, config: Sequence[Directive]) -> list[tuple[str, ExistingHost]]:
    """Names that have https only as the host answers for all that nobody has, and who leads there by http, if only those who have not come
    by https to a proxy in front."""
    near = [one for one in hosts.hosts if not one.tls and any(on in hosts.answering(address) for address in _own(one))]
    plain = [(name, one) for one in near for name in one.names if not hosts.tls.named(name)]
    return [(name, one) for name, one in plain if _led(name, one, hosts, config, "http")[0] == SECURE]


def _led(name: str, host: ExistingHost, hosts: Neighbours, config: Sequence[Directive], forwarded: Optional[str] = None) -> tuple[str, str]:
    """Where all that there is by http is a redirect to the https of the host itself, it has to be there already."""
    target = target_of(name, host, config, forwarded)
    if not target or target_of(target, host, config, forwarded) != target:
        return PLAIN, ""
    groups = [hosts.answering(address) for address in _own(host)]
    answering = [one for one in (group.named(target) or group.default for group in groups) if one]
    told = f"all that it says by http leads to https://{target}/, where"
    if len(answering) < len(groups):
        return UNCLEAR, f"{told} nothing on this host answers; have that, or http serve the site"
    strange = next((one for one in answering if one.names and not any(one.has(own) for own in host.names)), None)
    if strange:
        return UNCLEAR, f"{told} {strange.place} answers, which has other names; give it this name, or http serve the site"
    return SECURE, f"http leads to https://{target}/, which {answering[0].place} answers"


def target_of(name: str, host: ExistingHost, config: Sequence[Directive], forwarded: Optional[str] = None) -> str:
    """The name of the host itself to whose https all requests for a name are led; empty when they are not."""
    found = leads(host, config, [name], forwarded)
    url = split_url(found.target if found and found.by == "redirect" else "")
    target = url.hostname or ""
    return target if url.scheme == "https" and url.netloc.lower() in (target, f"{target}:443") and host.has(target) else ""


def _own(host: ExistingHost) -> list[str]:
    return list(dict.fromkeys(one.address for one in host.addresses if one.port in WEB))
