# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private files under the most careless umask (see conftest.py), and with links planted in their way."""

from __future__ import annotations

import errno
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import FileError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_private_files_and_directories_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    os.umask(umask)
    directory = tmp_path / "keys"
    assert files.make_private_directory(str(directory))
    assert not files.make_private_directory(str(directory))
    files.write_private(str(directory / "key.pem"), b"secret")
    assert (mode(directory), mode(directory / "key.pem")) == (0o700, 0o600)
    assert files.read_private(str(directory / "key.pem")) == b"secret"
    assert os.listdir(directory) == ["key.pem"]


def test_a_private_file_is_never_open_not_even_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    write, rename = os.fsync, os.rename

    def look(*arguments: object) -> None:
        seen.extend(mode(path) for path in tmp_path.iterdir())

    monkeypatch.setattr(os, "fsync", lambda descriptor: (look(), write(descriptor)))
    monkeypatch.setattr(os, "rename", lambda source, target: (look(), rename(source, target)))
    files.write_private(str(tmp_path / "key.pem"), b"secret")
    assert seen == [0o600, 0o600]


def test_a_directory_that_several_make_at_once_is_made_once(tmp_path: Path) -> None:
    start = threading.Barrier(16, timeout=10)

    def make(_thread: int) -> list[bool]:
        made = []
        for turn in range(50):
            start.wait()
            made.append(files.make_private_directory(str(tmp_path / f"keys{turn}")))
        return made

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(16)))
    assert [sum(turn) for turn in zip(*made)] == [1] * 50


def test_an_open_directory_is_tightened_where_it_is_ours_alone(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    directory.mkdir(mode=0o755)
    with pytest.raises(FileError, match=r"this directory is open to others \(mode 0755\)"):
        files.make_private_directory(str(directory))
    assert mode(directory) == 0o755
    assert files.make_private_directory(str(directory), tighten=True)
    assert mode(directory) == 0o700


def test_a_link_in_the_place_of_a_key_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "key.pem").symlink_to(victim)
    with pytest.raises(FileError, match="this is a link"):
        files.read_private(str(tmp_path / "key.pem"))
    files.write_private(str(tmp_path / "key.pem"), b"secret")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "key.pem").is_symlink()


def _no_link(_source: str, _target: str) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
def test_what_is_made_takes_no_other_files_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:  # as on FAT, or in a folder of the machine around a virtual one
        monkeypatch.setattr(os, "link", _no_link)
    path = tmp_path / "key.pem"
    files.make_private(str(path), b"secret")
    with pytest.raises(FileExistsError):
        files.make_private(str(path), b"another")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"secret", 0o600)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to("elsewhere")
    with pytest.raises(FileExistsError):
        files.make_private(str(path), b"another")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"key.pem": b"secret", "elsewhere": b"secret"}


def test_what_cannot_be_put_in_place_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, rename = str(tmp_path / "key.pem"), os.rename
    monkeypatch.setattr(os, "link", _no_link)
    monkeypatch.setattr(os, "rename", lambda source, target: (_no_link if target == path else rename)(source, target))
    with pytest.raises(PermissionError):
        files.make_private(path, b"secret")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "keys").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match="must be a directory, not a link"):
        files.make_private_directory(str(tmp_path / "keys"))


@pytest.mark.parametrize("opened", [0o644, 0o640, 0o604])
def test_what_others_can_read_is_no_secret(tmp_path: Path, opened: int) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(b"secret")
    key.chmod(opened)
    with pytest.raises(FileError, match=f"others can read this file \\(mode {opened:04o}\\)"):
        files.read_private(str(key))


@pytest.mark.parametrize(("opened", "refused"), [(0o777, True), (0o775, True), (0o755, False), (0o700, False)])
def test_a_key_needs_a_directory_of_its_owner(tmp_path: Path, opened: int, refused: bool) -> None:
    tmp_path.chmod(opened)
    if refused:
        with pytest.raises(FileError, match="others can write to"):
            files.check_parent(str(tmp_path / "key.pem"))
    else:
        files.check_parent(str(tmp_path / "key.pem"))


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "key.pem").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_private(str(tmp_path / "key.pem"), b"new")
    assert os.listdir(tmp_path) == ["key.pem"]
    assert (tmp_path / "key.pem").read_bytes() == b"old"


def test_a_link_is_swapped_in_one_step(tmp_path: Path) -> None:
    link = str(tmp_path / "current")
    assert files.link_target(link) is None
    for target in ("versions/1", "versions/2"):
        files.swap_link(link, target)
        assert files.link_target(link) == target
    assert os.listdir(tmp_path) == ["current"]


def test_a_directory_in_the_place_of_a_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(FileError, match="cannot be made a link"):
        files.swap_link(str(tmp_path / "current"), "versions/1")
