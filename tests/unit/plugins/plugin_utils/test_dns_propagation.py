# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wait for authoritative servers that are slow, behind, or silent."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_propagation import Record, await_records
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_provider import DnsError, DnsOutageError


class Watched:
    """A server that answers as *has* says of a name and how often it was asked for it: True is that it has the record."""

    def __init__(self, name: str, has: Callable[[str, int], bool], seconds: float = 0, error: DnsError | None = None) -> None:
        self._name, self._has, self._seconds, self._error = name, has, seconds, error
        self.asked: Counter[str] = Counter()

    def __str__(self) -> str:
        return self._name

    def texts(self, name: str, end: float) -> list[str]:
        self.asked[name] += 1
        time.sleep(min(self._seconds, max(end - time.monotonic(), 0)))
        if self._error:
            raise self._error
        return ["value"] if self._has(name, self.asked[name]) else ["another"]


def wait(servers: Sequence[Any], names: int, seconds: float, stopping: threading.Event | None = None) -> float:
    """Wait for a record of each name; how long it took. What was raised is raised."""
    records = [Record(f"n{number}", "value", tuple(servers)) for number in range(names)]
    begun = time.monotonic()
    await_records(records, begun + seconds, stopping or threading.Event())
    return time.monotonic() - begun


def test_what_was_seen_is_not_asked_for_again() -> None:
    ahead, behind = Watched("ahead", lambda _name, _times: True), Watched("behind", lambda name, times: name != "n1" or times == 3)
    wait([ahead, behind], 3, 10)
    assert ahead.asked == {"n0": 1, "n1": 1, "n2": 1}
    assert behind.asked == {"n0": 1, "n1": 3, "n2": 1}


def test_servers_are_asked_side_by_side() -> None:
    servers = [Watched(str(number), lambda _name, _times: True, seconds=0.1) for number in range(10)]
    assert wait(servers, 5, 10) < 2


def test_one_round_does_not_outlast_the_deadline() -> None:
    slow, begun = [Watched(name, lambda _name, _times: False, seconds=0.1) for name in ("ns1", "ns2")], time.monotonic()
    with pytest.raises(DnsError) as raised:
        wait(slow, 50, 1)
    assert time.monotonic() - begun < 2
    assert "ns1 has no TXT record value at n0; " in str(raised.value)
    assert "ns2 was not asked in time for the TXT record of n49. The CA was not asked" in str(raised.value)
    assert not isinstance(raised.value, DnsOutageError)


def test_a_silent_server_costs_one_question_in_each_round() -> None:
    begun, alive = time.monotonic(), Watched("alive", lambda _name, _times: True)
    silent = Watched("silent", lambda _name, _times: False, seconds=0.5, error=DnsOutageError("no answer"))
    with pytest.raises(DnsOutageError, match=r"^silent was asked in vain for the TXT record of n0: no answer\. The CA was not asked"):
        wait([alive, silent], 50, 2)
    assert time.monotonic() - begun < 3
    assert silent.asked.keys() == {"n0"}


@pytest.mark.parametrize("others", [[DnsError("REFUSED")], [None]])
def test_what_a_server_refuses_or_lacks_does_not_pass(others: list[DnsError | None]) -> None:
    servers = [Watched("ns", lambda _name, _times: False, error=error) for error in (DnsOutageError("no answer"), *others)]
    with pytest.raises(DnsError) as raised:
        wait(servers, 1, 0.1)
    assert not isinstance(raised.value, DnsOutageError)


def test_it_stops_within_a_round() -> None:
    stopping, begun = threading.Event(), time.monotonic()
    threading.Timer(0.5, stopping.set).start()
    with pytest.raises(DnsError, match="stopped while DNS servers had not got all records yet"):
        wait([Watched("ns", lambda _name, _times: False, seconds=0.1)], 100, 60, stopping)
    assert time.monotonic() - begun < 3
