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
]


def test_the_report_as_text() -> None:
    lines = mixed_content_report(FOUND, "text")
    assert lines[0] == "1 of 2 sites on 3 hosts refer to http: 8 active, 1 passive, 3 link."
    assert lines[2] == "web1: www.example.org: 8 active, 1 passive, 3 link (1 file, 2 pages, there are more, which were not looked at)"
    assert lines[4:8] == [
        f"    http://www.example.org/{EVIL} in <script src> (does it have https?)",
        f"      /srv/{EVIL}.html:3:7",
        "      and 7 more places",
        "  passive: asked for by https, and left out when that fails; older browsers warn",
    ]
    assert lines[8] == "    http://www.example.org/a.png in <img src>"
    assert lines[10:12] == ["  and 3 places of other targets", f"  not looked at: /srv/{EVIL}: Permission denied"]
    assert lines[-1] == "web3: was not looked at, as the run failed there"


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
    assert mixed_content_report([], "text") == ["0 of 0 sites on 0 hosts refer to http: nothing."]
    assert "nothing" in mixed_content_report([], "html")


def test_other_forms_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="'pdf' is not allowed; allowed are text, html and json"):
        mixed_content_report([], "pdf")


def test_what_the_module_looks_at() -> None:
    defaults = {
        "redirect_http": "permanent",
        "hsts": 0,
        "key_type": "ecdsa-p256",
        "issuer": "private_ca",
        "shared_by": "",
        "replace": False,
    }
    entries = [
        {"name": "www.example.org", "aliases": ["2001:db8::7"], "root": "/srv/www", "default": True},
        {"name": "api.example.org", "proxy": "http://127.0.0.1:8080/"},
        {"name": "old.example.org", "redirect": "https://www.example.org/"},
    ]
    assert mixed_content_sites(sites(entries, defaults), ["/", "/shop/"]) == [
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


class Broken(dict[str, Any]):
    """Variables of a host that need facts."""

    def get(self, key: str, default: Any = None) -> Any:
        raise AnsibleError("'ansible_facts' is undefined")


def test_names_of_all_sites_as_far_as_they_are_known() -> None:
    hostvars: dict[str, Any] = {
        "web1": {"https_sites": [{"name": "www.example.org", "aliases": ["example.org"]}, {"name": "a.example", "aliases": None}]},
        "web2": {"https_sites": [{"name": "www.example.org"}, "nonsense", {"name": 7}]},
        "web3": {"https_sites": "nonsense"},
        "web4": {},
        "web5": Broken(),
    }
    assert mixed_content_names(hostvars, hostvars) == ["www.example.org", "example.org", "a.example"]


def test_what_was_found_on_each_host() -> None:
    hostvars: dict[str, Any] = {
        "web1": {"__https_mixed_content": {"changed": False, "counts": COUNTS, "sites": [SITE]}},
        "web2": {"__https_mixed_content": {"failed": True, "msg": "it broke"}},
        "web3": {"__https_mixed_content": {"skipped": True}},
        "web4": {},
    }
    assert mixed_content_found(hostvars, hostvars) == [
        {"host": "web1", "counts": COUNTS, "sites": [SITE]},
        {"host": "web2"},
        {"host": "web4"},
    ]
