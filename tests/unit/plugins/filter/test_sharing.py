# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.sharing import left_behind, never_ready, ready_to_take

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


def shows(host: str, fingerprint: str) -> dict[str, Any]:
    """What the module https_check returns of a member; no fingerprint is no handshake."""
    return {"item": host, "sites": [{"name": "www", "certificate": {"fingerprint": fingerprint} if fingerprint else None}]}


LOOK = {"__https_look": {"certificates": [{"name": "www"}]}}


@pytest.mark.parametrize(
    ("shown", "look", "behind"),
    [
        (shows("web2", "new"), LOOK, False),
        (shows("web2", "old"), LOOK, True),
        (shows("web2", ""), LOOK, True),
        ({"item": "web2", "unreachable": True}, LOOK, True),
        ({"item": "web2", "unreachable": True}, {}, True),
        ({"item": "web2", "unreachable": True}, {"__https_look": {"unreachable": True}}, True),
        (shows("web2", ""), {"__https_look": {"certificates": [{"name": "other"}]}}, False),
    ],
)
def test_members_that_serve_on_with_what_was_replaced(shown: dict[str, Any], look: dict[str, Any], behind: bool) -> None:
    groups, hostvars = {"web": ["web1", "web2"]}, {"web1": LOOK, "web2": look}
    found = left_behind([{"name": "www", "shared_by": "web"}], [shows("web1", "new"), shown], "web1", groups, hostvars)
    assert found == ([{"name": "www", "host": "web2"}] if behind else [])


def test_nobody_is_behind_in_check_mode() -> None:
    assert left_behind([{"name": "www", "shared_by": "web"}], [], "web1", {"web": ["web1", "web2"]}, {"web1": LOOK, "web2": LOOK}) == []


def test_a_host_that_shows_nothing_itself_is_behind() -> None:
    found = left_behind([{"name": "www", "shared_by": "web"}], [shows("web1", "")], "web1", {"web": ["web1"]}, {"web1": LOOK})
    assert found == [{"name": "www", "host": "web1"}]
