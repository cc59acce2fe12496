# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._change import Change
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Listen 80\n", "Listen 80\n# more\n", False),
        ("Listen 80\n", "Listen 80\n  listen 443\n", True),
        ("LoadModule a x.so\n", "", True),
        ("# Listen 80\n", "", False),
        (None, "SSLProtocol -all\n", False),
        (None, "Listen 443\n", True),
        ("Listen 80\n", None, True),
    ],
)
def test_what_may_need_a_restart(before: str | None, after: str | None, expected: bool) -> None:
    change = Change(((ConfigFile("/a.conf", content=before), ConfigFile("/a.conf", content=after)),), ())
    assert change.may_need_restart() is expected


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "ssl.load").write_text("LoadModule ssl_module mod_ssl.so\n")
    link = ConfigFile(str(tmp_path / "enabled.load"), link="ssl.load")
    assert Change(((ConfigFile(link.path), link),), ()).may_need_restart()
    current = ConfigFile(str(tmp_path / "current"), link=".")  # a directory
    assert not Change(((ConfigFile(current.path), current),), ()).may_need_restart()


def test_the_version_that_becomes_current() -> None:
    files = [
        ConfigFile("/tls/a/current", link="versions/2"),
        ConfigFile("/sites-enabled/a.conf", link="../a.conf"),
        ConfigFile("/tls/b/current"),
    ]
    change = Change(tuple((ConfigFile(file.path), file) for file in files), ())
    assert change.activated == {"/tls/a/current": "/tls/a/versions/2"}
