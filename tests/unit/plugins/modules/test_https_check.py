# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.modules.https_check import by_name


@pytest.mark.parametrize(("address", "found"), [("", ["127.0.0.9", ""]), ("127.0.0.1", ["127.0.0.1", "127.0.0.1"])])
def test_names_are_looked_at_where_they_are_served_and_others_not_there(address: str, found: list[str]) -> None:
    expected = by_name(["x.example.org", "y.example.org"], {"x.example.org": ["127.0.0.9"]}, address, port=8443)
    assert [one.address for one in expected.values()] == found
    assert {(*one.taken, one.port) for one in expected.values()} == {("127.0.0.9", 8443)}
