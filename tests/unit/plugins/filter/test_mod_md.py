# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.mod_md import unfinished

SITE = {"name": "www.test", "names": ["www.test", "test"]}


@pytest.mark.parametrize(
    ("certificates", "missing"),
    [
        ([], ["mod_md has no certificate"]),
        ([["www.test"]], ["mod_md has no certificate for test"]),
        ([["test", "www.test"]], []),
        ([["test", "www.test", "former.test"]], []),
        ([["test", "www.test"], ["test"]], ["mod_md has no certificate for www.test"]),
    ],
)
def test_what_mod_md_still_has_to_do(certificates: list[list[str]], missing: list[str]) -> None:
    domain = {"name": "www.test", "certificates": [{"names": names, "key_fingerprint": "1"} for names in certificates]}
    assert [one["missing"] for one in unfinished([domain], [SITE])] == missing


def test_what_clients_are_shown_counts_once_the_certificates_are_there() -> None:
    seen = [{"name": "test", "problems": ["the certificate is for other.test"]}, {"name": "www.test", "problems": []}]
    there = {"name": "www.test", "certificates": [{"names": ["www.test", "test"], "key_fingerprint": "1"}]}
    found = unfinished([there], [SITE], seen)
    assert [one["missing"] for one in found] == ["clients are not shown what mod_md has (test: the certificate is for other.test)"]
    assert unfinished([there], [SITE], seen[1:]) == []
    assert unfinished([{**there, "certificates": []}], [SITE], seen)[0]["missing"] == "mod_md has no certificate"


@pytest.mark.parametrize(
    ("before", "now", "missing"),
    [
        (["1"], ["1"], ["mod_md has no new key"]),
        (["1"], ["2"], []),
        (["1", "2"], ["3", "2"], ["mod_md has no new key"]),
        ([], ["1"], []),
    ],
)
def test_new_keys_are_others_than_before(before: list[str], now: list[str], missing: list[str]) -> None:
    former, domain = ({"name": "www.test", "certificates": [{**SITE, "key_fingerprint": key} for key in keys]} for keys in (before, now))
    assert [one["missing"] for one in unfinished([domain], [SITE], [], [former])] == missing


def test_domains_of_no_site_do_not_count() -> None:
    assert unfinished([{"name": "former.test", "certificates": []}], [SITE]) == []


def test_what_is_told_of_a_domain_stays() -> None:
    assert unfinished([{"name": "www.test", "certificates": [], "problem": "refused"}], [SITE])[0]["problem"] == "refused"
