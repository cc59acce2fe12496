# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._edits import new_record
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_state import migrated, served_names, undo_paths, written_by_us
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites
from ansible_collections.encrypt.httpd.tests.unit.plugins.site_template import written

from .module_utils.test_sites import BODY, DEFAULTS, ROOT


def test_files_tell_what_was_taken_over(tmp_path: Path) -> None:
    taken = {"body": {**BODY["body"], "replaces": ["/f:1"]}}
    own = {"name": "own.example.org", "body": BODY["body"]}
    first = {**taken, "name": "first.example.org", "aliases": ["a.example"], "default": True}
    for entry in (ROOT, own, {**taken, "name": "taken.example.org"}, first):
        (site,) = read_sites([entry], DEFAULTS)
        (tmp_path / f"00{'-' if site.default else '1-'}{site.name}.conf").write_text(written(site.to_dict()))
        assert written_by_us(str(next(tmp_path.glob(f"*{site.name}.conf"))))
    (tmp_path / "foreign.conf").write_text("\n# What it serves was taken from /f:1\n")
    assert not written_by_us(str(tmp_path / "foreign.conf"))
    assert not written_by_us(str(tmp_path / "missing.conf"))
    assert migrated(str(tmp_path)) == ["first.example.org", "taken.example.org"]
    assert served_names(str(tmp_path)) == {"first.example.org", "a.example", "taken.example.org"}


def laid_out(root: Path, name: str, text: str) -> None:
    (root / "sites-available" / name).write_text(text)
    (root / "sites-enabled" / name).symlink_to(f"../sites-available/{name}")


@pytest.mark.parametrize("others", [False, True])
def test_undo_takes_away_all_that_the_collection_wrote_unless_another_site_needs_it(tmp_path: Path, others: bool) -> None:
    for directory in ("sites-available", "sites-enabled", ".encrypt-httpd"):
        (tmp_path / directory).mkdir()
    (site,) = read_sites([{"name": "taken.example.org", "body": {**BODY["body"], "replaces": ["/f:1"]}}], DEFAULTS)
    laid_out(tmp_path, "001-taken.example.org.conf", written(site.to_dict()))
    if others:
        laid_out(tmp_path, "001-www.example.org.conf", written(read_sites([ROOT], DEFAULTS)[0].to_dict()))
    (tmp_path / "policy.conf").write_text("")
    (tmp_path / "ssl.load").symlink_to("elsewhere")
    recorded = [
        ConfigFile(f"{tmp_path}/policy.conf", ""),
        ConfigFile(f"{tmp_path}/ssl.load", link="elsewhere"),
        ConfigFile(f"{tmp_path}/gone", ""),
    ]
    new_record(str(tmp_path), {}, recorded).put()
    of_site = [f"{tmp_path}/sites-enabled/001-taken.example.org.conf", f"{tmp_path}/sites-available/001-taken.example.org.conf"]
    rest = [] if others else [f"{tmp_path}/policy.conf", f"{tmp_path}/ssl.load"]
    assert undo_paths(str(tmp_path / "sites-enabled"), str(tmp_path)) == [*of_site, *rest]


def test_without_a_migration_there_is_nothing_to_undo(tmp_path: Path) -> None:
    assert undo_paths(str(tmp_path), str(tmp_path)) == []
