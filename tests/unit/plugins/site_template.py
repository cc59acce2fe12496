# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates of the roles, without a play."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.filter.core import FilterModule as CoreFilters
from ansible.plugins.test.core import TestModule as CoreTests
from jinja2 import Environment, FileSystemLoader

ROLES = Path(__file__).parents[3] / "roles"


def environment(role: str) -> Environment:
    """What a template of a role can use."""
    found = Environment(loader=FileSystemLoader(ROLES / role / "templates"), trim_blocks=True)
    # "default" is known to Jinja; Ansible's own needs the rest of Ansible
    found.filters.update({name: one for name, one in CoreFilters().filters().items() if name not in found.filters})
    found.tests.update(CoreTests().tests())
    return found


def written(site: dict[str, Any]) -> str:
    """The virtual hosts of a site, as the role writes them."""
    templates = environment("https")
    templates.globals.update(
        {
            "__https_tls_directory": "/etc/apache2/tls",
            "__https_mod_md_store": "/etc/apache2/md",
            "__https_mod_md_curve": "^ecdsa-p([0-9]+)$",
            "__https_host": {"modules": []},
            "__httpd_granted": "^/var/www",
            "__httpd_server_root": "/etc/apache2",
        }
    )
    return str(templates.get_template("site.conf.j2").module.site_conf(site))  # type: ignore[attr-defined]


def responder(thumbprint: str) -> str:
    """The answer to challenges, as the role writes it."""
    return environment("httpd").get_template("acme-challenge.conf.j2").render(httpd_acme_thumbprint=thumbprint) + "\n"
