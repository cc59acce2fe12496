# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import Site, read_sites

DEFAULTS = {"redirect_http": "permanent", "hsts": 0, "key_type": "ecdsa-p256", "issuer": "acme", "shared_by": "", "replace": False}
ROOT = {"name": "www.example.org", "root": "/srv/www"}
BODY: dict[str, Any] = {
    "name": "www.example.org",
    "body": {"http": "DocumentRoot /srv\n", "https": "Header unset Strict-Transport-Security\n"},
}


def read(*entries: Any) -> list[Site]:
    return read_sites(list(entries), DEFAULTS)


def test_defaults_are_filled_in() -> None:
    (site,) = read({**ROOT, "name": "WWW.example.org", "aliases": ["bücher.example"]})
    assert site.name == "www.example.org"
    assert site.names == ("www.example.org", "xn--bcher-kva.example")
    assert (site.redirect_http, site.redirect_status, site.hsts) == (301, 301, 0)
    assert (site.key_type, site.issuer, site.default, site.extra) == ("ecdsa-p256", "acme", False, "")
    assert site.upgrade_insecure_requests is False
    served = {"name": site.name, "names": list(site.names)}
    assert site.to_dict()["certificate"] == {**served, "key_type": "ecdsa-p256", "issuer": "acme", "challenge": "http-01"}


@pytest.mark.parametrize(
    ("places", "addresses"),
    [([], None), (["*:443"], None), (["192.0.2.7:443", "*:443"], None), (["192.0.2.7:443", "[::1]:443"], ["192.0.2.7", "::1"])],
)
def test_where_a_site_is_to_be_asked_for(places: list[str], addresses: list[str] | None) -> None:
    told = read({**BODY, "rollout": "permanent", "body": {**BODY["body"], **({"https_addresses": places} if places else {})}})[0].to_dict()
    assert [told[one].get("addresses") for one in ("served", "staged", "certificate")] == [addresses, addresses, None]
    assert told["places"] == ({"www.example.org": addresses} if addresses else {})


def test_a_site_says_otherwise() -> None:
    (site,) = read({**ROOT, "redirect_http": "none", "hsts": "300", "key_type": "rsa-2048", "default": True})
    assert (site.redirect_http, site.hsts, site.key_type, site.default) == (0, 300, "rsa-2048", True)


def test_wildcards_go_with_dns_01_and_with_other_issuers() -> None:
    wildcard = {**ROOT, "aliases": ["*.example.org"]}
    for given in ({"challenge": "dns-01"}, {"issuer": "private_ca"}, {"issuer": "purchased"}):
        assert read({**wildcard, **given})[0].names == ("www.example.org", "*.example.org")
    assert read_sites([wildcard], {**DEFAULTS, "challenge": "dns-01"})[0].to_dict()["certificate"]["challenge"] == "dns-01"


@pytest.mark.parametrize(("of_all", "of_site", "expected"), [(True, None, True), ("yes", False, False), (False, "true", True)])
def test_a_site_has_insecure_requests_upgraded(of_all: object, of_site: object, expected: bool) -> None:
    entry = {**ROOT, "upgrade_insecure_requests": of_site}
    (site,) = read_sites([entry], {**DEFAULTS, "upgrade_insecure_requests": of_all})
    assert site.to_dict()["upgrade_insecure_requests"] is expected


def test_who_shares_is_part_of_the_certificate() -> None:
    assert read({**ROOT, "shared_by": "web"})[0].to_dict()["certificate"]["shared_by"] == "web"
    assert "shared_by" not in read(ROOT)[0].to_dict()["certificate"]


@pytest.mark.parametrize(
    ("names", "host", "file", "server_name", "server_aliases"),
    [
        (["192.0.2.7"], "192.0.2.7", "192.0.2.7", "192.0.2.7", []),
        (["www.example.org", "*.example.org"], "www.example.org", "www.example.org", "www.example.org", ["*.example.org"]),
        (["2001:db8::7"], "[2001:db8::7]", "2001_db8__7", "ipv6-2001-db8--7.invalid", ["2001:db8::7"]),
        (["2001:db8::7", "www.example.org"], "[2001:db8::7]", "2001_db8__7", "www.example.org", ["2001:db8::7"]),
    ],
)
def test_a_name_in_urls_paths_and_directives(names: list[str], host: str, file: str, server_name: str, server_aliases: list[str]) -> None:
    (site,) = read({**ROOT, "name": names[0], "aliases": names[1:], "default": True, "issuer": "private_ca"})
    found = site.to_dict()
    assert (found["host"], found["file"], found["server_name"], found["server_aliases"]) == (host, file, server_name, server_aliases)


def test_an_alias_is_marked_by_a_certificate_that_has_it() -> None:
    aliases = ["a.example.org", "*.example.org", "intranet", "192.0.2.7", "2001:db8::7"]
    (site,) = read({**ROOT, "aliases": aliases, "default": True, "issuer": "private_ca"})
    assert site.to_dict()["aliases"] == [
        {"name": "a.example.org", "host": "a.example.org", "marks": ["a.example.org", "_wildcard.example.org"]},
        {"name": "*.example.org", "host": "*.example.org", "marks": ["_wildcard.example.org"]},
        {"name": "intranet", "host": "intranet", "marks": ["intranet"]},
        {"name": "192.0.2.7", "host": "192.0.2.7", "marks": ["192.0.2.7"]},
        {"name": "2001:db8::7", "host": "[2001:db8::7]", "marks": ["2001_db8__7"]},
    ]


@pytest.mark.parametrize(("given", "read_as"), [("True", True), ("yes", True), ("no", False), (False, False)])
def test_truth_may_come_as_text(given: object, read_as: bool) -> None:
    assert read({**ROOT, "default": given})[0].default is read_as


def test_what_was_not_given_may_be_null() -> None:
    (site,) = read({**ROOT, "proxy": None, "aliases": None, "hsts": None})
    assert site.names == ("www.example.org",)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("http://127.0.0.1:8080", "http://127.0.0.1:8080/"), ("http://127.0.0.1:8080/app/", "http://127.0.0.1:8080/app/")],
)
def test_backends_end_with_a_slash(given: str, expected: str) -> None:
    assert read({"name": "api.example.org", "proxy": given})[0].proxy == expected


def test_a_body_answers_everywhere_unless_it_says_where() -> None:
    body = read(BODY)[0].to_dict()["body"]
    assert (body["addresses"], body["https_addresses"], body["replaces"]) == (("*:80",), ("*:443",), ())
    (site,) = read({**BODY, "body": {**BODY["body"], "addresses": ["192.0.2.7:80", "[2001:db8::7]:*"], "https_addresses": ["*:443"]}})
    assert site.to_dict()["body"]["addresses"] == ("192.0.2.7:80", "[2001:db8::7]:*")
    assert read({**ROOT, "body": {}})[0].body is None


def test_no_text_shows_a_body() -> None:
    secret = {"http": "RequestHeader set X s3cret\n<VirtualHost x>", "https": ""}
    with pytest.raises(ArgumentError) as raised:
        read({**BODY, "body": secret})
    assert "s3cret" not in str(raised.value)
    assert "DocumentRoot" not in repr(read(BODY)[0])


def test_no_error_shows_a_passphrase() -> None:
    with pytest.raises(ArgumentError, match="site 'www.example.org': passphrase: this is no text; put quotes around it") as raised:
        read({**ROOT, "issuer": "purchased", "key_file": "/k", "certificate_file": "/c", "passphrase": 12345678})
    assert "12345678" not in str(raised.value)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (["www.example.org"], "entry 1 is no dictionary"),
        ([{"root": "/srv"}], "https_sites: entry 1: name"),
        ([{"name": "http://www.example.org", "root": "/srv"}], "leave out the scheme"),
        ([{"name": "www.example.org"}], "site 'www.example.org': says nothing about what to serve"),
        ([{**ROOT, "proxy": "http://127.0.0.1/"}], "has root and proxy; give exactly one"),
        ([{**ROOT, "rooot": "/srv"}], "rooot is no option; allowed are root"),
        ([{**ROOT, "root": "srv"}], "root: 'srv' is no absolute path"),
        ([{**ROOT, "root": {"a": 1}}], "root: {'a': 1} is no text"),
        ([{**ROOT, "extra": ["Foo"]}], "extra: ['Foo'] is no text"),
        ([{**ROOT, "aliases": "example.org"}], "aliases: 'example.org' is no list; write one such as [www.example.org]"),
        ([{**ROOT, "default": "maybe"}], "default: 'maybe' is not allowed; allowed are true and false"),
        ([{**ROOT, "root": '/srv"\nUser root'}], "quote or line break"),
        ([{"name": "a.example", "proxy": "127.0.0.1:80"}], "proxy: '127.0.0.1:80' must start with http://"),
        ([{"name": "a.example", "redirect": "www.example.org"}], "redirect: 'www.example.org' must start with"),
        ([{**BODY, "root": "/srv"}], "has root and body; give exactly one"),
        ([{**BODY, "body": "DocumentRoot /srv"}], "site 'www.example.org': body: it is no dictionary; give http and https"),
        ([{**BODY, "body": {"http": ""}}], "site 'www.example.org': body: https: this is no text"),
        ([{**BODY, "body": {**BODY["body"], "ftp": ""}}], "body: ftp is no option; allowed are http, https"),
        ([{**BODY, "body": {"http": "", "https": " </virtualhost>\n"}}], "body: https: leave out <VirtualHost>"),
        ([{**BODY, "body": {**BODY["body"], "addresses": ["*"]}}], "body: addresses: '*' is no address with a port"),
        ([{**BODY, "body": {**BODY["body"], "https_addresses": []}}], "body: https_addresses: None is no address with a port"),
        ([{**BODY, "body": {**BODY["body"], "keeps": [{"http": ""}]}}], "body: keeps: each is a dictionary with name, http, addresses"),
        (
            [{**BODY, "body": {**BODY["body"], "keeps": [{"name": "a\nb", "http": "", "addresses": ["*:80"]}]}}],
            "body: keeps: name: 'a\\nb' is no name of a host",
        ),
        ([{**ROOT, "redirect_http": "always"}], "redirect_http: 'always' is not allowed; allowed are permanent"),
        ([{**ROOT, "redirect_status": "none"}], "redirect_status: 'none' is not allowed"),
        ([{**ROOT, "key_type": "rsa-1024"}], "site 'www.example.org': key_type: 'rsa-1024' is no key type; allowed are ecdsa-p256"),
        ([{**ROOT, "hsts": -1}], "hsts: -1 is no number of seconds"),
        ([{**ROOT, "hsts": "long"}], "hsts: 'long' is no number of seconds"),
        ([{**ROOT, "upgrade_insecure_requests": 7}], "upgrade_insecure_requests: 7 is not allowed; allowed are true and false"),
        ([{**ROOT, "issuer": "carrier pigeon"}], "issuer: 'carrier pigeon' is not allowed; allowed are acme"),
        ([{**ROOT, "key_file": "/k", "certificate_file": "/c"}], "key_file is for the issuer purchased"),
        ([{**ROOT, "issuer": "purchased", "key_file": "/k"}], "key_file and certificate_file belong together"),
        ([{**ROOT, "issuer": "mod_md", "shared_by": "web"}], "shared_by: mod_md keeps its keys to itself"),
        ([{**ROOT, "issuer": "purchased", "shared_by": "web", "key_file": "/k", "certificate_file": "/c"}], "shared_by: with key_file"),
        ([{**ROOT, "shared_by": ["web"]}], "shared_by: ['web'] is no text"),
        (
            [{**ROOT, "aliases": ["*.example.org"]}],
            "site 'www.example.org': *.example.org is a wildcard, which a CA does not validate by http-01",
        ),
        (
            [{**ROOT, "challenge": "tls-alpn-01"}],
            "site 'www.example.org': challenge: 'tls-alpn-01' is not allowed; allowed are http-01, dns-01",
        ),
        ([{**ROOT, "name": "*.example.org"}], "a site needs a name of its own; name one host, and write *.example.org under aliases"),
        ([{**ROOT, "name": "a.example", 1: 2}], "1 is no option"),
        ([{"name": "a.example", "redirect": "https://b.example/?c=d"}], "leave out what follows the path"),
        ([{**ROOT, "aliases": ["192.0.2.1"], "challenge": "dns-01"}], "192.0.2.1 is an IP address, which a CA does not validate by dns-01"),
        ([{**ROOT, "replace": "perhaps"}], "replace: 'perhaps' is not allowed"),
        ([ROOT, ROOT], "site 'www.example.org' is in https_sites 2 times"),
        (
            [{"name": "a.example.org", "root": "/a", "aliases": ["*.example.org"], "challenge": "dns-01", "default": True}, ROOT],
            "site 'a.example.org': *.example.org covers www.example.org of another site, and httpd asks the default site first",
        ),
        ([ROOT, {"name": "b.example", "root": "/b", "aliases": ["www.example.org"]}], "belongs to site 'www.example.org' already"),
        ([{**ROOT, "default": True}, {"name": "b.example", "root": "/b", "default": True}], "both say default: true"),
        ([{**ROOT, "aliases": ["192.0.2.7"]}], "site 'www.example.org': 192.0.2.7 is an IP address"),
        ([{**ROOT, "aliases": ["192.0.2.7"]}], "say default: true for this site"),
        ([{**ROOT, "default": True}, {"name": "::1", "root": "/b"}], "have it among the aliases of 'www.example.org'"),
        ([{**ROOT, "default": True, "issuer": "mod_md", "aliases": ["[::1]"]}], "mod_md has no certificates for IP addresses, as ::1"),
        ([{**ROOT, "aliases": [f"n{number}.example" for number in range(100)]}], "101 names are more than the 100"),
    ],
)
def test_mistakes_name_site_and_option(entries: list[Any], told: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        read(*entries)
    assert told in str(raised.value)
