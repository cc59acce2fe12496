# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._woken import Woken, woken

from .test_migration import ENABLED, TLS, WWW, Host, decide, discovery

MODULES = ("rewrite", "ssl")
INTERN = ("intern.conf", "*:80", "intern", "DocumentRoot /srv")


def with_more(host: Host, text: str) -> Host:
    return (*host[:3], f"{host[3]}\n{text}")


@pytest.mark.parametrize(
    ("now", "then", "mild", "grave"),
    [
        ([INTERN], [INTERN], [], []),
        ([INTERN], [with_more(INTERN, "Redirect / https://intern/")], [], ["intern.conf:4: Redirect"]),
        ([with_more(INTERN, "ErrorDocument 404 secret")], [INTERN], [], ["intern.conf:4: ErrorDocument"]),
        ([INTERN], [with_more(INTERN, "<Location />\nSSLRequireSSL\n</Location>")], [], ["intern.conf:5: SSLRequireSSL"]),
        (
            [INTERN],
            [with_more(INTERN, "Header set X-A secret\nSSLProxyEngine on")],
            ["intern.conf:4: Header", "intern.conf:5: SSLProxyEngine"],
            [],
        ),
        ([INTERN], [with_more(INTERN, "RequestHeader unset Proxy early")], ["intern.conf:4: RequestHeader"], []),
        ([INTERN], [with_more(INTERN, "RequestHeader set X-A unset")], [], ["intern.conf:4: RequestHeader"]),
        ([INTERN], [with_more(INTERN, "RequestHeader add X-A b")], [], ["intern.conf:4: RequestHeader"]),
        ([INTERN], [with_more(INTERN, 'SetEnvIf Origin ":" IS_CORS')], ["intern.conf:4: SetEnvIf"], []),
        ([INTERN], [with_more(INTERN, 'SetEnvIf X-A "" a')], ["intern.conf:4: SetEnvIf"], []),
        ([INTERN], [with_more(INTERN, "SetEnvIfExpr true A")], [], ["intern.conf:4: SetEnvIfExpr"]),
        ([INTERN], [with_more(INTERN, 'BrowserMatch "MSIE [2-6]" ssl-unclean-shutdown')], ["intern.conf:4: BrowserMatch"], []),
        ([INTERN], [with_more(INTERN, "SetEnv A b")], ["intern.conf:4: SetEnv"], []),
        (
            [with_more(INTERN, "Deny from env=bad")],
            [with_more(INTERN, "Deny from env=bad\nBrowserMatchNoCase curl ok !BAD")],
            [],
            ["intern.conf:5: BrowserMatchNoCase"],
        ),
        (
            [INTERN],
            [with_more(INTERN, "SetEnvIf X-A b in=1\nRequire env in")],
            [],
            ["intern.conf:4: SetEnvIf", "intern.conf:5: Require"],
        ),
        (
            [INTERN],
            [INTERN, WWW],
            [],
            ["www.conf:2: <VirtualHost>", "www.conf:2: ServerName", "www.conf:3: ServerAlias", "www.conf:4: DocumentRoot"],
        ),
        ([INTERN], [INTERN, ("tls.conf", "*:443", "intern", TLS)], ["tls.conf:2: <VirtualHost>"], []),
    ],
)
def test_what_changes_with_modules(now: list[Host], then: list[Host], mild: list[str], grave: list[str]) -> None:
    found = woken(discovery(*now).config, discovery(*then), MODULES)
    assert [list(one) for one in (found.mild, found.grave)] == [[f"{ENABLED}/{one}" for one in told] for told in (mild, grave)]


@pytest.mark.parametrize(
    ("reads", "grave"),
    [
        ("RewriteRule ^/app(.*) /srv/%{ENV:TENANT}$1", True),
        ("RewriteRule ^/app http://%{ENV:TENANT}/ [P]", True),
        ("SSLRequire %{ENV:TENANT} eq 'a'", True),
        ("RequestHeader set X-Tenant %{TENANT}e", True),
        ("SetEnvIf TENANT other in", True),  # which others may read in turn
        ("SetEnvIf X-A b TENANT=a", False),
        ("Header set X-Tenant %{TENANT}e", False),
        ("CustomLog /var/log/a common env=TENANT", False),
        ("Alias /tenant /srv/tenant", False),
        ("RewriteRule ^/app/2.0 /srv/%{ENV:APP}", False),  # it has a word of force-response-2.0
    ],
)
def test_a_variable_that_something_reads_may_change_what_is_served(reads: str, grave: bool) -> None:
    host = with_more(INTERN, reads)
    found = woken(discovery(host).config, discovery(with_more(host, "SetEnvIf Host b TENANT=other force-response-2.0")), MODULES)
    assert bool(found.grave) == grave
    assert bool(found.mild) != grave


def test_a_variable_may_be_read_in_a_file_of_the_site() -> None:
    around = "Listen 80\n<Directory /srv>\nAllowOverride All\n</Directory>"
    now, then = (discovery(one, around=around) for one in (INTERN, with_more(INTERN, "SetEnvIf Host b bad")))
    then = type(then)(then.config, then.hosts, then.server_root, {"/srv/.htaccess": "Deny from env=bad"}.get)
    assert woken(now.config, then, MODULES).grave == (f"{ENABLED}/intern.conf:4: SetEnvIf",)


@pytest.mark.parametrize(("modules", "told"), [(["ssl"], []), (["rewrite"], ["/srv/.htaccess:2: RewriteRule"])])
def test_rules_of_files_wake_with_mod_rewrite(modules: list[str], told: list[str]) -> None:
    rules = "RewriteEngine on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]"
    then = discovery(WWW, around="Listen 80\n<Directory /srv>\nAllowOverride All\n</Directory>")
    then = type(then)(then.config, then.hosts, then.server_root, {"/srv/.htaccess": rules}.get)
    assert list(woken(then.config, then, modules).grave) == told


def test_all_sites_wait_for_what_would_be_served_otherwise_and_the_rest_is_told_once() -> None:
    grave, mild = Woken(MODULES, grave=("/a:1: RewriteRule", "/a:2: Redirect")), Woken(MODULES, mild=("/a:1: Header",))
    other = ("z.conf", "*:80", "z.example", "")
    assert [step.action for step in decide(WWW, other, woken=grave)] == ["refused", "refused"]
    assert decide(WWW, woken=grave)[0].reason.startswith("/a:1: RewriteRule (and 1 more): it waits for a module")
    assert [step.notes for step in decide(WWW, other, woken=mild)] == [
        ("/a:1: Header: it waited for a module, and counts from now on",),
        (),
    ]
