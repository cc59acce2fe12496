# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosting servers have a thousand virtual hosts: twice as many are twice the work, counted in calls and not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._migration import plan
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_names import Rules
from ansible_collections.encrypt.httpd.plugins.module_utils._name_index import NameIndex
from ansible_collections.encrypt.httpd.plugins.module_utils._woken import woken

from .test_migration import Host, discovery, order

FEW, MANY = 40, 80


def calls(work: Callable[[], object]) -> int:
    """How many functions are called."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def web(number: int, text: str = "", names: str = "") -> Host:
    name = f"s{number}.example.org"
    return (
        f"site-{number:04}.conf",
        "*:80",
        names.format(name=name) or f"{name} www.{name}",
        f"DocumentRoot /srv/{number}\n{text.format(name=name)}",
    )


#: It is there once.
DEFAULT_SSL = [("default-ssl.conf", "*:443", "", "SSLEngine on")]

KINDS: dict[str, Callable[[int], list[Host]]] = {
    "files": lambda number: [web(number, "<Directory /srv>\nAllowOverride All\n</Directory>\nRewriteEngine on\nRewriteRule ^/a /b [L]")],
    "wildcards": lambda number: [web(number, names="{name} *.{name}")],
    "proxies that ask each other": lambda number: [web(number, f"ProxyPass /next http://s{number + 1}.example.org/")],
    "redirects to https that is there": lambda number: [
        web(number, "Redirect / https://{name}/"),
        (f"site-{number:04}-tls.conf", "*:443", f"s{number}.example.org", "SSLEngine on"),
    ],
    "with default-ssl": lambda number: [web(number), *DEFAULT_SSL[number:]],
    "redirects to https, with default-ssl": lambda number: [
        web(number, "Redirect / https://{name}/"),
        (f"tls-{number:04}.conf", "*:443", f"s{number}.example.org", "SSLEngine on"),
        web(number + MANY),
        *DEFAULT_SSL[number:],
    ],
    "at addresses of their own": lambda number: [(f"site-{number:04}.conf", f"192.0.2.{number}:80", f"s{number}.example.org", "")],
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_twice_as_many_hosts_are_twice_the_work(kind: Callable[[int], list[Host]]) -> None:
    def work(count: int) -> int:
        hosts = [host for number in range(count) for host in kind(number)]

        def all_of_it() -> None:
            found = discovery(*hosts)
            found.to_dict(content=True)
            woken(found.config, found, ["rewrite"])
            plan(found, Rules(order(*hosts)))

        return calls(all_of_it)

    work(MANY)  # what is kept for good, such as patterns, is worked out before
    few, many = work(FEW), work(MANY)
    assert many < 2.2 * few


SET = "RewriteCond %{HTTPS} on\nRewriteRule ^ - [E=plain:1]\n"


@pytest.mark.parametrize(
    "denial",
    [
        "RewriteCond %{HTTP_USER_AGENT} bot\nRewriteRule ^/NUMBER - [F]",
        "<Directory /srv/NUMBER>\nRewriteCond %{HTTP_USER_AGENT} bot\nRewriteRule ^/a - [F]\n</Directory>",
        "<Directory /srv/NUMBER>\nRewriteEngine on\nRewriteCond %{ENV:bad} 1\nRewriteRule ^/a - [F]\n</Directory>",
        "<Directory /srv/NUMBER>\nDeny from env=bad\n</Directory>",
        "RewriteCond %{HTTPS} on\nRewriteRule ^(.*)$ /NUMBER/$1 [L]",
        "RewriteCond %{HTTPS} on\nRewriteRule ^(.*)$ /b [L]\nRewriteCond %{HTTPS} off\nRewriteRule ^(.*)$ /NUMBER/$1 [L]",
    ],
)
def test_twice_as_many_that_deny_are_twice_the_work(denial: str) -> None:
    def work(count: int) -> int:
        denials = (denial.replace("NUMBER", str(number)) for number in range(count))
        text = "\n".join(["RewriteEngine on", SET, *denials, "RewriteRule ^/a - [F]"])
        found = discovery(web(1, text.replace("{", "{{").replace("}", "}}")))
        return calls(lambda: found.obstacles(found.hosts[0]))

    work(MANY)
    few, many = work(FEW), work(MANY)
    assert many < 2.2 * few


def test_obstacles_of_a_host_are_looked_for_once() -> None:
    found = discovery(web(1), web(2))
    assert found.obstacles(found.hosts[0]) is found.obstacles(found.hosts[0])


BRACKETS = [("address", ["[2001:db8::1]"]), ("brackets", ["[2001:db8::1]:*"])]


@pytest.mark.parametrize(
    ("name", "owners"),
    [
        ("a.example", ["exact", "any", "letter"]),
        ("A.Example", ["exact", "any", "letter"]),
        ("b.a.example", ["below", "any"]),
        ("c.b.a.example", ["below", "any"]),
        ("*.a.example", ["below", "any"]),
        ("b.example", ["any", "letter"]),
        (".a.example", ["below", "any"]),
        ("example", ["any"]),
        ("[2001:db8::1]", ["any", "address"]),
        ("2", ["any"]),
        ("[2001:db8::1]:80", ["any", "brackets"]),
    ],
)
def test_names_are_found_as_they_are_matched(name: str, owners: list[str]) -> None:
    told = [("exact", ["A.example", "a.example"]), ("below", ["*.a.example"]), ("any", ["*"]), ("letter", ["?.example"]), *BRACKETS]
    assert NameIndex(told).having(name) == owners
