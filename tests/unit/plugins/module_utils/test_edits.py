# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _edits as edits
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import FileError

OURS = "# Written by encrypt.httpd (role encrypt.httpd.https): the site x.\nServerName x\n"
RECORD = {"/a.conf": edits.digest(OURS)}


@pytest.mark.parametrize(
    ("record", "found", "wanted", "expected"),
    [
        (RECORD, ConfigFile("/a.conf", content=OURS), ConfigFile("/a.conf", content="new"), False),
        (RECORD, ConfigFile("/a.conf", content=OURS + "# by hand\n"), ConfigFile("/a.conf", content="new"), True),
        (RECORD, ConfigFile("/a.conf", content=OURS + "# by hand\n"), ConfigFile("/a.conf"), True),
        (RECORD, ConfigFile("/a.conf"), ConfigFile("/a.conf", content="new"), False),
        ({}, ConfigFile("/a.conf", content=OURS), ConfigFile("/a.conf", content="new"), False),  # of an earlier version
        ({}, ConfigFile("/a.conf", content="ServerName y\n"), ConfigFile("/a.conf", content="new"), True),
        ({}, ConfigFile("/a.conf", content="ServerName y\n"), ConfigFile("/a.conf", link="b.conf"), True),
        ({}, ConfigFile("/a.conf", link="/etc/shadow"), ConfigFile("/a.conf", content="new"), True),
        ({}, ConfigFile("/a.conf", link="b.conf"), ConfigFile("/a.conf", link="c.conf"), False),
        ({}, ConfigFile("/a.conf", link="b.conf"), ConfigFile("/a.conf"), False),
    ],
)
def test_who_wrote_it(record: dict[str, str], found: ConfigFile, wanted: ConfigFile, expected: bool) -> None:
    assert edits.edited(record, found, wanted) is expected


def test_the_refusal_shows_what_would_be_lost() -> None:
    edits.refuse([])
    pair = (ConfigFile("/a.conf", content="one\nby hand\n"), ConfigFile("/a.conf", content="one\ntwo\n"))
    with pytest.raises(FileError, match="/a.conf: changed by hand") as caught:
        edits.refuse([pair])
    assert "\n-by hand\n+two" in str(caught.value)
    assert "httpd_overwrite_edits: true" in str(caught.value)


def test_a_copy_is_kept_with_mode_and_owner() -> None:
    found = ConfigFile("/a.conf", content="mine", mode=0o640, owner=(0, 33))
    (copy,) = edits.copies([(found, ConfigFile("/a.conf", content="new"))], "20261125T120000")
    assert (copy.path, copy.content, copy.mode, copy.owner) == ("/a.conf.20261125T120000~", "mine", 0o640, (0, 33))


def test_the_record_follows_what_is_written(tmp_path: Path) -> None:
    changed = [ConfigFile("/a.conf", content="new"), ConfigFile("/b.conf"), ConfigFile("/c.conf", link="a.conf")]
    file = edits.new_record(str(tmp_path), {"/a.conf": "0", "/b.conf": "1", "/d.conf": "2"}, changed)
    assert json.loads(file.content or "") == {"/a.conf": edits.digest("new"), "/c.conf": "link to a.conf", "/d.conf": "2"}
    assert file.mode == 0o600


@pytest.mark.parametrize("text", ["", "garbage", "[]"])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    path = Path(edits.record_file(str(tmp_path)))
    path.parent.mkdir()
    path.write_text(text)
    assert edits.read_record(str(tmp_path)) == {}
