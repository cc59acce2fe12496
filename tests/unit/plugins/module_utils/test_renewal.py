# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import CertificateInfo
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import (
    Action,
    InPlace,
    Wanted,
    decide,
)
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestion

START = datetime(2026, 11, 1, tzinfo=timezone.utc)
WANTED = Wanted("www", ("a.example", "b.example"), "ecdsa-p256", "acme https://ca.example/directory")
LEAF = CertificateInfo(
    names=("b.example", "a.example"),
    subject="",
    issuer="CA",
    serial="1",
    not_before=START,
    not_after=START + timedelta(days=90),
    key_type="ecdsa-p256",
    key_fingerprint="SHA256:0",
    fingerprint="SHA256:1",
    chain_length=2,
    renewal_id="a.b",
)
GOOD = InPlace(LEAF, WANTED.issuer)
NONE = InPlace()


@pytest.mark.parametrize(
    ("current", "day", "reason"),
    [
        (GOOD, 1, ""),
        (GOOD, 59.9, ""),
        (GOOD, 60, "renewal due since 2026-12-31 00:00 UTC"),
        (GOOD, 91, "expired on 2027-01-30"),
        (NONE, 1, "no certificate yet"),
        (replace(GOOD, problem="unreadable"), 1, "unreadable"),
        (replace(GOOD, issuer="acme https://staging.example/directory"), 1, "issuer is acme https://staging.example/directory"),
        (replace(GOOD, issuer=""), 1, "issuer is unknown"),
        (replace(GOOD, certificate=replace(LEAF, key_type="rsa-2048")), 1, "key type is rsa-2048, asked is ecdsa-p256"),
        (replace(GOOD, certificate=replace(LEAF, names=("a.example",))), 1, "names differ: +b.example"),
        (replace(GOOD, certificate=replace(LEAF, names=("a.example", "b.example", "c.example"))), 1, "names differ: -c.example"),
    ],
)
def test_why_it_is_due(current: InPlace, day: float, reason: str) -> None:
    decision = decide(WANTED, current, NONE, START + timedelta(days=day))
    assert decision.reason.startswith(reason)
    assert decision.action is (Action.ISSUE if reason else Action.NOTHING)
    assert decision.issues == bool(reason)


@pytest.mark.parametrize(
    ("current", "day", "note"),
    [
        (GOOD, 59, ""),
        (GOOD, 60, "the certificate in place is valid until 2027-01-30 (30 days left)"),
        (GOOD, 89.5, "the certificate in place is valid until 2027-01-30 (0 days left)"),
        (GOOD, 91, "the certificate in place expired on 2027-01-30"),
        (NONE, 1, ""),
    ],
)
def test_who_gets_it_by_hand_is_told_how_long_there_is(current: InPlace, day: float, note: str) -> None:
    now = START + timedelta(days=day)
    assert decide(replace(WANTED, awaits=True), current, NONE, now).note == note
    assert decide(WANTED, current, NONE, now).note == ""


@pytest.mark.parametrize(
    ("current", "day", "issues"),
    [
        (GOOD, 1, False),
        (GOOD, 89, False),
        (GOOD, 90, True),
        (replace(GOOD, problem="unreadable"), 1, True),
        (replace(GOOD, certificate=replace(LEAF, key_type="rsa-2048")), 1, False),
        (NONE, 1, True),
    ],
)
def test_what_stands_in_never_replaces_a_real_one(current: InPlace, day: float, issues: bool) -> None:
    decision = decide(replace(WANTED, issuer="self_signed", stands_in=True), current, NONE, START + timedelta(days=day))
    assert decision.issues is issues
    assert ("stays" in decision.note) is not issues


def test_a_bought_certificate_may_have_more_names() -> None:
    more = replace(GOOD, certificate=replace(LEAF, names=("a.example", "*.example", "c.example")))
    assert decide(WANTED, more, NONE, START).issues
    assert not decide(replace(WANTED, exact=False), more, NONE, START).issues


def test_a_signed_chain_that_waits_is_not_ordered_again() -> None:
    assert decide(WANTED, NONE, GOOD, START).action is Action.ACTIVATE


@pytest.mark.parametrize(
    ("current", "pending", "requested", "action"),
    [
        (GOOD, NONE, False, Action.NOTHING),
        (GOOD, NONE, True, Action.ISSUE),
        (GOOD, GOOD, False, Action.ACTIVATE),
        (NONE, GOOD, False, Action.ACTIVATE),
        (NONE, NONE, True, Action.ISSUE),
    ],
)
def test_a_request_that_a_person_has_signed_stays_open(current: InPlace, pending: InPlace, requested: bool, action: Action) -> None:
    assert decide(replace(WANTED, awaits=True), current, pending, START, requested=requested).action is action
    if current == GOOD:
        assert decide(WANTED, current, pending, START, requested=requested).action is Action.NOTHING


def test_a_new_key_is_never_one_that_waited_already() -> None:
    assert decide(replace(WANTED, asked="a new key is asked for"), GOOD, GOOD, START).action is Action.ISSUE


def test_a_waiting_chain_that_is_due_itself_is_of_no_use() -> None:
    assert decide(WANTED, NONE, GOOD, START + timedelta(days=70)).action is Action.ISSUE


def test_states_survive_the_way_from_the_host() -> None:
    for state in (GOOD, NONE, replace(NONE, problem="unreadable")):
        assert InPlace.from_dict(state.to_dict()) == state


@pytest.mark.parametrize(
    ("days", "due"),
    [(1, False), (9.9, False), (10, True), (70, True)],
)
def test_the_ca_says_when(days: float, due: bool) -> None:
    suggested = {"a.b": Suggestion(START + timedelta(days=10), "https://ca.example/incident")}
    decision = decide(WANTED, GOOD, NONE, START + timedelta(days=days), suggested=suggested)
    assert decision.issues is due
    assert decision.reason == ("the CA suggests to renew since 2026-11-11 00:00 UTC (https://ca.example/incident)" if due else "")


@pytest.mark.parametrize(("reason", "told"), [("", ""), ("keyCompromise", " (keyCompromise)")])
def test_what_is_revoked_is_due_and_does_not_do_until_it_is_replaced(reason: str, told: str) -> None:
    suggested = {"a.b": Suggestion(START + timedelta(days=19), reason, revoked=True)}
    decision = decide(WANTED, GOOD, NONE, START + timedelta(days=20), suggested=suggested)
    assert decision.reason == f"was revoked on 2026-11-20{told}, as its CA's CRL says"
    assert (decision.action, decision.spare, decision.replaces) == (Action.ISSUE, timedelta(0), "a.b")
    assert not decide(WANTED, GOOD, NONE, START + timedelta(days=20), suggested={"a.c": suggested["a.b"]}).issues


def test_the_ca_may_say_later_than_the_lifetime_does() -> None:
    assert not decide(WANTED, GOOD, NONE, START + timedelta(days=65), suggested={"a.b": Suggestion(START + timedelta(days=70))}).issues


@pytest.mark.parametrize(
    ("wanted", "current", "day", "spare"),
    [
        (WANTED, GOOD, 60, 30),
        (WANTED, GOOD, 89, 1),
        (WANTED, GOOD, 91, 0),
        (WANTED, NONE, 60, 0),
        (replace(WANTED, names=("a.example",)), GOOD, 60, 0),
        (replace(WANTED, asked="a new key is asked for"), GOOD, 1, 0),
    ],
)
def test_how_long_what_is_in_place_does(wanted: Wanted, current: InPlace, day: int, spare: int) -> None:
    assert decide(wanted, current, NONE, START + timedelta(days=day)).spare == timedelta(days=spare)


FALLBACK = "acme https://other.example/directory"
STAGING = "acme https://acme-staging-v02.api.letsencrypt.org/directory"


@pytest.mark.parametrize(("also", "issues"), [((), True), ((FALLBACK,), False)])
def test_what_the_second_ca_signed_does(also: tuple[str, ...], issues: bool) -> None:
    assert decide(replace(WANTED, also=also), replace(GOOD, issuer=FALLBACK), NONE, START).issues is issues


@pytest.mark.parametrize(
    ("current", "day", "issues"),
    [
        (GOOD, 1, False),
        (GOOD, 89, False),
        (GOOD, 90, True),
        (NONE, 1, True),
        (replace(GOOD, issuer="private_ca"), 1, False),
        (replace(GOOD, issuer=""), 1, False),
        (replace(GOOD, issuer="self_signed"), 1, True),
        (replace(GOOD, issuer=STAGING), 1, True),
        (replace(GOOD, problem="unreadable"), 1, True),
    ],
)
def test_a_test_ca_never_replaces_a_real_certificate(current: InPlace, day: int, issues: bool) -> None:
    test = replace(WANTED, issuer="acme https://pebble.example/dir", test=True)
    decision = decide(test, current, NONE, START + timedelta(days=day))
    assert decision.issues is issues
    assert ("is a test CA" in decision.refusal) is not issues
    assert decide(replace(test, test=False), current, NONE, START + timedelta(days=day)).issues
