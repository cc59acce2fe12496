# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Decision, Found, Record, Step

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
RECORDS = {
    "www.example.org": Record(Step("hsts", 300), NOW, NOW),
    "2001:db8::7": Record(Step("probe"), problem="expired"),
}
ENTRY = {"stage": "probe", "max_age": 0, "verified": "2026-11-25T12:00:00+00:00", "promised": "", "problem": ""}


def test_a_record_is_private_and_read_as_it_was_written(tmp_path: Path) -> None:
    state.write_records(str(tmp_path), RECORDS)
    path = Path(state.state_file(str(tmp_path)))
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]
    assert state.read_records(str(tmp_path)) == RECORDS
    assert path.read_text() == state.as_text(RECORDS)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (None, []),
        ("", []),
        ('{"a.example": {"stage": "pro', []),
        ("[]", []),
        ("\udc80", []),
        (json.dumps({"a.example": ENTRY, "b.example": 1}), ["a.example"]),
        (json.dumps({"a.example": ENTRY, "b.example": {}}), ["a.example"]),
        *(
            (json.dumps({"a.example": ENTRY, "b.example": {**ENTRY, **wrong}}), ["a.example"])
            for wrong in (
                {"stage": "further"},
                {"max_age": "long"},
                {"max_age": None},
                {"verified": "yesterday"},
                {"verified": "2026-11-25T12:00:00"},
                {"verified": 5},
                {"verified": ""},
                {"promised": ["later"]},
                {"problem": "verified, and wrong at once"},
            )
        ),
    ],
)
def test_what_is_damaged_was_not_proven(tmp_path: Path, text: str | None, left: list[str]) -> None:
    if text is not None:
        path = Path(state.state_file(str(tmp_path)))
        path.parent.mkdir()
        path.write_bytes(text.encode(errors="surrogateescape"))
    assert list(state.read_records(str(tmp_path))) == left


@pytest.mark.parametrize(
    "found",
    [
        Found(),
        Found(Step("permanent"), True),
        Found(Step("probe"), problem="no handshake"),
        *(Found(one.step, False, one) for one in RECORDS.values()),
    ],
)
def test_what_modules_return_can_be_read_again(found: Found) -> None:
    assert state.hear(json.loads(json.dumps(state.tell(found)))) == found


@pytest.mark.parametrize(
    "decision",
    [Decision(Step("probe")), Decision(Step("hsts", 300), "up", "why", Step("hsts", 600), NOW, NOW), Decision(Step("probe"), "down")],
)
def test_a_decision_can_be_read_again(decision: Decision) -> None:
    assert state.hear_decision(json.loads(json.dumps(state.tell_decision(decision)))) == decision


def test_the_sites_of_a_host_are_those_that_the_role_wrote(tmp_path: Path) -> None:
    mark = "# Written by encrypt.httpd (role encrypt.httpd.https): the site {}.\n"
    (tmp_path / "001-b.example.conf").write_text(mark.format("b.example"))
    (tmp_path / "00-2001_db8__7.conf").write_text(mark.format("2001:db8::7"))
    (tmp_path / "000-default.conf").write_text("<VirtualHost *:80>\n" + mark.format("c.example"))
    (tmp_path / "001-d.example.conf.20261125T120000~").write_text(mark.format("d.example"))
    assert state.site_names(str(tmp_path)) == ["2001:db8::7", "b.example"]
    assert state.site_names(str(tmp_path / "none")) == []


def test_a_site_without_virtual_hosts_is_at_no_step(tmp_path: Path) -> None:
    assert state.found(str(tmp_path), str(tmp_path), "www.example.org") == Found()
