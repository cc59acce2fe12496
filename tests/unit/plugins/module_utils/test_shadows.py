# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd_dumps import VirtualHost
from ansible_collections.encrypt.httpd.plugins.module_utils._shadows import shadows
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites

from .test_sites import BODY, DEFAULTS, ROOT

ENABLED = "/etc/apache2/sites-enabled"
OLD = VirtualHost("*", "80", "old.example", f"{ENABLED}/old.conf", 3, default=False, aliases=["*.old.example"])
FIRST = VirtualHost("*", "80", "www.example.org", f"{ENABLED}/000-default.conf", 1, default=True)
OTHER_FIRST = VirtualHost("*", "80", "x.example", f"{ENABLED}/000-a.conf", 1, default=False)
OWN_FIRST = VirtualHost("*", "80", "www.example.org", f"{ENABLED}/00-www.example.org.conf", 4, default=True)
OWN = VirtualHost("*", "80", "www.example.org", f"{ENABLED}/001-www.example.org.conf", 4, default=False)
BELOW = VirtualHost("*", "80", "net.example", f"{ENABLED}/net.conf", 5, default=False, aliases=["below.Example.net"])
WILDCARD = {"challenge": "dns-01"}


@pytest.mark.parametrize(
    ("more", "hosts", "told"),
    [
        ({}, [], 0),
        ({}, [OWN], 0),
        ({}, [OLD], 0),
        ({"aliases": ["old.example"]}, [OLD], 1),
        ({"aliases": ["a.old.example", "b.old.example"]}, [OWN, OLD], 1),
        ({"aliases": ["old.example"], "replace": True}, [OLD], 0),
        ({"aliases": ["old.example"], "default": True}, [FIRST, OLD], 1),
        ({"aliases": ["old.example"], "default": True}, [OWN_FIRST, FIRST, OLD], 1),
        ({}, [FIRST], 1),
        ({"default": True}, [FIRST], 0),
        ({**WILDCARD, "aliases": ["*.example.net"]}, [BELOW], 1),
        ({**WILDCARD, "aliases": ["*.example.net"], "replace": True}, [BELOW], 0),
        ({**WILDCARD, "aliases": ["*.below.example.net"]}, [BELOW], 0),
        ({**WILDCARD, "aliases": ["*.old.example"]}, [OLD], 1),
        ({"default": True}, [OWN_FIRST, FIRST], 0),
        ({}, [OWN_FIRST, FIRST], 1),
        ({"default": True}, [OWN_FIRST, OTHER_FIRST, FIRST], 1),
    ],
)
def test_what_somebody_wrote_is_not_put_into_the_shade(more: dict[str, Any], hosts: list[VirtualHost], told: int) -> None:
    assert len(shadows(read_sites([{**ROOT, **more}], DEFAULTS), hosts, ENABLED)) == told


def test_addresses_are_names_as_others() -> None:
    sites = read_sites([{**ROOT, "name": "2001:db8::7", "aliases": ["192.0.2.7"], "default": True}], DEFAULTS)
    own = VirtualHost("*", "80", "192.0.2.7", f"{ENABLED}/00-2001_db8__7.conf", 4, default=True, aliases=["2001:db8::7"])
    assert shadows(sites, [own], ENABLED) == []
    other = VirtualHost("*", "80", "other.example", f"{ENABLED}/other.conf", 1, default=False, aliases=["2001:db8::7"])
    assert "serves 2001:db8::7 already" in shadows(sites, [own, FIRST, other], ENABLED)[0]


def test_other_ports_are_none_of_our_business() -> None:
    other = VirtualHost("*", "8080", "www.example.org", "/etc/apache2/other.conf", 1, default=False)
    assert shadows(read_sites([ROOT], DEFAULTS), [other], ENABLED) == []


def test_file_line_and_next_step_are_told() -> None:
    (told,) = shadows(read_sites([{**ROOT, "aliases": ["old.example"]}], DEFAULTS), [OLD], ENABLED)
    assert told.startswith(f"site 'www.example.org': {ENABLED}/old.conf:3 serves old.example already")
    assert "replace: true" in told
    (told,) = shadows(read_sites([{**ROOT, **WILDCARD, "aliases": ["*.example.net"]}], DEFAULTS), [BELOW], ENABLED)
    assert told.startswith(f"site 'www.example.org': {ENABLED}/net.conf:5 serves below.Example.net already")


def test_what_a_body_was_taken_from_need_not_count_any_more() -> None:
    entry = {**BODY, "body": {**BODY["body"], "replaces": [f"{OLD.file}:{OLD.line}"]}, "aliases": ["old.example"]}
    assert shadows(read_sites([entry], DEFAULTS), [OLD], ENABLED) == []
    assert len(shadows(read_sites([entry], DEFAULTS), [OLD, OTHER_FIRST, FIRST], ENABLED)) == 1
