# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _transaction as transaction
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, FileError
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._transaction import ConfigFile, Swap


def tree(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(root))] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[str(path.relative_to(root))] = path.read_text()
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "old.conf").write_text("old\n")
    (tmp_path / "sites" / "gone.conf").write_text("gone\n")
    (tmp_path / "enabled.conf").symlink_to("sites/old.conf")
    return tmp_path


def wanted(root: Path) -> list[ConfigFile]:
    return [
        ConfigFile(f"{root}/sites/old.conf", content="changed\n"),
        ConfigFile(f"{root}/sites/new.conf", content="new\n"),
        ConfigFile(f"{root}/sites/gone.conf"),
        ConfigFile(f"{root}/enabled.conf", link="sites/new.conf"),
        ConfigFile(f"{root}/fresh/deep/link.conf", link="../x"),
    ]


def test_all_is_put_in_place_and_taken_back(root: Path) -> None:
    before = tree(root)
    swap = Swap()
    swap.put(wanted(root))
    assert tree(root) == {
        "sites/old.conf": "changed\n",
        "sites/new.conf": "new\n",
        "enabled.conf": "-> sites/new.conf",
        "fresh/deep/link.conf": "-> ../x",
    }
    assert all(file.found() == file for file in wanted(root))
    swap.take_back()
    assert tree(root) == before


def test_what_was_put_before_a_failure_is_taken_back(root: Path) -> None:
    before = tree(root)
    (root / "blocked").mkdir()
    swap = Swap()
    with pytest.raises(FileError, match="directory where a configuration file belongs"):
        swap.put([*wanted(root), ConfigFile(f"{root}/blocked", content="x")])
    swap.take_back()
    assert tree(root) == before


def test_bytes_that_are_no_text_survive(root: Path) -> None:
    path = root / "latin1.conf"
    path.write_bytes(b"# gr\xfc\xdfe\n")
    swap = Swap()
    swap.put([ConfigFile(str(path), content="new\n")])
    swap.take_back()
    assert path.read_bytes() == b"# gr\xfc\xdfe\n"


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
        transaction.check_paths(files, [], str(root))


def test_certificates_stay_within_the_server_root(root: Path) -> None:
    transaction.check_paths([], [Layout(f"{root}/tls", "www.example.org")], str(root))
    for directory in ("/etc/tls", f"{root}/../tls"):
        with pytest.raises(ArgumentError, match="directory: .* must lie below the server root"):
            transaction.check_paths([], [Layout(directory, "www.example.org")], str(root))


def test_mode_and_owner_come_back(root: Path) -> None:
    path = root / "closed.conf"
    path.write_text("before")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 1, 2)
    before, swap = path.stat(), Swap()
    swap.put([ConfigFile(str(path), content="after")])
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    swap.take_back()
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="what is gone is marked by a device node, which root alone can make")
def test_the_candidate_lies_beside_and_touches_nothing(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    overlay = tmp_path_factory.mktemp("overlay")
    before = tree(root)
    transaction.stage(str(overlay), str(root), wanted(root), [Layout(f"{root}/tls", "www.example.org")])
    assert tree(root) == before
    assert tree(overlay)["sites/new.conf"] == "new\n"
    assert tree(overlay)["tls/www.example.org/current"] == "-> pending"
    assert stat.S_ISCHR((overlay / "sites" / "gone.conf").lstat().st_mode)
