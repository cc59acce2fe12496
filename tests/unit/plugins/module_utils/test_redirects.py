# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._conditions import Request, flags
from ansible_collections.encrypt.httpd.plugins.module_utils._redirects import read_rules

from .configurations import config

HTTP, HTTPS = Request("http", "www.example.org", "/a/b.html"), Request("https", "www.example.org", "/a/b.html")


@pytest.mark.parametrize(
    ("text", "request_", "url", "status"),
    [
        ("Redirect / https://x.example/", HTTP, "https://x.example/a/b.html", 302),
        ("Redirect permanent /a http://x.example/c", HTTP, "http://x.example/c/b.html", 301),
        ("Redirect /a/b http://x.example/", HTTP, "", 0),  # no part of a path
        ("Redirect gone /a", HTTP, "/b.html", 410),
        ("RedirectMatch 308 ^/(.)/ https://x.example/$1", HTTP, "https://x.example/a", 308),
        ("RedirectPermanent /a https://x.example/a", HTTP, "https://x.example/a/b.html", 301),
        ("RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI}", HTTP, "https://www.example.org/a/b.html", 302),
        ("RewriteRule ^/a/(.*) /c/$1 [R=permanent]", HTTP, "http://www.example.org/c/b.html", 301),
        ("RewriteRule ^/c - [F]", HTTP, "", 0),
        ("RewriteRule !^/c - [redirect=307]", HTTP, "http://www.example.org/", 307),
        ("RewriteRule ^/A - [F,NC]", HTTP, "", 403),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^ https://x.example/ [R]", HTTP, "https://x.example/", 302),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^ https://x.example/ [R]", HTTPS, "", 0),
        (
            "RewriteCond %{HTTPS} !=on [OR]\nRewriteCond %{HTTP_HOST} ^WWW [NC]\nRewriteRule ^ https://x.example/",
            HTTPS,
            "https://x.example/",
            302,
        ),
        ("RewriteCond %{HTTP_HOST} ^www\\.(.+)\nRewriteRule ^ https://%1/", HTTP, "https://example.org/", 302),
        ("RewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteRule ^ https://x.example/", HTTPS, "https://x.example/", 302),
        ("RewriteCond %{ENV:HTTPS} on\nRewriteRule ^ https://x.example/", HTTPS, "", 0),
    ],
)
def test_where_rules_lead(text: str, request_: Request, url: str, status: int) -> None:
    (rule,) = read_rules(config(text))
    answer = rule.answer(request_)
    assert ((answer.url, answer.status, answer.certain) if answer else ("", 0, True)) == (url, status, True)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("RewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^ https://x.example/", "https://x.example/"),
        ("RewriteCond %{HTTP_COOKIE} user\nRewriteRule ^ https://x.example/", "https://x.example/"),
        ("RewriteCond expr \"%{HTTPS} == 'off'\"\nRewriteRule ^ https://x.example/", "https://x.example/"),
        ("RewriteRule ^/(?+a) https://x.example/", None),  # no pattern of Python's
    ],
)
def test_what_cannot_be_told_is_uncertain(text: str, url: str | None) -> None:
    (rule,) = read_rules(config(text))
    answer = rule.answer(HTTP)
    assert answer is not None
    assert (answer.url, answer.certain) == (url, False)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("[redirect=301,last,qsappend]", "[R=301,L,QSA]"),
        ("[NoCase, ORNEXT]", "[NC,OR]"),
        ("[env=proto:https,cookie=a:b:c,noescape]", "[E=proto:https,CO=a:b:c,NE]"),
        ("[passthrough,type=text/html,handler=cgi-script]", "[PT,T=text/html,H=cgi-script]"),
        ("[discardpath,qsdiscard,qslast,nosubreq,next=3]", "[DPI,QSD,QSL,NS,N=3]"),
    ],
)
def test_long_names_of_flags(long: str, short: str) -> None:
    assert flags([long]) == flags([short]) == frozenset(short.strip("[]").split(","))


@pytest.mark.parametrize("target", ["https://${map:$1}/", "https://%{ENV:PLACE}/", "https://$7/", "https://%1/"])
def test_a_target_that_cannot_be_told(target: str) -> None:
    (rule,) = read_rules(config(f"RewriteRule ^/(.*) {target}"))
    answer = rule.answer(HTTP)
    assert answer is not None
    assert answer.url is None


@pytest.mark.parametrize(
    "pattern",
    [
        "^/login$",
        "^/(admin|account)/?",
        "^/news/([0-9]+)$",
        "(.*)",
        "^/x/[^/]+/edit",
        "/start",
        r"^/a\\.b$",
        "!^/c",
        r"^/p/\d+/([a-z]+\.html)?$",
    ],
)
def test_samples_have_a_path_that_the_rule_takes(pattern: str) -> None:
    (rule,) = read_rules(config(f"RewriteRule {pattern} https://x.example/"))
    assert any(rule.takes(path) for path in rule.samples())
