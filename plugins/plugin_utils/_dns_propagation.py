# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wait until all authoritative servers have all TXT records of an order."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ._dns_lookup import Server
from ._dns_provider import DnsError, DnsOutageError

#: Seconds between two looks at the servers.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


@dataclass(frozen=True)
class Record:
    """What is shown for one proof: *name* is where the CNAMEs lead to, and *servers* are those that have to have it."""

    name: str
    value: str
    servers: tuple[Server, ...]


def await_records(records: Sequence[Record], end: float, stopping: threading.Event) -> None:
    """Wait, at most until *end* (of time.monotonic()). Raises DnsError that names the servers, and what they have not got."""
    servers = dict.fromkeys(server for record in records for server in record.servers)
    watches = [_Watch(server, [record for record in records if server in record.servers], end, stopping) for server in servers]
    pause = FIRST_PAUSE
    with ThreadPoolExecutor(max(len(watches), 1)) as side_by_side:
        while watches := [watch for watch in side_by_side.map(_Watch.look, watches) if watch.lacking]:
            if stopping.is_set():
                raise DnsError("stopped while DNS servers had not got all records yet")
            if time.monotonic() + pause > end:
                raise _late(watches)
            stopping.wait(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)


class _Watch:
    """One server, and why it lacks which records: what it was seen to have is not asked for again."""

    def __init__(self, server: Server, records: Sequence[Record], end: float, stopping: threading.Event) -> None:
        self._server = server
        self._end = end
        self._stopping = stopping
        self.lacking = {one: f"{server} was not asked in time for the TXT record of {one.name}" for one in records}
        #: Why it could not be asked.
        self.problem: DnsError | None = None

    def look(self) -> _Watch:
        """Ask for what is lacking, as long as there is time. When the server does not answer, it is not asked for more this time."""
        self.problem = None
        for record in list(self.lacking):
            if self._stopping.is_set() or time.monotonic() >= self._end:
                break
            try:
                found = self._server.texts(record.name, self._end)
            except DnsError as error:
                self.problem = error
                break
            if record.value in found:
                del self.lacking[record]
            else:
                self.lacking[record] = f"{self._server} has no TXT record {record.value} at {record.name}"
        return self

    def told(self) -> list[str]:
        """Why it lacks what."""
        if self.problem:
            return [f"{self._server} was asked in vain for the TXT record of {next(iter(self.lacking)).name}: {self.problem}"]
        return list(self.lacking.values())


def _late(watches: Sequence[_Watch]) -> DnsError:
    """It passes when each of the servers is only out of order."""
    lacking = "; ".join(dict.fromkeys(line for watch in watches for line in watch.told()))
    kind = DnsOutageError if all(isinstance(watch.problem, DnsOutageError) for watch in watches) else DnsError
    return kind(
        f"{lacking}. The CA was not asked. Give propagation_timeout more seconds if that takes longer; authoritative_servers names the "
        "servers to look at"
    )
