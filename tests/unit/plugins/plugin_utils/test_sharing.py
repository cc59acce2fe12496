# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace
from ansible_collections.encrypt.httpd.plugins.plugin_utils._sharing import Found, Member, Source, awaited, members_of, share, source_of

from ..module_utils.test_renewal import LEAF, START, WANTED

NOW = START + timedelta(days=1)
NONE = InPlace()
GOOD = InPlace(LEAF, WANTED.issuer)
LONGER = InPlace(replace(LEAF, not_after=LEAF.not_after + timedelta(seconds=1), fingerprint="SHA256:2"), WANTED.issuer)
DUE = InPlace(replace(LEAF, not_after=START + timedelta(days=1, hours=1)), WANTED.issuer)
FOREIGN = InPlace(replace(LEAF, not_after=LEAF.not_after + timedelta(days=300)), "purchased")
BROKEN = InPlace(problem="cannot be read")

HAS = {
    "nothing": Found(NONE, NONE, False),
    "good": Found(GOOD, NONE, False),
    "longer": Found(LONGER, NONE, False),
    "due": Found(DUE, NONE, False),
    "due, waiting": Found(DUE, GOOD, False),
    "waiting": Found(NONE, GOOD, False),
    "waiting longer": Found(NONE, LONGER, False),
    "foreign": Found(FOREIGN, NONE, False),
    "broken": Found(BROKEN, NONE, False),
    "requested": Found(NONE, NONE, True),
    "due, requested": Found(DUE, NONE, True),
}
BOUGHT = replace(WANTED, awaits=True)


def team(*haves: str) -> list[Member]:
    """Members a, b, c …; one in brackets does not take part, and one without the site says so."""
    return [
        Member(name, not have.startswith("("), {} if have == "no such site" else {WANTED.name: HAS[have.strip("()")]})
        for name, have in zip("abcdef", haves, strict=False)
    ]


@pytest.mark.parametrize(
    ("haves", "host", "version"),
    [
        (["nothing", "nothing"], "a", "pending"),
        (["nothing", "good"], "b", "current"),
        (["good", "good"], "a", "current"),
        (["good", "longer", "longer"], "b", "current"),
        (["due", "due"], "a", "pending"),
        (["due", "good"], "b", "current"),
        (["due", "due, waiting"], "b", "pending"),
        (["waiting", "waiting longer"], "b", "pending"),
        (["good", "waiting longer"], "a", "current"),
        (["foreign", "nothing"], "a", "pending"),
        (["foreign", "good"], "b", "current"),
        (["broken", "nothing"], "a", "pending"),
        (["nothing", "requested"], "b", "pending"),
        (["(nothing)", "nothing"], "b", "pending"),
        (["(requested)", "nothing"], "b", "pending"),
        (["(good)", "nothing"], "a", "current"),
        (["nothing", "(waiting)"], "b", "pending"),
        (["no such site", "nothing", "nothing"], "b", "pending"),
        (["no such site", "nothing", "requested"], "c", "pending"),
    ],
)
def test_whose_certificate_all_serve(haves: list[str], host: str, version: str) -> None:
    members = team(*haves)
    present = next(one.present for one in members if one.host == host)
    assert source_of(WANTED, members, NOW) == Source(WANTED.name, host, present, version)


@pytest.mark.parametrize(
    ("haves", "host", "version"),
    [
        (["(requested)", "nothing"], "a", "requested"),
        (["(due, requested)", "due"], "a", "requested"),
        (["(requested)", "nothing", "requested"], "c", "pending"),
        (["(requested)", "good"], "b", "current"),
        (["(nothing)", "nothing"], "b", "pending"),
    ],
)
def test_what_a_person_was_asked_for_is_waited_for(haves: list[str], host: str, version: str) -> None:
    members = team(*haves)
    found = source_of(BOUGHT, members, NOW)
    assert (found.host, found.version) == (host, version)


def test_who_waits_for_a_request_of_another_host_gets_nothing_itself() -> None:
    own, taken = share([BOUGHT], {WANTED.name: team("(requested)", "nothing")}, "b", NOW)
    assert own == []
    assert awaited(taken) == {
        WANTED.name: "a has requested it already and is given what the CA signs; run this for a, too",
    }
    assert awaited([Source(WANTED.name, "a", True, "pending")]) == {}


@pytest.mark.parametrize("haves", [["nothing", "nothing", "good"], ["nothing", "nothing"], ["due", "waiting", "broken"]])
def test_one_gets_it_and_the_others_take_it(haves: list[str]) -> None:
    members = team(*haves)
    outcome = {one.host: share([WANTED], {WANTED.name: members}, one.host, NOW) for one in members}
    assert len([host for host, (own, _taken) in outcome.items() if own]) == 1
    sources = {one.host for _own, taken in outcome.values() for one in taken}
    assert sources == {host for host, (own, _taken) in outcome.items() if own}


def test_who_has_it_already_takes_nothing() -> None:
    members = team("good", "good", "longer")
    assert share([WANTED], {WANTED.name: members[:2]}, "b", NOW) == ([], [])
    assert share([WANTED], {WANTED.name: members}, "b", NOW) == ([], [Source(WANTED.name, "c", True, "current")])


def test_new_keys_for_all_come_from_one() -> None:
    members, wanted = team("good", "good"), replace(WANTED, asked="a new key is asked for")
    assert share([wanted], {WANTED.name: members}, "a", NOW) == ([wanted], [])
    assert share([wanted], {WANTED.name: members}, "b", NOW) == ([], [Source(WANTED.name, "a", True, "pending")])


def test_what_is_not_shared_stays_with_the_host() -> None:
    assert share([WANTED], {}, "b", NOW) == ([WANTED], [])


def test_members_come_in_the_order_of_the_group() -> None:
    a, b, c = team("good", "good", "good")
    assert members_of("web", {"web": ["c", "a", "gone"]}, [a, b, c], "a", "www") == [c, a]
    with pytest.raises(Error, match="certificate 'www': shared_by: b is no member of a group 'web' of the inventory"):
        members_of("web", {"web": ["c", "a"]}, [a, b, c], "b", "www")
    with pytest.raises(Error, match="is no member of a group 'typo'"):
        members_of("typo", {"web": ["c", "a"]}, [a, b, c], "b", "www")
