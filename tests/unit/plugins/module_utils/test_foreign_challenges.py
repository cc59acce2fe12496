# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._foreign_challenges import foreign_challenges

from .configurations import site
from .test_migration import decide

PATH = "/.well-known/acme-challenge"
REGEX = r"^/\.well-known/acme-challenge/(.*)"
ON = "RewriteEngine on\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # aliases
        (f"Alias {PATH}/ /var/lib/acme/", "Alias"),
        ("Alias /.well-known /var/lib/acme", "Alias"),
        (f'AliasMatch "{REGEX}" /var/lib/acme/$1', "AliasMatch"),
        (f"<Location {PATH}>\nAlias /var/lib/acme\n</Location>", "Alias"),
        (f"Alias {PATH} /srv/www{PATH}/", ""),
        (f'AliasMatch "{REGEX}" /srv/www{PATH}/$1', ""),
        ("Alias /.well-known/security.txt /var/lib/security.txt", ""),
        ("Alias / /var/lib/all/", ""),
        # proxies
        (f"ProxyPass {PATH}/ http://127.0.0.1:8081/", "ProxyPass"),
        (f'ProxyPassMatch "{REGEX}" http://127.0.0.1:8081/$1', "ProxyPassMatch"),
        (f"<Location {PATH}/>\nProxyPass http://127.0.0.1:8081/\n</Location>", "ProxyPass"),
        (f'<LocationMatch "{REGEX}">\nSetHandler proxy:http://127.0.0.1:8081\n</LocationMatch>', "SetHandler"),
        (f"ProxyPass {PATH} !\nProxyPass / http://127.0.0.1:8081/", ""),
        (f"<Location {PATH}>\nProxyPass !\nSetHandler none\nRequire all granted\n</Location>", ""),
        # redirects
        (f"Redirect {PATH} http://acme.example{PATH}", "Redirect"),
        (f'RedirectMatch 302 "{REGEX}" http://acme.example{PATH}/$1', "RedirectMatch"),
        (f"<Location {PATH}>\nRedirect http://acme.example/\n</Location>", "Redirect"),
        (r'RedirectMatch "^/(?!\.well-known/acme-challenge/)(.*)" https://www.example.org/$1', ""),
        (r'RedirectMatch 404 "/\.(?!well-known)"', ""),
        (f"Redirect 404 {PATH}", ""),
        # rewriting
        (f"{ON}RewriteRule {REGEX} http://acme.example{PATH}/$1 [R,L]", "RewriteRule"),
        (f"{ON}RewriteRule {REGEX} http://127.0.0.1:8081/$1 [P]", "RewriteRule"),
        (f"{ON}RewriteRule {REGEX} /var/lib/acme/$1 [L]", "RewriteRule"),
        (f"{ON}RewriteCond %{{REQUEST_URI}} {REGEX}\nRewriteRule ^ http://acme.example%{{REQUEST_URI}} [R]", "RewriteRule"),
        (f"{ON}RewriteCond %{{REQUEST_URI}} !{REGEX}\nRewriteRule ^ https://www.example.org%{{REQUEST_URI}} [R]", ""),
        (f"{ON}RewriteRule !{REGEX} https://www.example.org/ [R]", ""),
        (f"{ON}RewriteRule {REGEX} - [L]", ""),
        (f"{ON}RewriteRule {REGEX} - [F]", ""),
        (f"{ON}RewriteRule {REGEX} /srv/www{PATH}/$1 [L]", ""),
        (f"{ON}RewriteRule {REGEX} %{{DOCUMENT_ROOT}}{PATH}/$1 [L]", ""),
        (f"{ON}RewriteRule {REGEX} %{{DOCUMENT_ROOT}}/acme/$1 [L]", "RewriteRule"),
        (f"{ON}RewriteRule {REGEX} {PATH}/$1 [PT]", ""),
        (f'AliasMatch "{REGEX}" {PATH}/$1', "AliasMatch"),  # of the file system
        (f"RewriteRule {REGEX} /var/lib/acme/$1 [L]", ""),
    ],
)
def test_what_answers_challenges_of_other_clients(text: str, found: str) -> None:
    host, config = site(f"DocumentRoot /srv/www\n{text}")
    (told,) = foreign_challenges(host, config) if found else [*foreign_challenges(host, config), ""]
    assert told.endswith("have that use the DocumentRoot /srv/www, or take the line out") == bool(found)
    assert f": {found}: it answers" in told or not found


@pytest.mark.parametrize(
    ("around", "text", "found"),
    [
        (f"ProxyPass {PATH}/ http://127.0.0.1:8081/", "", True),
        (f"Alias {PATH}/ /var/lib/acme/", "", True),
        (f"{ON}RewriteRule {REGEX} /var/lib/acme/$1", "", False),
        (f"{ON}RewriteRule {REGEX} /var/lib/acme/$1", "RewriteOptions Inherit", True),
        (f"{ON}RewriteRule {REGEX} /var/lib/acme/$1", "RewriteOptions IgnoreInherit", False),
        (f"RewriteOptions Inherit\n{ON}RewriteRule {REGEX} /var/lib/acme/$1", "", True),
        (f"RewriteOptions Inherit\n{ON}RewriteRule {REGEX} /var/lib/acme/$1", "RewriteOptions AllowNoSlash", False),
        (f"RewriteOptions InheritDown\n{ON}RewriteRule {REGEX} /var/lib/acme/$1", "", True),
        (f"RewriteOptions InheritDown\n{ON}RewriteRule {REGEX} /var/lib/acme/$1", "RewriteOptions IgnoreInherit", False),
    ],
)
def test_what_the_main_server_says_counts_as_far_as_it_is_inherited(around: str, text: str, found: bool) -> None:
    host, config = site(text, around=around)
    assert len([*foreign_challenges(host, config)]) == found


@pytest.mark.parametrize(("wildcards", "action"), [(False, "refused"), (True, "take")])
def test_a_site_waits_where_our_answer_would_come_first(wildcards: bool, action: str) -> None:
    (step,) = decide(("a.conf", "*:80", "a.example", f"Alias {PATH}/ /var/lib/acme/"), wildcards=wildcards)
    assert step.action == action
    assert action == "take" or step.reason.startswith("/etc/apache2/sites-enabled/a.conf:3: Alias: it answers challenges")
