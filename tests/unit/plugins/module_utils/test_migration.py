# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._certbot import Renewal
from ansible_collections.encrypt.httpd.plugins.module_utils._config_tree import Config, Directive
from ansible_collections.encrypt.httpd.plugins.module_utils._discovery import Discovery
from ansible_collections.encrypt.httpd.plugins.module_utils._existing_hosts import read_hosts
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd_dumps import VirtualHost
from ansible_collections.encrypt.httpd.plugins.module_utils._migration import Step, entries, plan
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_addresses import Position, read_order
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_names import Rules
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_step import known
from ansible_collections.encrypt.httpd.plugins.module_utils._reach import Reach
from ansible_collections.encrypt.httpd.plugins.module_utils._shadows import shadows
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites

from .configurations import config
from .test_sites import DEFAULTS

ENABLED = "/etc/apache2/sites-enabled"
NAMELESS = ("000-default.conf", "*:80", "", "DocumentRoot /var/www/html")
#: File (below sites-enabled, or a path), addresses, names, and what else is in the virtual host.
Host = tuple[str, str, str, str]


def discovery(*hosts: Host, around: str = "Listen 80\nListen 443") -> Discovery:
    """What httpd would tell of virtual hosts."""
    found: list[Directive] = list(config(around, "/etc/apache2/ports.conf"))
    seen: list[VirtualHost] = []
    places: set[str] = set()
    for number, (file, addresses, names, text) in enumerate(hosts):
        path = file if file.startswith("/") else f"{ENABLED}/{file}"
        name, *aliases = names.split() or [""]
        said = (f"ServerName {name}\n" if name else "") + (f"ServerAlias {' '.join(aliases)}\n" if aliases else "")
        (section,) = config(f"<VirtualHost {addresses}>\n{said}{text}\n</VirtualHost>", path)
        found.append(Directive(section.name, section.arguments, path, number + 1, True, section.children))
        for one in addresses.split():
            address, _colon, port = one.rpartition(":")
            seen.append(VirtualHost(address, port, name or "host", path, number + 1, one not in places, aliases))
            places.add(one)
    return Discovery(Config(found), read_hosts(found, seen), "/etc/apache2", lambda _path: None)


def order(*hosts: Host) -> dict[str, Position]:
    """The files that others have there; what is in conf-enabled comes before."""
    paths = [file if file.startswith("/") else f"{ENABLED}/{file}" for file, *_rest in hosts]
    return read_order("  (*) /etc/apache2/apache2.conf\n" + "".join(f"    (222) {path}\n" for path in paths), ENABLED)


def decide(*hosts: Host, around: str = "Listen 80\nListen 443", **rules: Any) -> list[Step]:
    return plan(discovery(*hosts, around=around), Rules(order(*hosts), **rules))


def told(*hosts: Host, **rules: Any) -> list[str]:
    """As "take www.example.org example.org", and the reason for all others."""
    return [" ".join([one.action, *one.names, one.reason]).rstrip() + (" first" if one.default else "") for one in decide(*hosts, **rules)]


WWW = ("www.conf", "*:80", "www.example.org example.org", "DocumentRoot /srv")
TLS = "SSLEngine on\nSSLCertificateFile /c"
AWAY = Reach("www.example.org", ("192.0.2.9",), "another", "another server answers", provable=False)
ASKED = Reach("www.example.org", ("192.0.2.9",), "unasked", "it leads to 192.0.2.9")
INTRANET: dict[str, Any] = {"public": False}


@pytest.mark.parametrize(
    ("hosts", "rules", "found"),
    [
        ([NAMELESS, WWW], {}, ["left it has no name", "take www.example.org example.org"]),
        ([WWW], {}, ["take www.example.org example.org"]),
        ([("000-default.conf", "*:80", "www.example.org", "")], {}, ["take www.example.org first"]),
        ([WWW, ("tls.conf", "*:443", "www.example.org example.org", TLS)], {}, ["https https is served for", "https it speaks TLS"]),
        ([WWW, ("tls.conf", "*:443", "example.org", TLS)], {}, ["take www.example.org", "https it speaks TLS"]),
        ([("a.conf", "*:8080", "www.example.org", "")], {}, ["left clients do not come to it by port 80", "left it has no name"]),
        (
            [WWW, ("z.conf", "*:80", "example.org", "")],
            {},
            ["take www.example.org example.org", "left no client comes to it: ex"],
        ),
        ([("a.conf", "*:80", "shop.* *.example.org", "")], {}, ["refused none of its names can have a certificate: shop.*: it is no host"]),
        ([("a.conf", "*:80", "a.example *.a.example", "")], {}, ["take a.example"]),
        ([("a.conf", "*:80", "a.example *.a.example", "")], {"wildcards": True}, ["take a.example *.a.example"]),
        (
            [("a.conf", "*:80", "a.example *.a.example", ""), ("b.conf", "*:80", "b.example x.a.example", "")],
            {"wildcards": True},
            ["take a.example", "take b.example"],
        ),
        (
            [("a.conf", "*:80", "intranet 192.0.2.7", "")],
            {},
            ["refused none of its names can have a certificate: intranet: it"],
        ),
        ([("a.conf", "*:80", "intranet 192.0.2.7", "")], INTRANET, ["take intranet"]),
        ([WWW], {"listed": frozenset(["example.org"])}, ["take www.example.org"]),
        ([WWW], {"excluded": frozenset(["example.org"])}, ["left migrate_exclude has example.org"]),
        ([("a.conf", "*:80", "A.example", "")], {"excluded": frozenset(["a.example"])}, ["left migrate_exclude has A.example"]),
        ([WWW], {"renewals": {"www.example.org": Renewal("/srv/", "/r")}}, ["take www.example.org example.org"]),
        (
            [WWW],
            {"renewals": {"www.example.org": Renewal("/x", "/r")}},
            ["refused /r: certbot renews a certificate for www.example"],
        ),
        (
            [WWW],
            {"renewals": {"www.example.org": Renewal("/x", "/r")}, "wildcards": True},
            ["take www.example.org example.org"],
        ),
        ([WWW], {"reach": {"www.example.org": AWAY}}, ["take example.org"]),
        (
            [("a.conf", "*:80", "a.example", "ProxyPass / http://a.example/")],
            {},
            [f"refused {ENABLED}/a.conf:3: ProxyPass / http://a.example/"],
        ),
        ([("a.conf", "*:80", "a.example", "ProxyPass / http://example.org/"), WWW], {}, ["take a.example", "take www.example.org"]),
        (
            [("a.conf", "*:8080", "a.example", "ProxyPass / http://a.x.example/"), ("x.conf", "*:80", "*.x.example", "")],
            {"wildcards": True},
            ["left", "refused none of its names can have a certificate: *.x.example: /etc/apache2/sites-enabled/a.conf:3 asks it by http"],
        ),
        ([("a.conf", "*:*", "a.example", "")], {}, ["refused it answers on every port"]),
        ([("/etc/apache2/conf-enabled/a.conf", "*:80", "a.example", "")], {}, ["refused httpd reads it before the virtual hosts of ours"]),
        ([NAMELESS, ("000-x.conf", "*:80", "x.example", "")], {}, ["left it has", "refused httpd reads it before"]),
        ([NAMELESS, ("/srv/late.conf", "*:80", "a.example", "")], {}, ["left it has no name", "take a.example"]),
        ([("a.conf", "*:80", "bücher.example www.example.org.", "")], {}, ["refused none of its names can have a certificate: bücher.ex"]),
        # names that nobody has are answered as before
        ([("c.conf", "*:80", "c.example", ""), ("d.conf", "*:80", "b.example", "")], {}, ["take c.example first", "take b.example"]),
        ([("c.conf", "*:80", "b.example", ""), ("d.conf", "*:80", "c.example", "")], {}, ["take b.example", "take c.example"]),
        (
            [("c.conf", "*:80", "", ""), ("d.conf", "*:80", "c.example", "")],
            {},
            ["left it has no name", "take c.example"],
        ),
        (
            [
                ("c.conf", "*:80", "c.example", ""),
                ("c.conf", "*:80", "b.example", ""),
                ("d.conf", "[::1]:80", "e.example", ""),
                ("d.conf", "[::1]:80", "d.example", ""),
            ],
            {},
            ["take c.example first", "take b.example", "take e.example", "take d.example"],
        ),
        # the same name at two addresses
        (
            [("a.conf", "192.0.2.7:80", "a.example", ""), ("b.conf", "*:80", "a.example", "")],
            {},
            ["take a.example", "refused none of its names can have a certificate: a.example: a site that has it is taken over already"],
        ),
    ],
)
def test_what_becomes_of_virtual_hosts(hosts: list[Host], rules: dict[str, Any], found: list[str]) -> None:
    given = told(*hosts, **rules)
    assert len(given) == len(found)
    for one, start in zip(given, found):
        assert one.startswith(start), given
        assert not start.startswith("take") or one == start, given


@pytest.mark.parametrize(
    ("hosts", "kept"),
    [
        ([NAMELESS, WWW], {}),
        (
            [("c.conf", "*:80", "", "A"), ("d.conf", "*:80", "d.example", ""), ("e.conf", "*:80", "b.example", "")],
            {"b.example": {"*:80": "A\n"}},
        ),
        (
            [("c.conf", "*:80", "b.example", "A"), ("d.conf", "[::1]:80 *:80", "z.example", "B"), ("d.conf", "[::1]:80", "y.example", "")],
            {"z.example": {"*:80": "A\n"}},
        ),
    ],
)
def test_a_site_that_would_come_first_keeps_who_does(hosts: list[Host], kept: dict[str, dict[str, str]]) -> None:
    steps = [step for step in decide(*hosts) if step.names]
    found = {step.names[0]: {one["addresses"][0]: one["http"] for one in step.bodies.get("keeps", [])} for step in steps}
    assert {name: there for name, there in found.items() if there} == kept


APP = "WSGIDaemonProcess app\nWSGIProcessGroup app"
FIRST, LATER = ("d.conf", "*:80", "z.example", ""), ("e.conf", "*:80", "b.example", "")


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        ([("c.conf", "*:80", "intranet", APP), LATER], "intranet"),
        ([("c.conf", "*:80", "", ""), LATER], "host"),
        ([FIRST, ("d.conf", "[::1]:80", "y.example", ""), ("e.conf", "[::1]:80 *:80", "b.example", "")], "nobody.invalid"),
        ([FIRST, ("d.conf", "[::1]:80", "y.example", APP), ("e.conf", "[::1]:80 *:80", "b.example", "")], "refused"),
    ],
)
def test_what_is_kept_has_its_name_if_no_site_has_it(hosts: list[Host], name: str) -> None:
    last = decide(*hosts)[-1]
    assert [last.action, *(one["name"] for one in last.bodies.get("keeps", []))][-1] == name
    assert name != "refused" or "mod_wsgi has its processes for y.example alone; have it come first" in last.reason


@pytest.mark.parametrize(
    ("text", "around", "found"),
    [
        (APP, "", "refused"),
        ("WSGIDaemonProcess app\nWSGIScriptAlias / /app process-group=app", "", "refused"),
        ("WSGIScriptAlias / /app", "", "take"),
        ("WSGIProcessGroup %{GLOBAL}", "", "take"),
        ("WSGIProcessGroup app", "WSGIDaemonProcess app", "take"),
    ],
)
def test_processes_of_a_virtual_host_stay_with_its_name(text: str, around: str, found: str) -> None:
    around = f"Listen 80\n{around}"
    for names, action in (("intranet a.example", found), ("a.example intranet", "take")):
        (step,) = decide(("a.conf", "*:80", names, text), around=around)
        assert step.action == action
        assert action == "take" or step.reason.endswith("mod_wsgi has these processes for intranet alone; make a.example its ServerName")


@pytest.mark.parametrize(("copy", "action"), [("", "refused"), ("JkMountCopy On", "refused"), ("JkMountCopy All", "take")])
def test_what_virtual_hosts_do_not_inherit_is_refused(copy: str, action: str) -> None:
    (step,) = decide(around=f"Listen 80\nServerName main.example\nJkMount /* ajp\n{copy}")
    assert step.action == action
    assert action == "take" or ":3: JkMount: virtual hosts do not inherit it" in step.reason


def test_the_main_server_is_taken_over_with_its_rewriting() -> None:
    around = "Listen 80\nServerName main.example\nDocumentRoot /srv\nRewriteEngine on\nRewriteRule ^/a$ /b"
    (step,) = decide(around=around)
    assert step.names == ("main.example",)
    assert step.bodies["http"] == "RewriteEngine on\nRewriteRule ^/a$ /b\n"


@pytest.mark.parametrize(
    ("hosts", "addresses"),
    [
        ([WWW], (["*:80"], ["*:443"])),
        ([("a.conf", "192.0.2.7:80 [::1]:80 *:8080", "a.example", "")], (["192.0.2.7:80", "[::1]:80"], ["192.0.2.7:443", "[::1]:443"])),
        ([WWW, ("t.conf", "192.0.2.7:443", "t.example", TLS)], (["*:80"], ["192.0.2.7:443", "*:443"])),
        (
            [("a.conf", "192.0.2.7:80", "a.example", ""), ("t.conf", "192.0.2.7:443", "t.example", TLS)],
            (["192.0.2.7:80"], ["192.0.2.7:443"]),
        ),
        ([WWW, ("t.conf", "192.0.2.7:443", "t.example", TLS), ("u.conf", "192.0.2.7:80", "u.example", "")], (["*:80"], ["*:443"])),
        ([WWW, ("t.conf", "*:443", "t.example", TLS)], (["*:80"], ["*:443"])),
        ([("a.conf", "192.0.2.7:80 *:80", "a.example", "")], (["192.0.2.7:80", "*:80"], ["192.0.2.7:443", "*:443"])),
    ],
)
def test_where_the_site_answers(hosts: list[Host], addresses: tuple[list[str], list[str]]) -> None:
    bodies = decide(*hosts)[0].bodies
    assert (bodies["addresses"], bodies["https_addresses"]) == addresses


LED = ("www.conf", "*:80", "www.example.org example.org", "Redirect / https://www.example.org/")
EACH = ("www.conf", "*:80", "www.example.org example.org", "RewriteEngine on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]")
BALANCED = (*EACH[:3], EACH[3].replace("on\n", "on\nRewriteCond %{HTTP:X-Forwarded-Proto} !=https\n"))
AT_7 = ("a.conf", "192.0.2.7:80", "www.example.org", "")


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        # http leads to https of the site's own, which the first virtual host there answers
        ([LED, ("tls.conf", "*:443", "", TLS)], "https https is served for www.example.org, example.org already"),
        ([EACH, ("tls.conf", "*:443", "example.org", TLS)], "https https is served for www.example.org, example.org already"),
        (
            [EACH, ("tls.conf", "*:443", "other.example", TLS)],
            "refused www.example.org: all that it says by http leads to https://www.examp",
        ),
        ([LED], "refused www.example.org: all that it says by http leads to https://www.example.org/, where nothing on this host answers"),
        # by a balancer that has TLS the site is served
        ([BALANCED], f"refused {ENABLED}/www.conf:6: RewriteRule ^ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [R]: it asks what a proxy"),
        ([(*BALANCED[:3], BALANCED[3].replace("on\n", "on\nRewriteCond %{HTTPS} off\n"))], "take "),
        # what comes first at 443 speaks no TLS; the other one is the first elsewhere
        (
            [LED, ("a.conf", "*:443", "", ""), ("b.conf", "192.0.2.1:443 *:443", "", TLS)],
            "refused www.example.org: all that it says by http leads to https://www.example.org/, where nothing on this host answers",
        ),
        (
            [LED, ("tls.conf", "192.0.2.7:443", "", TLS)],
            "refused www.example.org: all that it says by http leads to https://www.example.or",
        ),
        ([("a.conf", "*:80", "a.example", "Redirect / https://b.example/")], "take a.example"),
        ([("a.conf", "*:80", "a.example", "Redirect /in https://a.example/in")], "take a.example"),
        # https at other addresses
        ([AT_7, ("tls.conf", "192.0.2.8:443", "www.example.org", TLS)], "take www.example.org"),
        ([AT_7, ("tls.conf", "192.0.2.7:443", "www.example.org", TLS)], "https https is served for www.example.org already"),
        ([AT_7, ("tls.conf", "*:443", "www.example.org", TLS)], "https https is served for www.example.org already"),
        ([WWW, ("tls.conf", "192.0.2.7:443", "example.org", TLS)], "take www.example.org"),
        ([WWW, ("tls.conf", "192.0.2.7:443", "www.example.org *.org", TLS)], "https https is served for www.example.org, example.org"),
        (
            [WWW, ("tls.conf", "192.0.2.7:443", "example.org", TLS), ("tls.conf", "192.0.2.8:443", "b.example", TLS)],
            f"refused example.org: {ENABLED}/tls.conf:2 serves https for it, but at other addresses",
        ),
        (
            [WWW, ("tls.conf", "192.0.2.7:443", "example.org", TLS), ("tls.conf", "*:443", "b.example", TLS)],
            f"refused example.org: {ENABLED}/tls.conf:2 serves https for it, but at other addresses",
        ),
        (
            [("a.conf", "192.0.2.7:80 192.0.2.8:80", "a.example", ""), ("tls.conf", "192.0.2.8:443", "a.example", TLS)],
            f"refused a.example: {ENABLED}/tls.conf:2 serves https for it, but at other addresses",
        ),
        # https for all names
        ([WWW, ("z.conf", "*:443", "any *", TLS)], "take www.example.org example.org"),
        ([WWW, ("000-tls.conf", "*:443", "any *", TLS)], f"refused {ENABLED}/000-tls.conf:2 answers for all names by https, and is read"),
        ([WWW, ("z.conf", "*:443", "any *.org", TLS)], "https https is served for www.example.org, example.org already"),
    ],
)
def test_who_has_https_already(hosts: list[Host], found: str) -> None:
    assert told(*hosts)[0].startswith(found), told(*hosts)


def test_what_answered_for_all_names_by_https_makes_way() -> None:
    step = decide(WWW, ("z.conf", "*:443", "any *", TLS))[0]
    assert step.bodies["replaces"] == [f"{ENABLED}/www.conf:1", f"{ENABLED}/z.conf:2"]
    assert step.notes[0] == f"{ENABLED}/z.conf:2 answers for them by https, as for all names, and will not any more"


@pytest.mark.parametrize(
    ("http", "https", "name", "action"),
    [
        ("*:80", "*:443", "", "refused"),
        ("192.0.2.7:80", "*:443", "", "refused"),
        ("192.0.2.7:80", "192.0.2.7:443", "", "refused"),
        ("*:80", "*:443", "www.example.org example.org", "take"),
    ],
)
def test_who_has_https_only_by_the_default_keeps_it(http: str, https: str, name: str, action: str) -> None:
    led = ("www.conf", http, *LED[2:])
    step = decide(("a.conf", http, "a.example", ""), led, ("z.conf", https, name, TLS))[0]
    assert step.action == action
    assert action == "take" or step.reason.startswith(f"{ENABLED}/z.conf:3 answers for www.example.org, example.org by https without")


@pytest.mark.parametrize(
    ("led", "steps"),
    [
        (EACH, ["refused", "https"]),
        (BALANCED, ["refused", "refused"]),  # who comes past the balancer is led to https
        ((*BALANCED[:3], BALANCED[3].replace("!=https", "=http")), ["refused", "refused"]),
        ((*BALANCED[:3], BALANCED[3].replace("on\n", "on\nRewriteCond %{HTTPS} off\n")), ["refused", "take"]),  # its https is its own then
        ((*BALANCED[:3], BALANCED[3].replace("!=https", "=https")), ["take", "refused"]),
    ],
)
def test_who_is_led_to_the_default_past_a_balancer_keeps_it(led: Host, steps: list[str]) -> None:
    made = decide(("a.conf", "*:80", "a.example", ""), led, ("z.conf", "*:443", "", TLS))
    assert [one.action for one in made] == [*steps, "https"]
    assert steps[0] == "take" or made[0].reason.startswith(f"{ENABLED}/z.conf:3 answers for www.example.org, example.org by https without")


@pytest.mark.parametrize("url", ["https://[bad/", "https://[domain]/"])
def test_a_redirect_to_what_is_no_url_is_no_failure(url: str) -> None:
    (step,) = decide(("a.conf", "*:80", "www.example.org", f"Redirect / {url}"))
    assert step.action in ("take", "refused")


INNER = ("a.conf", "192.0.2.7:80", "a.example", "")


@pytest.mark.parametrize(
    ("hosts", "listens", "reason"),
    [
        ([INNER, ("t.conf", "*:443", "t.example", TLS)], "80 443", f"192.0.2.7:443 would hide what {ENABLED}/t.conf:2 serves at *:443"),
        ([INNER, ("t.conf", "*:443 192.0.2.7:443", "t.example", TLS)], "80 443", ""),
        ([INNER, ("t.conf", "*:443", "", TLS)], "80 443", ""),
        (
            [INNER, ("s.conf", "*:443", "", TLS), ("t.conf", "*:443", "t.example", TLS)],
            "80 443",
            f"192.0.2.7:443 would hide what {ENABLED}/t.conf:3 serves at *:443",
        ),
        ([INNER], "192.0.2.7:80", ""),
        ([INNER], "192.0.2.7:80 443", "at more addresses than for http; say Listen 192.0.2.7:443 in place of Listen 443"),
        ([WWW], "192.0.2.7:80 443", "at more addresses than for http; say Listen 192.0.2.7:443 in place of Listen 443"),
        ([WWW], "80 192.0.2.7:443", "at fewer addresses than for http; say Listen 443 in place of Listen 192.0.2.7:443"),
        ([INNER], "80 192.0.2.7:443", ""),
        ([INNER], "80 192.0.2.8:443", "at fewer addresses than for http; say Listen 443 in place of Listen 192.0.2.8:443"),
        ([WWW], "0.0.0.0:80 [::]:80 443", ""),
    ],
)
def test_https_is_served_where_http_is_and_nowhere_else(hosts: list[Host], listens: str, reason: str) -> None:
    first = decide(*hosts, around="".join(f"Listen {one}\n" for one in listens.split()))[0]
    assert (first.action, reason in first.reason) == ("refused" if reason else "take", True), first.reason


@pytest.mark.parametrize(
    ("around", "text", "kept"),
    [
        ("", "RewriteRule ^/a$ /b", False),
        ("", "RewriteEngine off\nRewriteCond %{HTTP_HOST} x\nRewriteRule ^/a$ /b", False),
        ("", "RewriteEngine on\nRewriteRule ^/a$ /b", True),
        ("RewriteEngine on", "RewriteRule ^/a$ /b", True),
    ],
)
def test_rules_that_were_asleep_do_not_come_to_life(around: str, text: str, kept: bool) -> None:
    (step,) = decide(("a.conf", "*:80", "a.example", text), around=f"Listen 80\n{around}")
    assert [("RewriteRule" in step.bodies[kind]) for kind in ("http", "https")] == [kept, kept]


def test_a_plan_is_a_list_of_sites() -> None:
    steps = decide(NAMELESS, WWW, ("z.conf", "*:80", "z.example example.org", "WSGIDaemonProcess z"))
    sites = read_sites(entries(steps), DEFAULTS)
    assert [site.names for site in sites] == [("www.example.org", "example.org"), ("z.example",)]
    assert sites[0].body is not None
    assert sites[0].body.replaces == (f"{ENABLED}/www.conf:2", f"{ENABLED}/z.conf:3")
    assert shadows(sites, [VirtualHost("*", "80", "example.org", f"{ENABLED}/z.conf", 3, False)], ENABLED) == []
    assert "WSGIDaemonProcess z" in steps[2].dropped[0]
    assert steps[2].notes == (f"example.org: {ENABLED}/www.conf:2 answers for it",)


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        (
            [WWW, ("z.conf", "*:443", "z.example", TLS)],
            ["https for names that nobody has: a virtual host of ours answers, and /"],
        ),
        ([WWW, ("000-tls.conf", "*:443", "z.example", TLS)], []),
        (
            [INNER, ("000-tls.conf", "*:443", "", TLS)],
            [f"https for names that nobody has: a virtual host of ours answers, and {ENABLED}/000-tls.conf:2 does not"],
        ),
        ([("i.conf", "192.0.2.7:80 *:80", "i.example", ""), ("000-tls.conf", "192.0.2.7:443 *:443", "", TLS)], []),
        ([WWW, ("z.conf", "*:8443", "z.example", TLS)], []),
    ],
)
def test_another_answer_by_https_is_told(hosts: list[Host], told: list[str]) -> None:
    notes = decide(*hosts)[0].notes
    assert [note.startswith(start) for note, start in zip(notes, told)] == [True] * len(told)
    assert len(notes) == len(told)


@pytest.mark.parametrize("around", ["Listen 80", "Listen 80\n<Location /b>\nSSLRequireSSL\n</Location>"])
def test_what_stays_but_is_other_by_https_is_told(around: str) -> None:
    (step,) = decide(("a.conf", "*:80", "a.example", "" if "SSL" in around else "<Location /a>\nSSLRequireSSL\n</Location>"), around=around)
    assert [one.partition(": over https")[0].rpartition(" ")[2] for one in step.dropped] == ["SSLRequireSSL"]


@pytest.mark.parametrize(
    "text",
    [
        'RequestHeader set Authorization "s3cret"',
        "<If \"%{HTTPS} == 'off' && %{HTTP:X-Token} == 's3cret'\">\nHeader set X-A b\n</If>",
        "RewriteEngine on\nRewriteCond %{HTTPS} on\nRewriteCond %{HTTP:X-Token} =s3cret\nRewriteRule ^ http://%{HTTP_HOST}/ [R]",
        "ProxyPass / http://me:s3cret@127.0.0.1:8000/?key=s3cret",
    ],
)
def test_nothing_of_a_virtual_host_is_told(text: str) -> None:
    (step,) = decide(("a.conf", "*:80", "a.example", text))
    assert "s3cret" in str(step.bodies)
    assert "s3cret" not in f"{step!r} {step.to_dict()}"


@pytest.mark.parametrize(
    ("hosts", "reach", "names", "notes"),
    [
        ([WWW], AWAY, ("example.org",), ("www.example.org: another server answers; it stays with http",)),
        ([WWW], replace(AWAY, provable=True), ("www.example.org", "example.org"), ("www.example.org: another server answers",)),
        ([WWW], ASKED, ("www.example.org", "example.org"), ("www.example.org: it leads to 192.0.2.9",)),
        ([WWW], Reach("www.example.org", ("192.0.2.7",), "answered"), ("www.example.org", "example.org"), ()),
        ([("a.conf", "*:80", "www.example.org", "")], AWAY, (), ()),
        (
            [("a.conf", "*:80", "WWW.example.org", "ProxyPass / http://www.example.org/")],
            ASKED,
            (),
            ("WWW.example.org: it leads to 192.0.2.9",),
        ),
    ],
)
def test_names_that_cannot_be_proven_stay_and_others_are_told(
    hosts: list[Host], reach: Reach, names: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    (step,) = decide(*hosts, reach={"www.example.org": reach})
    assert (step.names, step.notes, step.reach) == (names, notes, (reach,))
    assert step.to_dict()["reach"] == [reach.to_dict()]


def test_where_httpd_reads_files() -> None:
    dump = """Included configuration files:
  (*) /etc/apache2/apache2.conf
    (146) /etc/apache2/conf-enabled/a.conf
      (1) /srv/a.inc
    (225) /etc/apache2/sites-enabled/b.conf
      (5) /srv/b.inc
        (1) /srv/c.inc
      (7) /srv/b.inc
    (227) /srv/last.conf
Server MPM: event
"""
    assert read_order(dump, ENABLED) == {
        "/etc/apache2/apache2.conf": (-1, ""),
        "/etc/apache2/conf-enabled/a.conf": (-1, ""),
        "/srv/a.inc": (-1, ""),
        f"{ENABLED}/b.conf": (0, "b.conf"),
        "/srv/b.inc": (0, "b.conf"),
        "/srv/c.inc": (0, "b.conf"),
        "/srv/last.conf": (1, ""),
    }


def test_names_to_be_left_out_are_known_or_not() -> None:
    told = decide(WWW, ("a.conf", "*:443", "A.example", TLS))
    assert known(["example.org", "a.EXAMPLE", "typo.example"], told) == {"example.org": True, "a.EXAMPLE": True, "typo.example": False}
