# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible_collections.encrypt.httpd.plugins.module_utils._migration_state import migrated, served_names, written_by_us
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites
from ansible_collections.encrypt.httpd.tests.unit.plugins.site_template import written

from .test_sites import BODY, DEFAULTS, ROOT


def test_files_tell_what_was_taken_over(tmp_path: Path) -> None:
    for number, entry in enumerate(
        [ROOT, {**BODY, "name": "taken.example.org"}, {**BODY, "name": "first.example.org", "aliases": ["a.example"], "default": True}]
    ):
        (site,) = read_sites([entry], DEFAULTS)
        (tmp_path / f"00{'-' if site.default else '1-'}{site.name}.conf").write_text(written(site.to_dict()))
        assert written_by_us(str(next(tmp_path.glob(f"*{site.name}.conf")))), number
    (tmp_path / "foreign.conf").write_text("# As a virtual host had it that was here before.\n")
    assert not written_by_us(str(tmp_path / "foreign.conf"))
    assert not written_by_us(str(tmp_path / "missing.conf"))
    assert migrated(str(tmp_path)) == ["first.example.org", "taken.example.org"]
    assert served_names(str(tmp_path)) == {"first.example.org", "a.example", "taken.example.org"}
