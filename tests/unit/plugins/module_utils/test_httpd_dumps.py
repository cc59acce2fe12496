# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _httpd_dumps as dumps

VHOSTS = """\
VirtualHost configuration:
[::1]:81               q.example (/etc/apache2/v.conf:8)
127.0.0.1:81           q.example (/etc/apache2/v.conf:8)
*:80                   is a NameVirtualHost
         default server web1 (/etc/apache2/sites-enabled/000-default.conf:1)
         port 80 namevhost web1 (/etc/apache2/sites-enabled/000-default.conf:1)
         port 80 namevhost a.example (/etc/apache2/sites-enabled/a b.conf:1)
                 alias b.example
                 wild alias *.c.example
         port 80 namevhost z.example (/etc/apache2/sites-enabled/z.conf:5)
ServerRoot: "/etc/apache2"
Included configuration files:
  (*) /etc/apache2/apache2.conf
    (146) /etc/apache2/mods-enabled/alias.load
    (150) /etc/apache2/ports.conf
    (151) /etc/apache2/ports.conf
Loaded Modules:
 core_module (static)
 mpm_event_module (shared)
 ssl_module (shared)
"""
BUILD = """\
Server version: Apache/2.4.71 (Debian)
Server MPM:     event
 -D APR_HAS_SENDFILE
 -D HTTPD_ROOT="/etc/apache2"
 -D SERVER_CONFIG_FILE="apache2.conf"
"""
PORTS = """\
Listen 80
<IfModule ssl_module>
\tListen 443
</IfModule>
<IfModule mod_gnutls.c>
\tListen 444
</IfModule>
<IfModule !mod_ssl.c>
  Listen [::]:8080
</IfModule>
# Listen 22
Listen 192.0.2.1:81 https
"""


def test_build() -> None:
    assert dumps.parse_build(BUILD) == dumps.Build("2.4.71", "event", "/etc/apache2", "/etc/apache2/apache2.conf")


def test_virtual_hosts_in_order() -> None:
    hosts = dumps.parse_virtual_hosts(VHOSTS)
    assert [(host.address, host.port, host.server_name, host.line, host.default) for host in hosts] == [
        ("[::1]", "81", "q.example", 8, True),
        ("127.0.0.1", "81", "q.example", 8, True),
        ("*", "80", "web1", 1, True),
        ("*", "80", "a.example", 1, False),
        ("*", "80", "z.example", 5, False),
    ]
    assert hosts[3].file == "/etc/apache2/sites-enabled/a b.conf"
    assert hosts[3].aliases == ["b.example", "*.c.example"]


@pytest.mark.parametrize(
    ("name", "answers"),
    [("a.example", "a.example"), ("b.example", "a.example"), ("x.c.example", "a.example"), ("nobody.example", "web1")],
)
def test_who_answers(name: str, answers: str) -> None:
    found = dumps.answering(dumps.parse_virtual_hosts(VHOSTS), name, "80")
    assert found is not None
    assert found.server_name == answers


def test_nobody_answers_on_another_port() -> None:
    assert dumps.answering(dumps.parse_virtual_hosts(VHOSTS), "a.example", "443") is None


def test_modules_and_includes() -> None:
    assert dumps.parse_modules(VHOSTS) == ["core", "mpm_event", "ssl"]
    assert dumps.parse_includes(VHOSTS) == [
        "/etc/apache2/apache2.conf",
        "/etc/apache2/mods-enabled/alias.load",
        "/etc/apache2/ports.conf",
    ]


@pytest.mark.parametrize(("modules", "ports"), [([], [80, 8080, 81]), (["ssl"], [80, 443, 81]), (["ssl", "gnutls"], [80, 443, 444, 81])])
def test_listen_counts_by_loaded_modules(modules: list[str], ports: list[int]) -> None:
    assert dumps.parse_listens(PORTS, modules) == ports
