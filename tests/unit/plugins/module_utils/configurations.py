# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations as mod_info dumps them, made from what a file would say."""

from __future__ import annotations

from ansible_collections.encrypt.httpd.plugins.module_utils._config_tree import Directive, parse
from ansible_collections.encrypt.httpd.plugins.module_utils._existing_hosts import ExistingHost, read_hosts
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd_dumps import VirtualHost

FILE = "/etc/apache2/sites-enabled/site.conf"


def config(text: str, file: str = FILE) -> tuple[Directive, ...]:
    """What httpd has understood of a file."""
    dumped, level = [f"# In file: {file}"], 0
    for number, line in enumerate(text.strip().splitlines(), 1):
        word = line.strip()
        level -= word.startswith("</")
        indent = "  " * level
        dumped += [f"{indent}{word}"] if word.startswith("</") else [f"{indent}#{number:4}:", f"{indent}{word}"]
        level += word.startswith("<") and not word.startswith("</")
    return parse("\n".join(dumped) + "\n")


def site(body: str, *names: str, port: str = "80", around: str = "") -> tuple[ExistingHost, tuple[Directive, ...]]:
    """A virtual host (www.example.org, or *names*) with a body, and the configuration that it is in."""
    name, *aliases = names or ("www.example.org",)
    alias = f"ServerAlias {' '.join(aliases)}\n" if aliases else ""
    found = config(f"{around}\n<VirtualHost *:{port}>\nServerName {name}\n{alias}{body.strip()}\n</VirtualHost>".strip())
    section = next(one for one in found if one.is_a("virtualhost"))
    return read_hosts(found, [VirtualHost("*", port, name, FILE, section.line, True)])[0], found
