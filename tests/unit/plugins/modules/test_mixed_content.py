# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _findings, _handshake, _mixed_content
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.modules import mixed_content

W = "http://www.example.org"
ESCAPE = "\x1b"
PARAMS = {name: option.get("default") for name, option in mixed_content.ARGUMENTS.items()}


def run(site: dict[str, Any], **more: Any) -> dict[str, Any]:
    entry = {"name": "www.example.org", "names": None, "root": None, "pages": [], **site}
    return mixed_content.run({**PARAMS, "sites": [entry], **more})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(8):
        (tmp_path / f"{number}.html").write_text(f'<title>x</title>\n<link rel=stylesheet href="{W}/a.css"><a href="{W}/">')
    (tmp_path / "app.js").write_text("fetch('http://api.example.org/a'); fetch('http://cdn.example.net/a')")
    (tmp_path / "photo.html").write_bytes(b"GIF89a\0" + f'<img src="{W}/a.png">'.encode())
    return tmp_path


class Httpd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hosts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        if self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            with contextlib.suppress(OSError):
                for _drop in range(50):
                    self.wfile.write(f'<img src="{W}/a.png">'.encode())
                    threading.Event().wait(0.2)
            return
        body = f'<script src="{W}/a.js"></script><a href="/gr%C3%BC%C3%9Fe n">'.encode()
        self.send_response(200 if self.path != "/moved" else 301)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), "Location": "/"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(mixed_content, "reachable", lambda _port: "127.0.0.1")
    Httpd.hosts.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Httpd) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_files_are_told_by_target_with_the_first_places(root: Path) -> None:
    told = run({"root": str(root)}, names=["api.example.org"])
    (site,) = told["sites"]
    assert told["counts"] == site["counts"] == {"active": 10, "passive": 0, "form": 0, "link": 8}
    assert (told["changed"], site["files"], site["pages"], site["complete"], site["problems"]) == (False, 10, 0, True, [])
    assert [(one["class"], one["where"], one["target"], one["has_https"], one["count"]) for one in site["findings"]] == [
        ("active", "fetch()", "http://cdn.example.net/a", False, 1),
        ("active", "<link rel=stylesheet>", f"{W}/a.css", True, 8),
        ("active", "fetch()", "http://api.example.org/a", True, 1),
        ("link", "<a href>", f"{W}/", True, 8),
    ]
    assert site["findings"][1]["places"] == [{"source": f"{root}/{number}.html", "line": 2, "column": 28} for number in range(5)]
    assert site["more"] == 0


def test_names_that_trouble_a_terminal_are_told_without_harm(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\x1b[2J\n.html")).write_text(f"<meta property='{ESCAPE * 999}' content='{W}/{ESCAPE}'>")
    (site,) = run({"root": str(tmp_path)})["sites"]
    (finding,) = site["findings"]
    assert finding["places"][0]["source"] == f"{tmp_path}/\ufffd\ufffd[2J\ufffd.html"
    assert (finding["target"], len(finding["where"])) == (f"{W}/\ufffd", 400)


def test_what_other_hosts_have_may_be_left_out(root: Path) -> None:
    assert run({"root": str(root)}, other_hosts=False)["counts"]["active"] == 8


def test_the_rest_is_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site,) = run({"root": str(root)}, max_findings=1)["sites"]
    assert (len(site["findings"]), site["more"], site["counts"]["link"]) == (1, 17, 8)
    monkeypatch.setattr(_findings, "_REMEMBERED", 1)
    (site,) = run({"root": str(root)})["sites"]
    assert (len(site["findings"]), site["findings"][0]["count"], site["more"]) == (1, 8, 10)


def test_limits_are_told(root: Path) -> None:
    (site,) = run({"root": str(root)}, max_files=3, max_size=20)["sites"]
    assert (site["files"], site["complete"], site["counts"]["active"]) == (3, False, 0)
    assert site["problems"][0] == f"{root}/0.html: what comes after 20 bytes"
    (site,) = run({"root": str(root)}, seconds=-1)["sites"]
    assert (site["files"], site["complete"]) == (0, False)


def test_many_problems_are_told_in_part(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mixed_content, "_TOLD", 2)
    (site,) = run({"root": str(root)}, max_size=1)["sites"]
    assert [len(site["problems"]), site["problems"][2]] == [3, "and 8 more"]


def test_files_that_cannot_be_read_are_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, _most: int) -> tuple[bytes, bool]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(_mixed_content, "read_document", refuse)
    (site,) = run({"root": str(root)})["sites"]
    assert (site["files"], site["problems"][0]) == (0, f"{root}/0.html: Permission denied")
    assert run({"root": "/nowhere/at/all"})["sites"][0]["problems"] == ["/nowhere/at/all: No such file or directory"]


def test_pages_are_asked_for_by_the_name_of_the_site(port: int) -> None:
    (site,) = run({"pages": [f"http://www.example.org:{port}/"]})["sites"]
    assert (site["pages"], site["problems"], site["counts"]["active"]) == (2, [], 2)
    assert Httpd.hosts == ["www.example.org"] * 2
    assert [place["source"] for place in site["findings"][0]["places"]] == [
        f"http://www.example.org:{port}/",
        f"http://www.example.org:{port}/gr%C3%BC%C3%9Fe n",
    ]


def test_a_server_that_never_ends_is_left_after_a_while(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_handshake, "TIMEOUT", 0.5)
    (site,) = run({"pages": [f"http://www.example.org:{port}/drip"]}, depth=0)["sites"]
    assert site["problems"] == []
    assert 1 <= site["counts"]["passive"] <= 10


def test_a_page_of_https_that_leads_to_http_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = mixed_content.Answer(301, {"location": f"{W}/"}, b"")
    monkeypatch.setattr(mixed_content, "asked", lambda _url, _most: answer)
    (site,) = run({"pages": ["https://www.example.org/"]})["sites"]
    assert [(one["class"], one["where"], one["target"]) for one in site["findings"]] == [("link", "Location", f"{W}/")]


def test_a_page_is_told_without_what_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "https://www.example.org/": mixed_content.Answer(302, {"location": "https://joe:secret@www.example.org/in?token=secret"}, b""),
        "https://www.example.org/in?token=secret": mixed_content.Answer(200, {"content-type": "text/html"}, f'<img src="{W}/">'.encode()),
    }
    monkeypatch.setattr(mixed_content, "asked", lambda url, _most: answers[url])
    (site,) = run({"pages": ["https://www.example.org/"]})["sites"]
    assert [one["places"][0]["source"] for one in site["findings"]] == ["https://www.example.org/in"]
    assert "secret" not in str(site)


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ({"pages": ["/"]}, "site 'www.example.org': pages: '/' is no URL of a page; write one such as https://www.example.org/"),
        ({"pages": ["ftp://www.example.org/"]}, "is no URL of a page"),
        ({"pages": ["https://[/"]}, "is no URL of a page"),
        ({"pages": ["https://www.example.org:99999/"]}, "is no URL of a page"),
        ({"pages": ["https:///a"]}, "is no URL of a page"),
        ({"names": ["http://www.example.org"]}, "site 'www.example.org': names: 'http://www.example.org' is no host name"),
    ],
)
def test_mistakes_name_the_site(site: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        run(site)
    assert told in str(raised.value)
