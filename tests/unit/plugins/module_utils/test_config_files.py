# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _config_files as config_files
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, FileError
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "old.conf").write_text("old\n")
    (tmp_path / "sites" / "gone.conf").write_text("gone\n")
    (tmp_path / "enabled.conf").symlink_to("sites/old.conf")
    return tmp_path


def test_what_lies_there_is_found_in_the_same_terms(root: Path) -> None:
    assert ConfigFile(f"{root}/sites/old.conf", content="old\n").found() == ConfigFile(f"{root}/sites/old.conf", content="old\n")
    assert ConfigFile(f"{root}/enabled.conf").found().link == "sites/old.conf"
    assert ConfigFile(f"{root}/none.conf", content="x").found() == ConfigFile(f"{root}/none.conf")
    with pytest.raises(FileError, match="directory where a configuration file belongs"):
        ConfigFile(f"{root}/sites").found()


@pytest.mark.parametrize(
    ("content", "mode", "wanted", "differs"),
    [
        ("a", 0o644, 0o644, False),
        ("a", 0o664, 0o644, False),
        ("a", 0o644, 0o600, True),
        ("a", 0o600, 0o600, False),
        ("a", 0o400, 0o600, False),
        ("b", 0o600, 0o600, True),
    ],
)
def test_what_is_private_is_not_left_open(root: Path, content: str, mode: int, wanted: int, differs: bool) -> None:
    path = root / "a.conf"
    path.write_text(content)
    path.chmod(mode)
    file = ConfigFile(str(path), "a", mode=wanted)
    assert file.found().differs(file) is differs


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["/etc/passwd"], "must lie below the server root"),
        (["{root}/../passwd"], "must lie below the server root"),
        (["{root}"], "must lie below the server root"),
        (["{root}/a.conf", "{root}/a.conf"], "named twice"),
    ],
)
def test_paths_stay_within_the_server_root(root: Path, paths: list[str], told: str) -> None:
    files = [ConfigFile(path.format(root=root), content="") for path in paths]
    with pytest.raises(ArgumentError, match=told):
        config_files.check_paths(files, [], str(root))


def test_certificates_stay_within_the_server_root(root: Path) -> None:
    config_files.check_paths([], [Layout(f"{root}/tls", "www.example.org")], str(root))
    for directory in ("/etc/tls", f"{root}/../tls"):
        with pytest.raises(ArgumentError, match="directory: .* must lie below the server root"):
            config_files.check_paths([], [Layout(directory, "www.example.org")], str(root))
