# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers at addresses of loopback, each with pages of its own, are asked as a CA would ask them."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _handshake, _reach, _reach_probe, _side_by_side
from ansible_collections.encrypt.httpd.plugins.module_utils._reach_probe import probe

#: This host's own httpd, one that passes on to it, another server, one that takes connections and says nothing, one that nobody has.
HERE, FRONT, OTHER, MUTE, NOBODY = (f"127.0.0.{number}" for number in range(2, 7))
ELSEWHERE = (FRONT, OTHER, MUTE, "127.0.0.7")


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        mine = self.server.server_address[0] in (HERE, FRONT)
        self.send_response(404 if mine else 403)
        self.end_headers()
        page = f"{time.monotonic_ns()}" if self.headers["Host"] == "each.example" else f"{self.headers['Host']} {self.path}"
        self.wfile.write(page.encode())

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 100


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(_reach, "_LOOPBACK", ("none",))
    monkeypatch.setattr(_handshake, "TIMEOUT", 2.0)
    bindable = _reach_probe.is_ours
    monkeypatch.setattr(_reach_probe, "is_ours", lambda address: address not in ELSEWHERE and bindable(address))
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_Server((HERE, 0), _Pages))
        found = first.server_address[1]
        others = [stack.enter_context(_Server((address, found), _Pages)) for address in (FRONT, OTHER)]
        stack.enter_context(socket.create_server((MUTE, found)))
        for server in (first, *others):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.shutdown)
        yield found


BUSY = "busy.example"


def known(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> None:
    """Have DNS know names."""
    asked = socket.getaddrinfo

    def resolve(name: str, *more: Any, **options: Any) -> list[Any]:
        if not name.endswith(".example"):
            return list(asked(name, *more, **options))
        if name == BUSY:
            raise socket.gaierror(socket.EAI_AGAIN, "the resolver is out of order")
        if name not in names:
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        return [(0, 0, 0, "", (address, 80)) for address in names[name]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


NAMES = {
    "here.example": ([HERE], "answered"),
    "front.example": ([FRONT], "answered"),
    "each.example": ([FRONT], "answered"),
    "other.example": ([HERE, OTHER], "another"),
    "mute.example": ([MUTE], "unasked"),
    "closed.example": ([NOBODY], "silent"),
    "away.example": (["127.0.0.7"], "unasked"),
    "both.example": ([HERE, NOBODY], "answered"),
    "nowhere.example": ([], "unresolved"),
    BUSY: ([], "unasked"),
}


def test_each_name_is_asked_for_at_its_addresses(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, {name: addresses for name, (addresses, _probe) in NAMES.items() if addresses})
    found = probe({name: [f"{HERE}:80"] for name in NAMES}, port)
    assert {name: (list(one.addresses), one.probe) for name, one in found.items()} == NAMES
    assert "the resolver is out of order" in found[BUSY].told
    assert "(timed out)" in found["mute.example"].told
    assert "(Connection refused)" in found["closed.example"].told


def test_a_host_that_serves_at_all_addresses_is_asked_where_it_listens(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, {"here.example": [HERE]})
    monkeypatch.setattr(_reach_probe, "reachable", {port: HERE}.__getitem__)
    assert probe({"here.example": ["*:80"]}, port)["here.example"].probe == "answered"
    monkeypatch.setattr(_reach_probe, "reachable", {port: NOBODY}.__getitem__)
    assert probe({"here.example": ["*:80"]}, port)["here.example"].probe == "stopped"


def test_many_names_at_an_address_that_says_nothing_take_no_longer_than_is_patient(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_side_by_side, "_PATIENCE", 0.5)
    names = [f"n{number}.example" for number in range(200)]
    known(monkeypatch, {name: [MUTE] for name in names})
    start = time.monotonic()
    found = probe({name: [f"{HERE}:80"] for name in names}, port)
    assert time.monotonic() - start < 3
    assert {one.probe for one in found.values()} <= {"unasked", "stopped"}
    assert all(one.provable for one in found.values())


@pytest.mark.parametrize(("place", "address"), [("192.0.2.7:80", "192.0.2.7"), ("[2001:db8::7]:80", "2001:db8::7"), ("*:80", "")])
def test_the_address_of_a_place(place: str, address: str) -> None:
    assert _reach_probe._address(place) == address
