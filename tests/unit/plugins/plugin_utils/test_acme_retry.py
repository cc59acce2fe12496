# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a request is made again, without clock and network."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import datetime, timezone

import pytest
import requests
from acme import messages
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import (
    AcmeError,
    AuthorizationError,
    Problem,
    RefusedError,
    TimedOutError,
)
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_failures import retry_after
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_order import Order
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_retry import MAX_ASKED, MAX_ATTEMPTS, asked_pause, wait
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_solvers import Http01

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 12:00:30", 30.0),
        ("Wed, 25 Nov 2026 12:00:30 -0000", 30.0),
        ("Wed, 25 Nov 2026 17:30:30 +0530", 30.0),
        ("Wed, 25 Nov 2026 04:00:30 -0800", 30.0),
        ("Wed, 25 Nov 2026 07:00:30 EST", 30.0),
        ("Wednesday, 25-Nov-26 12:00:30 GMT", 30.0),
        ("Wed Nov 25 12:00:30 2026", 30.0),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0.0),
        ("Thu, 26 Nov 2026 12:00:00 GMT", 86400.0),
        ("99999999999999999999", MAX_ASKED),
        ("9" * 400, MAX_ASKED),
        ("Wed, 25 Nov 9999 12:00:00 GMT", MAX_ASKED),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("2026-11-25T12:00:30Z", None),
        ("Wed, 25 Nov 99999 12:00:30 GMT", None),
        ("Wed, 25 Nov 2026 12:00:30 +9999", None),
        ("Wed, 32 Nov 2026 12:00:30 GMT", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Los_Angeles"])
def test_how_long_a_server_asks_to_wait(monkeypatch: pytest.MonkeyPatch, zone: str, text: str, seconds: float | None) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert asked_pause(text, NOON) == seconds
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_a_date_counts_from_the_date_of_the_answer() -> None:
    answer = requests.Response()
    answer.headers.update({"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT"})
    assert retry_after(answer) == 30.0


@pytest.mark.parametrize(
    ("attempt", "asked", "remaining", "least", "most"),
    [
        (1, None, 60, 0.2, 0.4),
        (2, None, 60, 0.4, 0.8),
        (4, None, 60, 1.6, 3.2),
        (1, 0.0, 60, 0.2, 0.4),
        (1, 30.0, 60, 30.2, 30.4),
        (4, 30.0, 60, 31.6, 33.2),
        (MAX_ATTEMPTS, None, 60, None, None),
        (MAX_ATTEMPTS, 1.0, 60, None, None),
        (1, 60.0, 60, None, None),
        (1, 86400.0, 60, None, None),
        (1, None, 0.1, None, None),
        (1, None, -5, None, None),
    ],
)
def test_the_wait_before_the_next_attempt(
    attempt: int, asked: float | None, remaining: float, least: float | None, most: float | None
) -> None:
    told = [wait(attempt, asked, remaining, jitter) for jitter in (0.0, 0.25, 0.5, 1.0)]
    assert told[0] == (None if least is None else pytest.approx(least))
    assert told[-1] == (None if most is None else pytest.approx(most))
    if least is not None:
        assert told == sorted(told)
        assert len(set(told)) == 4


@pytest.mark.parametrize(("retry_after", "most"), [("0", 40), ("", 40), ("soon", 40), ("30", 5)])
def test_how_often_an_order_is_looked_at(monkeypatch: pytest.MonkeyPatch, retry_after: str, most: int) -> None:
    """Within two minutes, whatever the CA says."""
    clock, looks = [0.0], []
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr(Http01, "pause", lambda _solver, seconds: clock.__setitem__(0, clock[0] + seconds))

    def post(url: str) -> requests.Response:
        looks.append(url)
        answer = requests.Response()
        answer.headers["Retry-After"], answer._content = retry_after, b"{}"
        return answer

    order = Order.__new__(Order)
    order._deadline, order._post, order._solver = 120.0, post, Http01(threading.Event())  # type: ignore[method-assign,assignment]
    with pytest.raises(TimedOutError):
        order._poll("https://ca.example/1", "ready", lambda _found: False)
    assert 4 <= len(looks) <= most


def test_a_refusal_tells_each_next_step_once() -> None:
    parts = tuple(Problem("caa", "forbidden", name) for name in ("a.test", "b.test"))
    assert str(RefusedError("no: ", Problem("compound", "two", "", parts))).splitlines() == [
        "no: two (compound)",
        "- a.test: forbidden (caa)",
        "- b.test: forbidden (caa)",
        "next step: let the CAA record of the domain name this CA",
    ]


NO_FILE = Problem("unauthorized", "404")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (AuthorizationError("a.test", NO_FILE), True),
        (AuthorizationError("a.test", Problem("dns", "none"), replace(NO_FILE, name="b.test")), True),
        (RefusedError("", Problem("compound", "two", "", (replace(NO_FILE, name="b.test"),))), True),
        (RefusedError("the CA refuses the account: ", NO_FILE), False),
        (RefusedError("", NO_FILE), False),
    ],
)
def test_the_next_step_when_another_server_answers_for_a_name(error: RefusedError, shown: bool) -> None:
    assert ("next step: see which server answers for this name" in str(error)) is shown


def test_all_names_that_fail_are_told_with_their_problems() -> None:
    error = AuthorizationError("a.test", NO_FILE, Problem("dns", "none", "b.test"), Problem("dns", "none", "b.test"))
    assert error.names == ("a.test", "b.test")
    assert str(error).splitlines()[:3] == ["the CA could not validate 3 names", "- a.test: 404 (unauthorized)", "- b.test: none (dns)"]


@pytest.mark.parametrize(
    ("outage", "raised", "told"),
    [("c.test", AuthorizationError, "a.test"), ("a.test", TimedOutError, "late"), ("", AuthorizationError, "c.test")],
)
def test_a_ca_that_says_no_more_hides_nothing_that_it_said(outage: str, raised: type[Exception], told: str) -> None:
    names = ("a.test", "b.test", "c.test")

    def await_one(_url: str, name: str) -> Problem | None:
        if name == outage:
            raise TimedOutError("late")
        return None if name == "b.test" else NO_FILE

    order = Order.__new__(Order)
    order._await_authorization = await_one  # type: ignore[method-assign]
    pending = [("", messages.Authorization(identifier=messages.Identifier(typ=messages.IDENTIFIER_FQDN, value=name))) for name in names]
    with pytest.raises(raised, match=told):
        order._await_all(pending)


def test_challenges_of_any_type_are_named() -> None:
    told = {"type": "dns-persist-01", "url": "https://ca.example/1", "status": "pending"}
    body = {"identifier": {"type": "dns", "value": "a.test"}, "challenges": [told, {**told, "type": "dns-01", "token": "A" * 43}]}
    order = Order.__new__(Order)
    order._solver, order._key = Http01(threading.Event()), None
    with pytest.raises(AcmeError, match="a.test: the CA offers no http-01 challenge, only dns-persist-01, dns-01"):
        order._proof(messages.Authorization.from_json(body))
