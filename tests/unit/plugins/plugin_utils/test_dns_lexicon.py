# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of dns-lexicon that are given up, at a provider that takes its time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _dns01, _dns_lexicon
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns01 import Dns01
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_lexicon import Lexicon
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_provider import DnsError, DnsOutageError, in_turn
from lexicon.exceptions import AuthenticationError

from .test_dns_records import LOOKUP, proof


class Slow:
    """The records of lexicon: one is created when the provider may go on."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.may_go_on = threading.Event()

    def create_record(self, _kind: str, _name: str, value: str) -> bool:
        self.may_go_on.wait(30)
        self.values.append(value)
        return True

    def delete_record(self, rtype: str, name: str, content: str) -> bool:
        del rtype, name
        if content in self.values:
            self.values.remove(content)
        return True


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    records = Slow()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(_dns_lexicon, "_LEAST", 0.2)
    monkeypatch.setattr(Lexicon, "_client", lambda _self, _zone: contextlib.nullcontext(records))
    yield records
    records.may_go_on.set()


def give_up(told: list[str]) -> None:
    lookup: Any = SimpleNamespace(zone=lambda _name: "example.org")
    solver = Dns01(Lexicon("slow", {}, lookup), LOOKUP, 0, threading.Event())
    with (
        pytest.raises(DnsError, match="did not create _acme-challenge.a.example.org in example.org: TimeoutError: no answer after 1 sec"),
        solver.presented([proof("a.example.org")], time.monotonic(), told.append),
    ):
        raise AssertionError("it was shown")


def test_what_a_call_writes_after_it_was_given_up_is_removed(slow: Slow) -> None:
    told: list[str] = []
    threading.Timer(2, slow.may_go_on.set).start()
    give_up(told)
    assert (slow.values, told) == ([], [])


def test_a_call_that_goes_on_without_end_is_told_and_keeps_its_turn(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dns01, "CLEAN_UP", 0.3)
    told: list[str] = []
    give_up(told)
    busy = "the zone example.org at slow was busy with other orders all the time"
    (line,) = told
    assert line.startswith(f"the TXT record value of _acme-challenge.a.example.org may still be there, remove it by hand: {busy}")
    with pytest.raises(DnsError, match=busy), in_turn("the zone example.org at slow", 0):
        pass
    slow.may_go_on.set()
    with in_turn("the zone example.org at slow", 10):
        assert slow.values == ["value"]


def answer(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(response=response)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (requests.ConnectionError("reset"), True),
        (requests.ConnectTimeout("late"), True),
        (ConnectionResetError("reset"), True),
        (answer(503), True),
        (answer(429), True),
        (answer(401), False),
        (AuthenticationError("no"), False),
        (Exception("no such zone"), False),
    ],
)
def test_which_errors_of_providers_pass(slow: Slow, monkeypatch: pytest.MonkeyPatch, error: Exception, passes: bool) -> None:
    def fail(*_arguments: str) -> None:
        raise error

    monkeypatch.setattr(slow, "create_record", fail)
    lookup: Any = SimpleNamespace(zone=lambda _name: "example.org")
    with pytest.raises(DnsError) as raised:
        Lexicon("slow", {}, lookup).present("a.example.org", "value", 5)
    assert isinstance(raised.value, DnsOutageError) is passes
