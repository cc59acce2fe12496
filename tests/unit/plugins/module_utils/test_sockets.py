# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import os
import socket
import sys

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _sockets
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import own_address
from ansible_collections.encrypt.httpd.plugins.module_utils._sockets import (
    Listener,
    _own_networks,
    _spelled,
    is_ours,
    listeners,
    listening_ports,
    ours,
    reachable,
    taken_by_others,
)

ALL, ALL6, LOCAL, OTHER = "00000000", "0" * 32, "0100007F", "0200007F"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((ALL, 443), (LOCAL, 443), True),
        ((LOCAL, 443), (ALL6, 443), True),
        ((LOCAL, 443), (LOCAL, 443), True),
        ((LOCAL, 443), (OTHER, 443), False),
        ((ALL, 443), (ALL, 80), False),
        (("", 443), (LOCAL, 443), True),
    ],
)
def test_what_cannot_be_there_at_once(one: tuple[str, int], other: tuple[str, int], expected: bool) -> None:
    assert Listener(*one, "").excludes(Listener(*other, "")) is expected


def test_who_has_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in listening_ports()
        wanted = [one for one in listeners() if one.port == port]
        assert taken_by_others(wanted, os.getpid()) == []
        (told,) = taken_by_others(wanted, 0)
        assert told.startswith(f"port {port} is taken by ")
        assert told.endswith(f"(process {os.getpid()})")


@pytest.mark.skipif(sys.byteorder != "little", reason="the samples are of such a machine")
@pytest.mark.parametrize(
    ("address", "expected"),
    [("0100007F", "127.0.0.1"), ("0000000000000000FFFF00000100007F", "127.0.0.1"), ("B80D0120000000000000000001000000", "2001:db8::1")],
)
def test_addresses_as_people_write_them(address: str, expected: str) -> None:
    assert _spelled(address) == expected


def test_where_to_ask_what_listens_to_one_address_alone() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        assert reachable(server.getsockname()[1]) == "127.0.0.2"
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert reachable(server.getsockname()[1]) == own_address()


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        ((), ""),
        (("192.0.2.7", "127.0.0.9"), "127.0.0.9"),
        (("192.0.2.7", "192.0.2.8"), "192.0.2.7"),  # which tells what is wrong
        (("::1",), "::1"),
    ],
)
def test_what_is_served_at_some_addresses_is_asked_for_there(addresses: tuple[str, ...], found: str) -> None:
    assert ours(addresses) == found


OWN = "0A0200C0"


@pytest.mark.skipif(sys.byteorder != "little", reason="the samples are of such a machine")
@pytest.mark.parametrize(
    ("listening", "taken", "found"),
    [
        ([], "", "192.0.2.10"),
        ([ALL], "", "192.0.2.10"),
        ([ALL], "198.51.100.7", "192.0.2.10"),
        ([ALL], "192.0.2.10", "127.0.0.1"),
        ([ALL6], "192.0.2.10 127.0.0.1", "::1"),
        ([ALL], "192.0.2.10 127.0.0.1", "192.0.2.10"),  # nowhere else is anything listened to
        ([OWN, OTHER], "", "192.0.2.10"),
        ([LOCAL, OTHER, OWN], "192.0.2.10", "127.0.0.1"),
        ([OWN, LOCAL], "192.0.2.10", "127.0.0.1"),
        ([OTHER, OWN], "192.0.2.10", "127.0.0.2"),
        ([OWN], "192.0.2.10", "192.0.2.10"),
    ],
)
def test_where_to_ask_for_what_is_served_everywhere(monkeypatch: pytest.MonkeyPatch, listening: list[str], taken: str, found: str) -> None:
    monkeypatch.setattr(_sockets, "own_address", lambda: "192.0.2.10")
    monkeypatch.setattr(_sockets, "listeners", lambda: [Listener(OWN, 80, ""), *(Listener(one, 443, "") for one in listening)])
    assert reachable(443, taken.split()) == found


TRIE = b"""Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.0.2.0
        /24 link UNICAST
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /31 link UNICAST
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 192.0.2.10
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
"""
TABLES = {"/proc/net/fib_trie": TRIE, "/proc/net/if_inet6": b"20010db8000000000000000000000001 02 40 00 80     eth0\n"}


@pytest.mark.parametrize(
    ("address", "may_take_over", "expected"),
    [
        ("192.0.2.10", "4", True),
        ("127.0.0.1", "4", True),
        ("127.0.1.1", "4", True),
        ("192.0.2.255", "4", False),
        ("192.0.2.77", "4", False),
        ("2001:DB8:0::1", "6", True),
        ("2001:db8::2", "6", False),
        ("localhost", "4", False),
    ],
)
def test_which_addresses_are_ours(monkeypatch: pytest.MonkeyPatch, address: str, may_take_over: str, expected: bool) -> None:
    said = {f"/proc/sys/net/ipv{version}/ip_nonlocal_bind": b"1\n" if version == may_take_over else b"0\n" for version in "46"}
    monkeypatch.setattr(_sockets, "read", {**TABLES, **said}.get)
    assert is_ours(address) is expected


def test_where_only_ours_can_be_bound_to_no_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sockets, "read", {"/proc/sys/net/ipv4/ip_nonlocal_bind": b"0\n"}.__getitem__)
    assert is_ours("127.0.0.1")


def test_the_tables_of_this_kernel_can_be_read() -> None:
    assert all(any(ipaddress.ip_address(one) in network for network in _own_networks(4)) for one in ("127.0.0.1", own_address()))
