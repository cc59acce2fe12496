# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._documents import Documents, read_document, text_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "srv" / "www"
    for name in (
        "b.html",
        "a.php",
        "A.HTML",
        "photo.png",
        ".htaccess",
        ".git/a.html",
        "wp/uploads/a.html",
        "wp/index.php",
        "node_modules/a.js",
    ):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("x")
    return place


def walk(root: Path, skip: Sequence[str] = (), most: int = 100) -> tuple[list[str], Documents]:
    documents = Documents(str(root), ("html", "php", "htaccess", "js"), skip, most)
    return [path[len(str(root)) + 1 :] for path in documents], documents


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        ((), [".htaccess", "A.HTML", "a.php", "b.html", ".git/a.html", "node_modules/a.js", "wp/index.php", "wp/uploads/a.html"]),
        ((".git", "node_modules", "*/uploads"), [".htaccess", "A.HTML", "a.php", "b.html", "wp/index.php"]),
        ((".git", "node_modules", "wp/uploads/*"), [".htaccess", "A.HTML", "a.php", "b.html", "wp/index.php"]),
        ((".*", "w*", "*.html", "node_modules"), ["A.HTML", "a.php"]),
    ],
)
def test_files_are_chosen_by_ending_and_pattern(root: Path, skip: Sequence[str], expected: list[str]) -> None:
    assert walk(root, skip)[0] == expected


def test_no_more_files_than_allowed(root: Path) -> None:
    found, documents = walk(root, most=8)
    assert (len(found), documents.complete) == (8, True)
    found, documents = walk(root, most=3)
    assert (len(found), documents.complete) == (3, False)


def test_it_may_get_late_where_no_file_is_of_interest(root: Path) -> None:
    for number in range(30):
        (root / "0" / str(number)).mkdir(parents=True)
    clock = iter(range(20))
    documents = Documents(str(root / "0"), ("html",), (), 100, lambda: next(clock) == 10)
    assert (list(documents), documents.complete, next(clock)) == ([], False, 11)


def test_directories_with_nothing_in_them_are_no_endless_work(root: Path) -> None:
    for number in range(50):
        (root / "0" / str(number)).mkdir(parents=True)
    found, documents = walk(root, most=2)
    assert (len(found), documents.complete) == (2, False)


def test_symbolic_links_are_followed_once_and_never_upwards(root: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    release.mkdir()
    (release / "c.html").write_text("x")
    for name, target in {
        "current": release,
        "again": release,
        "loop": Path("loop"),
        "here": root,
        "above": root.parent,
        "everything": Path("/"),
        "kernel": Path("/proc/self"),
        "environment.js": Path("/proc/self/environ"),
        "lost.html": Path("/nowhere"),
        "one.html": release / "c.html",
    }.items():
        (root / name).symlink_to(target)
    found, documents = walk(root, (".git", "wp", "node_modules"))
    assert found == [".htaccess", "A.HTML", "a.php", "b.html", "one.html", "again/c.html"]
    assert documents.complete


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(
    ("link_owner", "target_owner", "expected"),
    [(1000, 1000, True), (0, 1000, True), (1000, 0, False), (1000, 1001, False)],
)
def test_links_lead_where_their_owner_could_go_or_root_has_let_them(
    root: Path, tmp_path: Path, link_owner: int, target_owner: int, expected: bool
) -> None:
    """As with the option SymLinksIfOwnerMatch of httpd."""
    (tmp_path / "secret.js").write_text("x")
    os.chown(tmp_path / "secret.js", target_owner, -1)
    (root / "link.js").symlink_to(tmp_path / "secret.js")
    os.chown(root / "link.js", link_owner, -1, follow_symlinks=False)
    found, documents = walk(root)
    assert ("link.js" in found, documents.problems) == (
        expected,
        [] if expected else [f"{root}/link.js: a link to what is of another owner"],
    )


def test_a_root_may_be_a_symbolic_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert "b.html" in walk(tmp_path / "link")[0]


def test_what_cannot_be_read_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("/wp"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found, documents = walk(root)
    assert "b.html" in found
    assert documents.problems == [f"{root}/wp: Permission denied"]
    assert walk(root / "nowhere")[1].problems == [f"{root}/nowhere: No such file or directory"]


def test_files_are_read_in_part_and_pipes_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_document(str(tmp_path / "a"), 5) == (b"12345", True)
    assert read_document(str(tmp_path / "a"), 4) == (b"1234", False)
    os.mkfifo(tmp_path / "pipe")
    assert read_document(str(tmp_path / "pipe"), 4) == (b"", True)


@pytest.mark.parametrize(
    ("data", "charset", "expected"),
    [
        (b"", "", ""),
        ("ü".encode(), "", "ü"),
        ("ü".encode("latin-1"), "", "ü"),
        ("ü".encode("utf-8-sig"), "", "ü"),
        ("ü".encode("utf-16"), "", "ü"),
        ("я".encode("koi8-r"), "koi8-r", "я"),
        ("ü".encode(), "no-such-charset", "ü"),
        (b"GIF89a\0http://", "", None),
    ],
)
def test_bytes_become_text(data: bytes, charset: str, expected: Optional[str]) -> None:
    assert text_of(data, charset) == expected
