# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles, as a real Pebble offers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import describe, load_chain
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace, Wanted, why_due
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import AcmeError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_order import Order
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_profiles import check_offered
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused

from .conftest import Server
from .test_acme import ready, requests_for

pytestmark = pytest.mark.pebble

PROFILES = {
    "classic": {"description": "The usual one", "validityPeriod": 90 * 86400},
    "shortlived": {"description": "Six days", "validityPeriod": 6 * 86400},
}


@pytest.mark.parametrize(("profile", "days"), [("classic", 90), ("shortlived", 6)])
def test_the_profile_that_is_named_is_taken(start_pebble: Callable[..., Server], tmp_path: Path, profile: str, days: int) -> None:
    settings = replace(ready(start_pebble(configuration={"profiles": PROFILES}), tmp_path), profile=profile)
    for _time in range(4):  # Pebble picks one by chance when none is named
        (issued,) = issue(settings, requests_for("www.example"))
        assert isinstance(issued, Issued), issued
        found = describe(load_chain(issued.chain.encode(), "www"))
        assert abs(found.not_after - found.not_before - timedelta(days=days)) < timedelta(minutes=1)


def test_what_lives_for_days_is_due_at_half(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = replace(ready(start_pebble(configuration={"profiles": PROFILES}), tmp_path), profile="shortlived")
    (issued,) = issue(settings, requests_for("www.example"))
    assert isinstance(issued, Issued)
    place = InPlace(describe(load_chain(issued.chain.encode(), "www")), "acme")
    wanted = Wanted("www.example", ("www.example",), "ecdsa-p256", "acme")
    assert place.certificate
    begin = place.certificate.not_before
    assert why_due(wanted, place, begin + timedelta(days=2.9)) == ""
    assert why_due(wanted, place, begin + timedelta(days=3.1)).startswith("renewal due")


def test_a_profile_that_is_not_offered_is_refused_before_any_order(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(ready(start_pebble(configuration={"profiles": PROFILES}), tmp_path), profile="tlsserver")
    monkeypatch.setattr(Order, "fulfil", None)
    with pytest.raises(AcmeError, match="offers no 'tlsserver', but classic: The usual one; shortlived: Six days"):
        issue(settings, requests_for("www.example"))


@pytest.mark.parametrize("meta", [{}, {"meta": {}}, {"meta": {"profiles": {}}}])
def test_a_ca_without_profiles(meta: dict[str, Any]) -> None:
    directory = messages.Directory.from_json(dict(meta))
    check_offered(directory, "", "https://ca.example")
    with pytest.raises(AcmeError, match="offers no 'classic', nor any other; leave out profile .*https_acme_profile"):
        check_offered(directory, "classic", "https://ca.example")


@pytest.mark.parametrize("taken", ["classic", None])
def test_another_profile_than_was_asked_for_is_refused(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str | None
) -> None:
    settings = replace(ready(start_pebble(configuration={"profiles": PROFILES}), tmp_path), profile="shortlived")
    from_json = messages.Order.from_json
    monkeypatch.setattr(messages.Order, "from_json", lambda found: from_json({**found, "profile": taken}))
    finalized: list[object] = []
    monkeypatch.setattr(client.ClientV2, "begin_finalization", lambda _acme, order: finalized.append(order))
    (refused,) = issue(settings, requests_for("www.example"))
    assert isinstance(refused, Refused)
    assert f"'shortlived' was asked for, and the CA took '{taken or 'none'}' for the order" in refused.reason
    assert not finalized
