# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.migrated import migrated

TAKEN = "/etc/apache2/sites-enabled/www.conf:1"


def virtual_host(site: str, *addresses: str, port: str = "443", taken_from: str = TAKEN) -> dict[str, Any]:
    return {"site": site, "taken_from": taken_from, "addresses": [{"address": one, "port": port} for one in addresses]}


def test_sites_that_were_taken_from_others_are_asked_for_once_and_at_their_stage() -> None:
    virtual_hosts = [
        virtual_host("www.example.org", "*"),
        virtual_host("www.example.org", "*"),
        virtual_host("listed.example.org", "*", taken_from=""),
        virtual_host("", "*", taken_from=""),
    ]
    assert migrated(virtual_hosts, "permanent", 0) == [
        {"name": "www.example.org", "names": ["www.example.org"], "addresses": [], "stage": "permanent", "hsts": 63072000, "shared": False}
    ]
    assert migrated(virtual_hosts, "hsts", 300)[0]["hsts"] == 300


@pytest.mark.parametrize(
    ("addresses", "alone"),
    [
        ((["192.0.2.7"], ["192.0.2.7"]), ["192.0.2.7"]),
        ((["[2001:db8::7]", "192.0.2.7"],), ["2001:db8::7", "192.0.2.7"]),
        ((["192.0.2.7", "*"],), []),
        ((["192.0.2.7"], ["*"]), []),
    ],
)
def test_they_are_asked_for_at_their_addresses(addresses: tuple[list[str], ...], alone: list[str]) -> None:
    plain = virtual_host("www.example.org", "*", port="80")
    (site,) = migrated([plain, *(virtual_host("www.example.org", *each) for each in addresses)], "permanent", 0)
    assert site["addresses"] == alone
