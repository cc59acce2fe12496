# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _proof
from ansible_collections.encrypt.httpd.plugins.module_utils._proof import Address, worsened


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (200, 200, ""),
        (200, 301, ""),
        (200, 503, ""),  # an application that does not run yet
        (200, 500, "http is answered with status 500"),
        (500, 500, ""),
        (0, 0, ""),
        (301, 0, "http is not answered any more"),
        (0, 500, ""),
    ],
)
def test_what_http_answers_before_and_after(before: int, after: int, expected: str) -> None:
    assert worsened({"x.test": before}, {"x.test": after}).get("x.test", "") == expected


@pytest.mark.parametrize(
    ("address", "name", "found"), [("", "x.test", "127.0.0.9"), ("", "y.test", "not 127.0.0.9"), ("127.0.0.1", "x.test", "127.0.0.1")]
)
def test_each_name_is_asked_for_where_it_is_served(monkeypatch: pytest.MonkeyPatch, address: str, name: str, found: str) -> None:
    monkeypatch.setattr(_proof, "reachable", lambda _port, taken: f"not {' '.join(taken)}")
    assert Address(443, address, places={"x.test": ["127.0.0.9"]}).of(443)(name) == found
