# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible.errors import AnsibleError, AnsibleFilterError
from ansible_collections.encrypt.httpd.plugins.filter.mixed_content import (
    mixed_content_found,
    mixed_content_names,
    mixed_content_report,
    mixed_content_sites,
)
from ansible_collections.encrypt.httpd.plugins.filter.sites import sites

EVIL = "<script>alert('1')</script>\"&"
COUNTS = {"active": 8, "passive": 1, "form": 0, "link": 3}
FINDING = {
    "class": "active",
    "where": "<script src>",
    "target": f"http://www.example.org/{EVIL}",
    "has_https": False,
    "count": 8,
    "places": [{"source": f"/srv/{EVIL}.html", "line": 3, "column": 7}],
}
IMAGE = {**FINDING, "class": "passive", "where": "<img src>", "target": "http://www.example.org/a.png", "has_https": True, "count": 1}
SITE = {"name": "www.example.org", "files": 1, "pages": 2, "complete": False, "counts": COUNTS, "findings": [FINDING, IMAGE], "more": 3}
FOUND = [
    {"host": "web1", "counts": COUNTS, "sites": [{**SITE, "problems": [f"/srv/{EVIL}: Permission denied"]}]},
    {
        "host": "web2",
        "counts": dict.fromkeys(COUNTS, 0),
        "sites": [{**SITE, "counts": dict.fromkeys(COUNTS, 0), "findings": [], "problems": []}],
    },
    {"host": "web3"},
    {"host": "web4", "counts": {}, "sites": []},
]


def test_the_report_as_text() -> None:
    lines = mixed_content_report(FOUND, "text")
    assert lines[0] == "1 of 2 sites on 2 hosts refer to http: 8 active, 1 passive, 3 link. Nothing was looked at on 2 hosts."
    assert lines[2] == "web1: www.example.org: 8 active, 1 passive, 3 link (1 file, 2 pages, there are more, which were not looked at)"
    assert lines[4:8] == [
        f"    http://www.example.org/{EVIL} in <script src> (does it have https?)",
        f"      /srv/{EVIL}.html:3:7",
        "      and 7 more places",
        "  passive: asked for by https, and left out when that fails; older browsers warn",
    ]
    assert lines[8] == "    http://www.example.org/a.png in <img src>"
    assert lines[10:12] == ["  and 3 places of other targets", f"  not looked at: /srv/{EVIL}: Permission denied"]
    assert lines[-3] == "web3: was not looked at, as the run failed there"
    assert lines[-1] == "web4: nothing was looked at, as the collection serves no site there by https"


NOTHING = {**SITE, "files": 0, "pages": 0, "counts": dict.fromkeys(COUNTS, 0), "findings": [], "problems": ["/nowhere: missing"], "more": 0}
BLIND = "only sites of the list were looked at, as httpd cannot tell what else it serves: it is broken"


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ({}, "web1: was not looked at, as the run failed there"),
        ({"sites": []}, "web1: nothing was looked at, as the collection serves no site there by https"),
        ({"sites": [], "problem": "it is broken"}, f"web1: {BLIND}"),
        ({"sites": [NOTHING]}, "web1: www.example.org: nothing was looked at (0 files, 0 pages, there are more, which were not looked at)"),
    ],
)
def test_where_nothing_was_looked_at_is_no_all_clear(host: dict[str, Any], told: str) -> None:
    found = [{"host": "web1", **host}]
    assert mixed_content_report(found, "text")[:3] == ["Nothing was looked at on 1 host.", "", told]
    assert "refer to http" not in mixed_content_report(found, "html")


def test_a_host_that_cannot_tell_all_of_its_sites_says_so_beside_those_of_the_list() -> None:
    found = [{**FOUND[0], "problem": "it is broken"}]
    assert f"web1: {BLIND}" in mixed_content_report(found, "text")
    assert BLIND in mixed_content_report(found, "html")


class Reader(HTMLParser):
    """Sees a page as a browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _value in attrs)

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_report_as_html_says_all_and_does_nothing() -> None:
    page = mixed_content_report([*FOUND, {"host": EVIL}], "html")
    reader = Reader()
    reader.feed(page)
    for part in (
        f"http://www.example.org/{EVIL}",
        f"/srv/{EVIL}.html:3:7",
        f"/srv/{EVIL}: Permission denied",
        "<script src>",
        EVIL,
        "web3",
    ):
        assert part in reader.said
    assert reader.tags.isdisjoint({"script", "img", "a", "link", "iframe", "form"})
    assert reader.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "colspan", "title"}


def test_the_report_as_json_is_the_data() -> None:
    assert json.loads(mixed_content_report(FOUND, "json")) == FOUND


def test_nothing_to_report() -> None:
    assert mixed_content_report([], "text") == ["Nothing was looked at on 0 hosts."]
    assert "Nothing" in mixed_content_report([], "html")


def test_other_forms_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="'pdf' is not allowed; allowed are text, html and json"):
        mixed_content_report([], "pdf")


DEFAULTS = {
    "redirect_http": "permanent",
    "hsts": 0,
    "key_type": "ecdsa-p256",
    "issuer": "private_ca",
    "shared_by": "",
    "replace": False,
}


def virtual_host(site: str, *aliases: str, kind: str = "https", by: str = "files", target: str = "") -> dict[str, Any]:
    serves = {"by": by, "target": target, "status": 200}
    return {"site": site, "taken_from": "", "server_name": site, "aliases": list(aliases), "kind": kind, "serves": serves}


def test_what_the_module_looks_at() -> None:
    entries = [
        {"name": "www.example.org", "aliases": ["2001:db8::7"], "root": "/srv/www", "default": True},
        {"name": "api.example.org", "proxy": "http://127.0.0.1:8080/"},
        {"name": "old.example.org", "redirect": "https://www.example.org/"},
    ]
    assert mixed_content_sites(sites(entries, DEFAULTS), ["/", "/shop/"]) == [
        {
            "name": "www.example.org",
            "names": ["www.example.org", "2001:db8::7"],
            "root": "/srv/www",
            "pages": ["https://www.example.org/", "https://www.example.org/shop/"],
        },
        {
            "name": "api.example.org",
            "names": ["api.example.org"],
            "root": None,
            "pages": ["https://api.example.org/", "https://api.example.org/shop/"],
        },
    ]
    with pytest.raises(AnsibleFilterError, match="https_mixed_content_pages: 'shop' is no path; write one such as /"):
        mixed_content_sites([], ["shop"])


def test_the_host_knows_sites_that_no_list_has_and_document_roots_of_bodies() -> None:
    body = {"http": "Include shop.inc", "https": "Include shop.inc"}
    virtual_hosts = [
        {**virtual_host("shop.example.org"), "kind": "http", "serves": {"by": "redirect", "target": "https://shop.example.org/"}},
        virtual_host("shop.example.org", target="/srv/shop"),
        virtual_host("www.example.org", target="/srv/www"),
        virtual_host("old.example.org", by="redirect", target="https://www.example.org/"),
        virtual_host("blog.example.org", "www.blog.example.org", "blog.*", target="/srv/blog"),
        virtual_host("app.example.org", by="proxy", target="http://127.0.0.1:8080/"),
        virtual_host("later.example.org", kind="http", target="/srv/later"),
        virtual_host("", target="/srv/theirs"),
    ]
    entries = [{"name": "www.example.org", "root": "/srv/listed"}, {"name": "shop.example.org", "body": body}]
    found = mixed_content_sites(sites(entries, DEFAULTS), ["/"], virtual_hosts)
    assert [(one["name"], one["names"], one["root"]) for one in found] == [
        ("www.example.org", ["www.example.org"], "/srv/listed"),
        ("shop.example.org", ["shop.example.org"], "/srv/shop"),
        ("blog.example.org", ["blog.example.org", "www.blog.example.org"], "/srv/blog"),
        ("app.example.org", ["app.example.org"], None),
    ]
    assert found[2]["pages"] == ["https://blog.example.org/"]


class Broken(dict[str, Any]):
    """Variables of a host that need facts."""

    def get(self, key: str, default: Any = None) -> Any:
        raise AnsibleError("'ansible_facts' is undefined")


def test_names_of_all_sites_as_far_as_they_are_known() -> None:
    hostvars: dict[str, Any] = {
        "web1": {"https_sites": [{"name": "www.example.org", "aliases": ["example.org"]}, {"name": "a.example", "aliases": None}]},
        "web2": {"https_sites": [{"name": "www.example.org"}, "nonsense", {"name": 7}, {"name": "not a name"}]},
        "web3": {"https_sites": "nonsense"},
        "web4": {},
        "web5": Broken(),
        "web6": {"__https_existing": {"virtual_hosts": [virtual_host("b.example", "c.*"), virtual_host("d.example", kind="http")]}},
        "web7": {"__https_existing": {"installed": False}},
    }
    assert mixed_content_names(hostvars, hostvars) == ["www.example.org", "example.org", "a.example", "b.example"]


def test_what_was_found_on_each_host() -> None:
    hostvars: dict[str, Any] = {
        "web1": {"__https_mixed_content": {"changed": False, "counts": COUNTS, "sites": [SITE]}},
        "web2": {"__https_mixed_content": {"failed": True, "msg": "it broke"}},
        "web3": {"__https_mixed_content": {"changed": False, "counts": {}, "sites": []}, "__https_existing": {"problem": "it is broken"}},
        "web4": {},
    }
    assert mixed_content_found(hostvars, hostvars) == [
        {"host": "web1", "counts": COUNTS, "sites": [SITE]},
        {"host": "web2"},
        {"host": "web3", "counts": {}, "sites": [], "problem": "it is broken"},
        {"host": "web4"},
    ]
