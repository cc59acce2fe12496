# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _names as names


@pytest.mark.parametrize(
    ("name", "address", "url", "covering"),
    [
        ("www.example.org", False, "www.example.org", ("www.example.org", "*.example.org")),
        ("*.example.org", False, "*.example.org", ("*.example.org",)),
        ("intranet", False, "intranet", ("intranet",)),
        ("192.0.2.7", True, "192.0.2.7", ("192.0.2.7",)),
        ("2001:db8::7", True, "[2001:db8::7]", ("2001:db8::7",)),
        ("192.0.2.256", False, "192.0.2.256", ("192.0.2.256", "*.0.2.256")),
    ],
)
def test_names_and_addresses(name: str, address: bool, url: str, covering: tuple[str, ...]) -> None:
    assert names.is_address(name) is address
    assert names.in_url(name) == url
    assert names.covering(name) == covering


@pytest.mark.parametrize(("text", "found"), [("[2001:DB8::7]", "2001:db8::7"), ("[192.0.2.7]", "None"), ("[2001:db8::7", "None")])
def test_brackets_are_those_of_ipv6(text: str, found: str) -> None:
    assert str(names.address_of(text)) == found
