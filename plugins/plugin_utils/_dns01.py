# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The challenge dns-01: a TXT record at _acme-challenge of each name (RFC 8555 section 8.4)."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_retry import wait
from ._acme_solvers import Proof
from ._dns_lookup import Lookup, Server
from ._dns_provider import DnsError, DnsOutageError, Provider
from ._dns_settings import DnsSettings

_Done = TypeVar("_Done")
#: Seconds between two looks at the servers.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
#: Seconds for the removal of one record, which has to be even when the order has no time left.
CLEAN_UP = 30.0


@dataclass(frozen=True)
class _Record:
    """What is shown for one proof: *name* is where the CNAMEs lead to, and *servers* are those that have to have it."""

    name: str
    value: str
    servers: tuple[Server, ...]


class Dns01:
    """See Solver. *stopping* is set when the user wants no more."""

    type = "dns-01"

    def __init__(self, provider: Provider, lookup: Lookup, patience: float, stopping: threading.Event) -> None:
        self._provider = provider
        self._lookup = lookup
        self.patience = patience
        self._stopping = stopping

    @contextlib.contextmanager
    def presented(self, proofs: Sequence[Proof], deadline: float, tell: Callable[[str], None]) -> Iterator[None]:
        """See Solver."""
        records = [_persistently(partial(self._record, proof), deadline) for proof in proofs]
        with contextlib.ExitStack() as shown:  # whatever goes wrong with one record, the others are removed
            for record in records:
                shown.callback(self._clean_up, record, tell)  # before it is certain: one that was stopped half-way may be there
                self._present(record, deadline)
            if self.patience:
                self._await(records, min(deadline, time.monotonic() + self.patience))
            yield

    def _present(self, record: _Record, deadline: float) -> None:
        try:
            _persistently(lambda: self._provider.present(record.name, record.value, _left(deadline)), deadline)
        except OSError as error:  # of this machine, such as a program that does not start
            raise DnsError(f"{record.name}: {error}") from None

    def _record(self, proof: Proof) -> _Record:
        name = self._lookup.final_name(f"_acme-challenge.{proof.name}")
        servers = self._lookup.servers(name) if self.patience else []
        return _Record(name, proof.challenge.chall.validation(proof.key), tuple(servers))

    def _await(self, records: Sequence[_Record], end: float) -> None:
        """Wait until each authoritative server has each record. Raises DnsError that names those that have not."""
        pause = FIRST_PAUSE
        while lacking := [f"{server} {why}" for one in records for server in one.servers if (why := _lack(server, one))]:
            if self._stopping.is_set():
                raise DnsError("stopped while DNS servers had not got all records yet")
            if time.monotonic() + pause > end:
                raise DnsError(
                    f"{'; '.join(dict.fromkeys(lacking))}. The CA was not asked. Give propagation_timeout more seconds if that takes "
                    "longer; authoritative_servers names the servers to look at"
                )
            self._stopping.wait(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _clean_up(self, record: _Record, tell: Callable[[str], None]) -> None:
        end = time.monotonic() + CLEAN_UP
        try:
            _persistently(lambda: self._provider.clean_up(record.name, record.value, _left(end)), end)
        except (Error, OSError) as error:
            tell(f"the TXT record {record.value} of {record.name} may still be there, remove it by hand: {error}")


def _left(end: float) -> float:
    """Seconds for one attempt, which has to have some."""
    return max(end - time.monotonic(), 1.0)


def _persistently(work: Callable[[], _Done], end: float) -> _Done:
    """What it gives. When it fails by what may pass, it is tried again a few times, as long as there is time."""
    attempt = 0
    while True:
        try:
            return work()
        except DnsOutageError:
            attempt += 1
            pause = wait(attempt, None, end - time.monotonic(), random.random())
            if pause is None:
                raise
        time.sleep(pause)


def _lack(server: Server, record: _Record) -> str:
    """What is missing of a record; empty when it is there."""
    try:
        return "" if record.value in server.texts(record.name) else f"has no TXT record {record.value} at {record.name}"
    except DnsError as error:
        return f"was asked in vain for the TXT record of {record.name}: {error}"


def dns01(settings: DnsSettings, stopping: threading.Event) -> Dns01:
    """The solver for what the user says."""
    lookup = Lookup(settings.resolvers, settings.authoritative_servers)
    return Dns01(_provider(settings, lookup), lookup, settings.propagation_timeout, stopping)


def _provider(settings: DnsSettings, lookup: Lookup) -> Provider:
    if settings.provider == "rfc2136":
        from ._dns_rfc2136 import Rfc2136

        return Rfc2136(settings.server, settings.port, settings.tsig)
    if settings.provider == "program":
        from ._dns_program import Program

        return Program(settings.program)
    from ._dns_lexicon import Lexicon

    return Lexicon(settings.lexicon_provider, settings.lexicon_options, lookup)
