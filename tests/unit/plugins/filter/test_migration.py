# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.encrypt.httpd.plugins.filter.migration import migration_report, migration_text

ONE = {
    "name": "a.example",
    "file": "/f",
    "line": 3,
    "reason": "",
    "names": ["a.example", "b.example"],
    "notes": [],
    "dropped": ["X: y"],
    "distrust": "",
    "reach": [],
}
REFUSED = {**ONE, "name": "c.example", "action": "refused", "reason": "it loops", "names": [], "notes": ["n"], "dropped": []}
PLAN = {"installed": True, "problem": "", "migrated": [], "virtual_hosts": [{**ONE, "action": "take"}, REFUSED]}


def report(planned: dict[str, Any] | None) -> list[dict[str, Any]]:
    return migration_report(["web1"], {"web1": {"__https_migration": planned}})


def test_each_virtual_host_has_a_row_and_only_what_is_refused_is_a_problem() -> None:
    taken, refused = report(PLAN)
    assert (taken["site"], taken["what"], taken["at"], taken["problem"]) == ("a.example", "comes to https", "/f:3", "")
    assert (refused["site"], refused["what"], refused["problem"]) == ("c.example", "not yet", "it loops")
    assert list(taken) == list(refused)
    assert report({**PLAN, "migrated": ["a.example"]})[0]["what"] == "came to https"


def test_https_that_clients_would_not_trust_is_a_problem() -> None:
    there = {**ONE, "action": "https", "names": [], "dropped": [], "reason": "it speaks TLS"}
    (fine,) = report({**PLAN, "virtual_hosts": [there]})
    (expired,) = report({**PLAN, "virtual_hosts": [{**there, "distrust": "it has expired"}]})
    assert (fine["what"], fine["problem"], expired["what"]) == ("has https", "", "has https")
    assert expired["problem"] == "it has expired; where clients see that, too, mend it, or have the site in https_sites with replace: true"


def test_a_site_whose_origin_is_gone_is_told() -> None:
    *_others, lost = report({**PLAN, "migrated": ["a.example", "c.example"]})
    assert (lost["site"], lost["what"]) == ("c.example", "came to https")
    assert lost["problem"].startswith("what it was taken from cannot be taken over any more")


def test_a_name_to_be_left_out_that_no_host_has_is_told() -> None:
    plans = [{**PLAN, "exclude": {"a.example": True, "typo.example": False}}, {**PLAN, "exclude": {"a.example": False}}, {}]
    rows = migration_report("123", {str(number): {"__https_migration": one} for number, one in enumerate(plans, 1)})
    assert [row["problem"] for row in rows if row["host"] == "all of these hosts"] == [
        "migrate_exclude has typo.example, a name that no virtual host here has"
    ]


def test_what_a_ca_sees_is_told_in_short() -> None:
    probes = {"a.example": "another", "b.example": "answered", "c.example": "answered", "d.example": "unasked"}
    reach = [{"name": name, "addresses": [], "probe": probe, "told": "do this"} for name, probe in probes.items()]
    (row,) = report({**PLAN, "virtual_hosts": [{**ONE, "action": "take", "dropped": [], "reach": reach}]})
    seen = "b.example c.example: answered here; a.example: another server answers; d.example: could not be asked from here"
    assert row["reach"] == seen
    assert migration_text([row])[2:] == [f"    asked as by a CA: {seen}"]


def test_a_host_that_cannot_be_looked_at_is_told() -> None:
    assert report(None)[0]["problem"] == "it could not be looked at"
    assert report({"failed": True, "msg": "no python"})[0]["problem"] == "no python"
    assert report({**PLAN, "problem": "broken", "virtual_hosts": []})[0]["problem"] == "broken"
    assert report({**PLAN, "installed": False, "virtual_hosts": []})[0]["why"] == "there is no httpd"


def test_the_report_for_people() -> None:
    assert migration_text([*report(PLAN), *migration_report(["web2"], {"web2": {}})]) == [
        "web1:",
        "  a.example b.example (/f:3): comes to https",
        "    over https, other than before: X: y",
        "  c.example (/f:3): not yet",
        "    it loops",
        "web2:",
        "    it could not be looked at",
    ]
