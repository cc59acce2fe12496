# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.rollout import fleet_report, staged, text_table
from ansible_collections.encrypt.httpd.plugins.filter.sites import sites, sites_problem
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Decision, Found, Record, Step

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
DEFAULTS = {"redirect_http": "permanent", "hsts": 0, "key_type": "ecdsa-p256", "issuer": "acme", "shared_by": "", "replace": False}
SITE = {"name": "www.example.org", "root": "/srv"}
PROBE, TEMPORARY = Step("probe"), Step("temporary")
GROUPS = {"web": ["web1", "web2", "web3"]}


def look(found: Found, decision: Decision | None = None) -> dict[str, Any]:
    return {"name": "www.example.org", **state.tell(found), "decision": state.tell_decision(decision) if decision else None}


PROVEN = look(Found(PROBE, record=Record(PROBE, NOW)), Decision(TEMPORARY, "up"))


def test_until_the_host_has_told_nothing_leads_to_https() -> None:
    given = sites([{**SITE, "rollout": "hsts"}], {**DEFAULTS, "hsts": 600})
    (site,) = staged(given, [], [], {}, {})
    assert (site["redirect_http"], site["hsts"], site["hsts_ends"]) == (0, 0, False)
    assert site["staged"] == {"name": "www.example.org", "names": ["www.example.org"], "stage": "hsts", "hsts": 600, "shared": False}


@pytest.mark.parametrize(
    ("decision", "written", "promised"),
    [
        (Decision(PROBE), (0, 0, False), ""),
        (Decision(TEMPORARY, "up"), (302, 0, False), ""),
        (Decision(Step("hsts", 300), "up"), (301, 300, False), ""),
        (Decision(Step("permanent"), "down", promised=NOW), (301, 0, True), "2026-11-25T12:00:00+00:00"),
    ],
)
def test_a_site_is_written_at_its_step(decision: Decision, written: tuple[int, int, bool], promised: str) -> None:
    (site,) = staged(sites([{**SITE, "rollout": "hsts"}], DEFAULTS), [look(Found(), decision)], [], {}, {})
    assert (site["redirect_http"], site["hsts"], site["hsts_ends"]) == written
    assert site["step"] == {
        **site["served"],
        "stage": decision.step.stage,
        "max_age": decision.step.max_age,
        "promised": promised,
        "releases": written[2],
    }


def test_a_site_without_a_rollout_is_as_before() -> None:
    given = sites([SITE], {**DEFAULTS, "hsts": 600})
    assert staged(given, [PROVEN], [], {}, {}) == given
    assert (given[0]["redirect_http"], given[0]["hsts"]) == (301, 600)


@pytest.mark.parametrize(
    ("web2", "web3", "redirect", "told"),
    [
        ([PROVEN], {"sites": [PROVEN]}, 302, "goes on to temporary"),
        ([PROVEN], {"sites": []}, 302, "goes on to temporary"),
        ([PROVEN], {"sites": [look(Found())]}, 302, "goes on to temporary"),
        ([look(Found(PROBE))], {"sites": [PROVEN]}, 0, "is at probe, waits, as web2 is at probe: not verified yet; next is temporary"),
        ([PROVEN], {"sites": [look(Found(PROBE))]}, 0, "is at probe, waits, as web3 is at probe: not verified yet; next is temporary"),
        (
            [look(Found(PROBE, record=Record(PROBE, NOW), problem="expired"), Decision(TEMPORARY, "up"))],
            {"sites": [PROVEN]},
            0,
            "is at probe, waits, as web2 is at probe: not served as it should be (expired); next is temporary",
        ),
        ([PROVEN], {"unreachable": True}, 0, "is at probe, waits, as web3 could not be asked; next is temporary"),
        (None, {"sites": [PROVEN]}, 0, "is at probe, waits, as web2 could not be asked; next is temporary"),
    ],
)
def test_hosts_that_share_a_site_wait_for_each_other(web2: Any, web3: dict[str, Any], redirect: int, told: str) -> None:
    hostvars: dict[str, Any] = {
        "web1": {"__https_stages": {"sites": [PROVEN]}},
        "web2": {"__https_stages": {"sites": web2}} if web2 else {},
    }
    given = sites([{**SITE, "rollout": "hsts", "shared_by": "web"}], DEFAULTS)
    (site,) = staged(given, [PROVEN], [{"item": "web3", **web3}], {**hostvars, "web3": {}}, GROUPS)
    assert (site["redirect_http"], site["told"]) == (redirect, f"www.example.org: {told}")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"rollout": "hsts", "redirect_http": "none"},
            "site 'www.example.org': redirect_http contradicts rollout: hsts, which sets it; leave it out",
        ),
        ({"rollout": "probe", "hsts": 300}, "site 'www.example.org': hsts contradicts rollout: probe"),
        (
            {"rollout": "hsts", "extra": 'Header set strict-transport-security "max-age=5"'},
            "Strict-Transport-Security in extra contradicts",
        ),
        ({"rollout": "further"}, "rollout: 'further' is not allowed; allowed are probe, temporary, permanent, hsts"),
    ],
)
def test_contradictions_are_refused(given: dict[str, Any], told: str) -> None:
    assert told in sites_problem([{**SITE, **given}], DEFAULTS)


def test_a_site_can_stay_out_of_the_rollout_of_all_others() -> None:
    defaults = {**DEFAULTS, "rollout": "temporary"}
    assert "hsts contradicts rollout: temporary" in sites_problem([{**SITE, "hsts": 300}], defaults)
    (site,) = sites([{**SITE, "hsts": 300, "rollout": ""}], defaults)
    assert (site["redirect_http"], site["hsts"], site["rollout"]) == (301, 300, "")


CERTIFICATE = {"issuer": "R11", "not_after": "2100-01-01T00:00:00+00:00"}


def test_the_report_of_a_fleet() -> None:
    waits = Decision(PROBE, reason="kept until 2026-11-26 12:00 UTC", next=TEMPORARY, at=NOW)
    broken = look(
        Found(TEMPORARY, record=Record(TEMPORARY, problem="expired")), Decision(TEMPORARY, reason="expired", next=Step("permanent"))
    )
    hostvars = {
        "web1": {
            "__https_inspected": {
                "sites": [
                    {**look(Found(PROBE), waits), "name": "a.example"},
                    {**PROVEN, "name": "b.example"},
                    {**broken, "name": "c.example"},
                    {**look(Found(Step("permanent"), True)), "name": "d.example"},
                    {**look(Found()), "name": "e.example"},
                ]
            },
            "__https_viewed": {
                "sites": [
                    {"name": "a.example", "certificate": CERTIFICATE, "problems": []},
                    {"name": "b.example", "certificate": None, "problems": ["no handshake"]},
                ]
            },
        },
        "web2": {},
        "web3": {"__https_inspected": {"failed": True, "msg": "no python"}},
    }
    rows = fleet_report(["web1", "web2", "web3"], hostvars)
    assert rows[0].pop("days_left") > 365
    assert [" | ".join(map(str, row.values())) for row in rows] == [
        "web1 | a.example | R11 | probe | temporary | 2026-11-25 12:00 | ",
        "web1 | b.example |  |  | probe | temporary | with the next run | no handshake",
        "web1 | c.example |  |  | temporary | permanent | expired | at the last run: expired",
        "web1 | d.example |  |  | permanent, max-age=0 |  |  | ",
        "web1 | e.example |  |  |  |  |  | not served yet",
        "web2 |  |  |  |  |  |  | it could not be looked at",
        "web3 |  |  |  |  |  |  | no python",
    ]


def test_a_table_is_as_wide_as_it_has_to_be() -> None:
    rows = [{"host": "web1", "days_left": 5}, {"host": "a-long-name", "days_left": ""}]
    assert text_table(rows) == ["HOST         DAYS LEFT", "web1         5", "a-long-name"]
    assert text_table([]) == ["There is nothing to report."]
