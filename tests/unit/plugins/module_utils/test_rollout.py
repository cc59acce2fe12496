# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import (
    LONGEST,
    Decision,
    Found,
    Record,
    Step,
    clock_doubt,
    decide,
    held,
    in_words,
    recorded,
    why_wait,
)
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout_options import PACE, ladder

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
PROBE, TEMPORARY, PERMANENT = Step("probe"), Step("temporary"), Step("permanent")


def hsts(max_age: int) -> Step:
    return Step("hsts", max_age)


def proven(step: Step, days: float, *, promised: Optional[datetime] = None, releases: bool = False) -> Found:
    """A step that was verified some days ago, and since then without a failure."""
    return Found(step, releases, Record(step, NOW - days * DAY, promised))


def decided(found: Found, stage: str = "hsts", final: int = LONGEST) -> Decision:
    return decide(ladder(stage, final, PACE), found, NOW)


def test_the_way_goes_step_by_step() -> None:
    steps = ladder("hsts", LONGEST, PACE)
    assert [(step.stage, step.max_age, step.days) for step in steps] == [
        ("probe", 0, 1),
        ("temporary", 0, 3),
        ("permanent", 0, 7),
        ("hsts", 300, 1),
        ("hsts", 86400, 3),
        ("hsts", 604800, 7),
        ("hsts", 2592000, 30),
        ("hsts", 63072000, 0),
    ]
    for step, following in zip(steps, steps[1:]):
        assert decided(proven(step, step.days)) == Decision(
            following, "up", next=next((one for one in steps if one.rank > following.rank), None)
        )
    assert decided(proven(steps[-1], 1000)) == Decision(steps[-1])


@pytest.mark.parametrize(
    ("stage", "final", "last"),
    [
        ("probe", LONGEST, PROBE),
        ("temporary", LONGEST, TEMPORARY),
        ("permanent", LONGEST, PERMANENT),
        ("hsts", 600, hsts(600)),
        ("hsts", 86400, hsts(86400)),
        ("hsts", 60, hsts(60)),
    ],
)
def test_it_ends_where_it_is_said(stage: str, final: int, last: Step) -> None:
    steps = ladder(stage, final, PACE)
    assert steps[-1] == last
    assert len({step.rank for step in steps}) == len(steps)
    assert decided(proven(last, 1000), stage, final) == Decision(last)


@pytest.mark.parametrize(
    ("found", "step", "reason", "at"),
    [
        pytest.param(Found(), PROBE, "it is new", None, id="a new site"),
        pytest.param(
            Found(record=Record(PERMANENT, NOW - 100 * DAY)), PERMANENT, "not verified yet", None, id="it was taken away meanwhile"
        ),
        pytest.param(
            replace(proven(TEMPORARY, 9), problem="expired"), TEMPORARY, "not served as it should be (expired)", None, id="broken right now"
        ),
        pytest.param(Found(PROBE), PROBE, "not verified yet", None, id="nobody has looked, or the record was torn"),
        pytest.param(Found(PERMANENT), PERMANENT, "not verified yet", None, id="a site that had its redirect before"),
        pytest.param(Found(hsts(31536000)), hsts(31536000), "not verified yet", None, id="a site that had HSTS before"),
        pytest.param(
            Found(PERMANENT, record=Record(TEMPORARY, NOW - 9 * DAY)),
            PERMANENT,
            "not verified yet",
            None,
            id="the run died before it looked",
        ),
        pytest.param(
            Found(TEMPORARY, record=Record(PERMANENT, NOW - 9 * DAY)),
            TEMPORARY,
            "not verified yet",
            None,
            id="somebody took it back by hand",
        ),
        pytest.param(proven(TEMPORARY, 2), TEMPORARY, "kept until 2026-11-26 12:00 UTC", NOW + DAY, id="too early"),
        pytest.param(proven(hsts(300), 0.5), hsts(300), "kept until 2026-11-26 00:00 UTC", NOW + DAY / 2, id="half a day"),
        pytest.param(proven(hsts(3600), 0.5), hsts(3600), "kept until 2026-11-26 00:00 UTC", NOW + DAY / 2, id="a step of its own"),
        pytest.param(proven(TEMPORARY, -0.1), TEMPORARY, "the clock of the host went back", None, id="verified in the future"),
        pytest.param(
            Found(TEMPORARY, record=Record(TEMPORARY, None, None, "expired")),
            TEMPORARY,
            "not served as it should be (expired)",
            None,
            id="it broke",
        ),
    ],
)
def test_it_stays(found: Found, step: Step, reason: str, at: Optional[datetime]) -> None:
    decision = decided(found)
    assert (decision.step, decision.moves, decision.at, decision.releases) == (step, "", at, False)
    assert decision.reason.startswith(reason)
    assert decision.next
    assert decision.next.rank > step.rank


@pytest.mark.parametrize(
    ("found", "stage", "final", "step", "promised"),
    [
        pytest.param(proven(TEMPORARY, 1), "probe", LONGEST, PROBE, None, id="from temporary"),
        pytest.param(Found(PERMANENT), "probe", LONGEST, PROBE, None, id="whether it is proven or not"),
        pytest.param(proven(hsts(86400), 1), "permanent", LONGEST, PERMANENT, NOW + DAY, id="as long as browsers may remember"),
        pytest.param(proven(hsts(86400), 1), "probe", LONGEST, PROBE, NOW + DAY, id="as far as one wants at once"),
        pytest.param(Found(hsts(86400)), "temporary", LONGEST, TEMPORARY, NOW + DAY, id="without a record"),
        pytest.param(
            Found(record=Record(hsts(86400), NOW)), "temporary", LONGEST, TEMPORARY, NOW + DAY, id="when it was taken away, from its record"
        ),
        pytest.param(proven(hsts(86400), 1), "hsts", 300, hsts(300), NOW + DAY, id="a shorter promise"),
        pytest.param(
            proven(hsts(300), 1, promised=NOW + 99 * DAY),
            "permanent",
            LONGEST,
            PERMANENT,
            NOW + 99 * DAY,
            id="a longer one was made before",
        ),
        pytest.param(proven(hsts(86400), 1, promised=NOW - DAY), "permanent", LONGEST, PERMANENT, NOW + DAY, id="or a shorter one"),
    ],
)
def test_it_goes_back(found: Found, stage: str, final: int, step: Step, promised: Optional[datetime]) -> None:
    decision = decided(found, stage, final)
    assert (decision.step, decision.moves, decision.promised) == (step, "down", promised)
    assert decision.releases is (promised is not None and step.stage != "hsts")


@pytest.mark.parametrize(
    ("found", "promised"),
    [
        pytest.param(proven(PERMANENT, 1, promised=NOW + DAY, releases=True), NOW + DAY, id="until the promise has run out"),
        pytest.param(proven(PERMANENT, 1, promised=NOW - DAY, releases=True), None, id="no longer"),
        pytest.param(proven(PERMANENT, 1, promised=NOW, releases=True), None, id="to the second"),
        pytest.param(Found(PERMANENT, record=Record(hsts(300), NOW - DAY)), NOW + timedelta(seconds=300), id="taken away by hand"),
        pytest.param(Found(PERMANENT, True), NOW + timedelta(seconds=LONGEST), id="nobody knows what was promised"),
        pytest.param(
            Found(PERMANENT, True, Record(hsts(86400), NOW - DAY)), NOW + DAY, id="the run died on its way back, before it recorded that"
        ),
        pytest.param(proven(PERMANENT, 1), None, id="nothing was promised"),
    ],
)
def test_browsers_are_made_to_forget(found: Found, promised: Optional[datetime]) -> None:
    decision = decided(found, "permanent")
    assert (decision.step, decision.moves, decision.promised, decision.releases) == (PERMANENT, "", promised, promised is not None)


def test_who_changes_his_mind_again_promises_anew() -> None:
    decision = decided(proven(PERMANENT, 8, promised=NOW + 99 * DAY, releases=True))
    assert (decision.step, decision.releases, decision.promised) == (hsts(300), False, NOW + 99 * DAY)


def test_what_is_not_served_right_is_held() -> None:
    found = proven(PROBE, 1)
    decision = held(decided(found), found, "expired")
    assert (decision.step, decision.moves, decision.reason, decision.next, decision.at) == (PROBE, "", "expired", TEMPORARY, None)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, ""),
        ({"web2": proven(TEMPORARY, 0)}, ""),
        ({"web2": proven(hsts(300), 0)}, ""),
        ({"web2": Found()}, ""),
        ({"web2": None}, "web2 could not be asked"),
        ({"web2": proven(PROBE, 100)}, "web2 is at probe"),
        ({"web2": Found(TEMPORARY)}, "web2 is at temporary: not verified yet"),
        (
            {"web2": Found(hsts(300), record=Record(hsts(300), problem="expired"))},
            "web2 is at hsts (5 minutes): not served as it should be (expired)",
        ),
        ({"web2": proven(PERMANENT, 0), "web3": None}, "web3 could not be asked"),
        ({"web2": replace(proven(TEMPORARY, 9), problem="expired")}, "web2 is at temporary: not served as it should be (expired)"),
    ],
)
def test_hosts_that_share_a_site_wait_for_each_other(members: dict[str, Optional[Found]], told: str) -> None:
    assert why_wait(proven(TEMPORARY, 4), members) == told


SINCE = NOW - 2 * DAY


@pytest.mark.parametrize(
    ("before", "problem", "after"),
    [
        pytest.param(None, "", Record(TEMPORARY, NOW), id="the first time"),
        pytest.param(None, "expired", Record(TEMPORARY, problem="expired"), id="wrong from the beginning"),
        pytest.param(Record(TEMPORARY, SINCE), "", Record(TEMPORARY, SINCE), id="nothing to be written"),
        pytest.param(Record(TEMPORARY, SINCE), "expired", Record(TEMPORARY, problem="expired"), id="it broke"),
        pytest.param(Record(TEMPORARY, problem="expired"), "", Record(TEMPORARY, NOW), id="mended: its days begin anew"),
        pytest.param(Record(PROBE, SINCE), "", Record(TEMPORARY, NOW), id="another step"),
        pytest.param(Record(TEMPORARY, NOW + DAY), "", Record(TEMPORARY, NOW), id="the clock went back: anew, too"),
    ],
)
def test_what_is_recorded(before: Optional[Record], problem: str, after: Record) -> None:
    assert recorded(TEMPORARY, problem, None, before, NOW) == after


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (None, ""),
        (NOW, ""),
        (NOW + timedelta(minutes=59), ""),
        (NOW - timedelta(minutes=59), ""),
        (NOW - 31 * DAY, "the clock of the host says 2026-11-25 12:00 UTC, and that of the controller 2026-10-25 12:00"),
        (NOW + timedelta(minutes=61), "the clock of the host says 2026-11-25 12:00 UTC, and that of the controller 2026-11-25 13:01"),
    ],
)
def test_a_clock_that_another_one_contradicts(other: Optional[datetime], told: str) -> None:
    assert clock_doubt(NOW, other) == told


@pytest.mark.parametrize("wrong", [{"probe": -1}, {"hsts": [{"max_age": 0, "days": 1}]}, {"hsts": [{"max_age": 9**9, "days": -1}]}])
def test_a_pace_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"https_rollout_pace: {next(iter(wrong))}: days count from 0 on"):
        ladder("probe", LONGEST, {**PACE, **wrong})


def test_no_days_are_one_step_for_each_run() -> None:
    steps = ladder("hsts", LONGEST, {"probe": 0, "temporary": 0, "permanent": 0, "hsts": []})
    assert [step.text for step in steps] == ["probe", "temporary", "permanent", "hsts (730 days)"]
    assert decide(steps, proven(PROBE, 0), NOW).step == TEMPORARY


@pytest.mark.parametrize(
    ("seconds", "text"), [(300, "5 minutes"), (3600, "1 hour"), (86400, "1 day"), (90, "90 seconds"), (LONGEST, "730 days")]
)
def test_times_in_words(seconds: int, text: str) -> None:
    assert in_words(seconds) == text


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (Decision(TEMPORARY, "up"), "goes on to temporary"),
        (Decision(PERMANENT, "down"), "goes back to permanent"),
        (Decision(PROBE), "is at probe, as it shall be"),
        (Decision(PROBE, reason="not verified yet", next=TEMPORARY), "is at probe, not verified yet; next is temporary"),
    ],
)
def test_a_decision_in_words(decision: Decision, text: str) -> None:
    assert decision.text == text
