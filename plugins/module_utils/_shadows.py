# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual hosts that others wrote, and that a site would put into the shade: what they say would no longer count. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._httpd_dumps import VirtualHost
from ._layout import file_name
from ._sites import Site

#: The ports that the virtual hosts of a site answer on, and how httpd tells of any port.
_PORTS = ("80", "443", "*")
#: What the file of the site begins with that answers for all other names: httpd reads it before all others.
FIRST = "00-"


def shadows(sites: Iterable[Site], hosts: Sequence[VirtualHost], directory: str) -> list[str]:
    """Tell for each virtual host of another author which site answers for its name, and what to do about it.

    *directory* is where virtual hosts of the collection are enabled. A site that says replace, that took its body from
    there, or (of those that answered for all other names before) default, has been thought about.
    """
    sites = list(sites)
    own = {f"{directory}/{file}" for site in sites for file in file_names(site.name)}
    foreign = [host for host in hosts if host.port in _PORTS and host.file not in own]
    ahead = {f"{directory}/{file_names(site.name)[0]}" for site in sites}
    replaced = _first([host for host in hosts if host.file not in ahead])
    return list(dict.fromkeys(_told(site, name, host) for site in sites for host in foreign for name in _common(site, host, replaced)))


def file_names(name: str) -> tuple[str, str, str]:
    """The file with the virtual hosts of a site: if it answers for all other names, if it does not, and if it does for a wildcard."""
    return f"{FIRST}{file_name(name)}.conf", f"001-{file_name(name)}.conf", f"002-{file_name(name)}.conf"


def _common(site: Site, host: VirtualHost, replaced: Sequence[VirtualHost]) -> list[str]:
    taken = site.body is not None and f"{host.file}:{host.line}" in site.body.replaces
    elsewhere = site.body is not None and f"{host.address}:{host.port}" not in (*site.body.addresses, *site.body.https_addresses)
    agreed = site.replace or taken or elsewhere or (site.default and host in replaced)
    return [] if agreed else [found for name in site.names if (found := host.common(name))][:1]


def _first(hosts: Sequence[VirtualHost]) -> list[VirtualHost]:
    """What answers for all other names of each address and port."""
    return list({(host.address, host.port): host for host in reversed(hosts)}.values())


def _told(site: Site, name: str, host: VirtualHost) -> str:
    where = f"site {site.name!r}: {host.file}:{host.line} serves {name} already, and would no longer count"
    return f"{where}; put all that it says into https_sites, then say replace: true for the site, or remove that file"
