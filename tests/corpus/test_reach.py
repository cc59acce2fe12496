# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan asks for names as a CA does, on a configuration of the corpus with a real httpd: before a site is taken over, and after."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _reach, _reach_probe
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_step import Step
from ansible_collections.encrypt.httpd.tests.corpus import runner
from ansible_collections.encrypt.httpd.tests.corpus.runner import Case
from ansible_collections.encrypt.httpd.tests.corpus.test_corpus import CASES, SERVED, THUMBPRINT, by_name, carry_out
from ansible_collections.encrypt.httpd.tests.corpus.test_corpus import planned as asked_for_nothing

OURS, AWAY = "192.0.2.7", "198.51.100.7"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gets a private view of the machine"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@contextlib.contextmanager
def known(names: dict[str, list[str]]) -> Iterator[None]:
    """Have DNS know names; a view has all addresses, so that which are of this host has to be said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_reach, "_LOOPBACK", ("none",))
        patch.setattr(_reach_probe, "_addresses", lambda name: names.get(name, []))
        patch.setattr(_reach_probe, "is_ours", lambda address: address != AWAY)
        yield


def planned(**more: Any) -> list[Step]:
    return asked_for_nothing(**{"resolve": True, **more})


def seen(steps: list[Step]) -> dict[str, str]:
    return {one.name: one.probe for step in steps for one in step.reach}


@by_name(SERVED)
def test_all_that_is_taken_over_answers_where_it_is_served(case: Case, tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        steps = planned(resolve=False)
        places = {name: step.bodies["addresses"] for step in steps for name in step.names if not name.startswith("*.")}
        with runner.serving(), known({name: [_reach_probe._address(place) or OURS for place in found] for name, found in places.items()}):
            return {"seen": seen(planned()), "names": list(places)}

    told = case.run(work, tmp_path)
    assert told["seen"] == dict.fromkeys(told["names"], "answered")


@by_name([case for case in CASES if case.name == "wordpress"])
def test_what_a_ca_sees_before_and_after(case: Case, tmp_path: Path) -> None:
    first, second = "blog.example.org", "www.blog.example.org"

    def work() -> dict[str, Any]:
        with known({first: [OURS], second: [AWAY]}):  # the second to what is in front, which passes on
            stopped = planned()
            with runner.serving():
                before = planned()
            carry_out(before)
            with runner.serving():
                after = planned()
                heard = _reach_probe._ask(first, OURS, "token", 80)
        with runner.serving(), known({first: [OURS]}):
            later = planned()
        return {"seen": [seen(steps) for steps in (stopped, before, after, later)], "heard": str(heard), "later": later[-1].to_dict()}

    told = case.run(work, tmp_path)
    assert f"token.{THUMBPRINT}" in told["heard"]
    assert told["seen"] == [
        {first: one, second: other} for one, other in (("stopped",) * 2, *[("answered",) * 2] * 2, ("answered", "unresolved"))
    ]
    assert told["later"]["names"] == [first, second]
    assert told["later"]["notes"] == [f"{second}: it has no address in DNS, and so cannot be proven to a CA"]
