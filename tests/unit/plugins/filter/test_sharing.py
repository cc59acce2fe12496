# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.sharing import never_ready, ready_to_take

SITE = {"names": ["www"], "key_type": "ecdsa-p256", "issuer": "acme"}
TAKEN = {"name": "www", "host": "web1", "present": True, "version": "pending"}
RESULT = {"shared": {"www": SITE}, "staged": [], "refused": {}, "awaited": {}}


@pytest.mark.parametrize(
    ("taken", "result", "ready", "missing"),
    [
        ({}, {**RESULT, "staged": ["www"]}, True, False),
        ({}, {**RESULT, "refused": {"www": "no"}}, False, False),
        ({}, {**RESULT, "awaited": {"www": "buy it"}}, False, False),
        ({}, {"failed": True, "msg": "it broke"}, False, True),
        ({}, {}, False, True),
        ({"version": "current"}, RESULT, True, False),
        ({"present": False}, {}, True, False),
    ],
)
def test_what_another_host_was_to_get(taken: dict[str, Any], result: dict[str, Any], ready: bool, missing: bool) -> None:
    wanted, hostvars = [{**TAKEN, **taken}], {"web1": {"__https_certificates": result} if result else {}}
    found = ready_to_take(wanted, {"www": SITE}, hostvars)
    assert [one["name"] for one in found] == (["www"] if ready else [])
    assert [one["host"] for one in never_ready(wanted, found, hostvars)] == (["web1"] if missing else [])


def test_members_that_describe_a_site_otherwise_are_told() -> None:
    other = {"web1": {"__https_certificates": {**RESULT, "shared": {"www": {**SITE, "key_type": "rsa-2048"}}}}}
    assert [one["unlike"] for one in ready_to_take([TAKEN], {"www": SITE}, other)] == [True]
