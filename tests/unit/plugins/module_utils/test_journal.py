# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._journal import Journal


def tree(root: Path) -> dict[str, tuple[str, int]]:
    """Every file and link with its content and inode: what is put back is the very file that lay there."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or path.is_file():
            content = f"-> {os.readlink(path)}" if path.is_symlink() else path.read_bytes().decode("latin1")
            found[str(path.relative_to(root))] = (content, path.lstat().st_ino)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "apache 2's"  # needs quoting
    (root / "sites").mkdir(parents=True)
    (root / "sites" / "old.conf").write_bytes(b"# gr\xfc\xdfe\n")
    (root / "sites" / "old.conf").chmod(0o640)
    (root / "sites" / "gone.conf").write_text("gone\n")
    (root / "enabled.conf").symlink_to("sites/old.conf")
    return root


def wanted(root: Path) -> list[ConfigFile]:
    return [
        ConfigFile(f"{root}/sites/old.conf", content="changed\n"),
        ConfigFile(f"{root}/sites/new.conf", content="new\n"),
        ConfigFile(f"{root}/sites/gone.conf"),
        ConfigFile(f"{root}/enabled.conf", link="sites/new.conf"),
        ConfigFile(f"{root}/fresh/deep/link.conf", link="../x"),
        ConfigFile(f"{root}/never.conf"),
    ]


def prepared(root: Path) -> Journal:
    journal = Journal(str(root))
    journal.prepare(wanted(root), lock=f"{root}/../lock", reload=["echo reloaded >> ../reloads"])
    return journal


def undo(journal: Journal, root: Path, *arguments: str) -> int:
    return subprocess.run(["/bin/sh", journal.script, *arguments], cwd=root, check=False).returncode


def test_preparing_touches_nothing_and_applying_puts_all_in_place(root: Path) -> None:
    before = tree(root)
    journal = prepared(root)
    assert {name: entry for name, entry in tree(root).items() if not name.startswith(".encrypt-httpd")} == before
    journal.apply()
    journal.forget()
    assert {name: content for name, (content, _inode) in tree(root).items()} == {
        "sites/old.conf": "changed\n",
        "sites/new.conf": "new\n",
        "enabled.conf": "-> sites/new.conf",
        "fresh/deep/link.conf": "-> ../x",
    }


class CutOffError(Exception):
    """Where the run ends."""


@pytest.mark.parametrize("steps", range(7))
@pytest.mark.parametrize("times", [1, 2])
def test_undone_after_any_number_of_steps(root: Path, steps: int, times: int) -> None:
    before = tree(root)
    journal = prepared(root)
    done = []

    def note(step: str) -> None:
        if len(done) == steps:
            raise CutOffError
        done.append(step)

    if steps < len(wanted(root)):
        with pytest.raises(CutOffError):
            journal.apply(note)
    else:
        journal.apply(note)
    for _time in range(times):
        assert undo(journal, root, "locked") == 0
    assert journal.exists()
    journal.forget()
    assert tree(root) == before
    assert stat.S_IMODE((root / "sites" / "old.conf").stat().st_mode) == 0o640


def test_alone_it_has_httpd_take_it_up_and_removes_itself(root: Path) -> None:
    before = tree(root)
    journal = prepared(root)
    journal.apply()
    assert undo(journal, root) == 0
    assert tree(root) == before
    assert not os.path.exists(journal.directory)
    assert (root.parent / "reloads").read_text() == "reloaded\n"


def test_what_is_kept_is_not_undone(root: Path) -> None:
    journal = prepared(root)
    journal.apply()
    script = Path(journal.script).read_text()
    journal.forget()
    after = tree(root)
    assert subprocess.run(["/bin/sh", "-c", script], cwd=root, check=False).returncode == 0  # a timer that fired that moment
    assert tree(root) == after
    assert not (root.parent / "reloads").exists()


def test_a_careless_umask_opens_nothing(root: Path) -> None:
    old = os.umask(0)
    try:
        journal = prepared(root)
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(journal.directory).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(journal.script).st_mode) == 0o600


def test_nothing_is_undone_twice_over_what_somebody_put_there_since(root: Path) -> None:
    journal = prepared(root)
    journal.apply()
    undo(journal, root, "locked")
    (root / "sites" / "old.conf").write_text("mended by hand\n")
    assert undo(journal, root, "locked") == 0
    assert (root / "sites" / "old.conf").read_text() == "mended by hand\n"


def test_a_directory_of_a_run_that_ended_while_preparing_is_in_nobodys_way(root: Path) -> None:
    journal = prepared(root)
    os.unlink(journal.script)
    assert not Journal(str(root)).exists()
    journal = prepared(root)
    journal.apply()
    assert (root / "sites" / "new.conf").read_text() == "new\n"
    shutil.rmtree(journal.directory)


def test_it_says_whose_word_it_waits_for(root: Path) -> None:
    journal = prepared(root)
    assert journal.awaits() == ""
    journal.wait_for("token")
    assert Journal(str(root)).awaits() == "token"
    journal.forget()
    assert journal.awaits() == ""
