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
from ._dns_lookup import Lookup
from ._dns_propagation import Record, await_records
from ._dns_provider import DnsError, DnsOutageError, Provider
from ._dns_settings import DnsSettings
from ._interruption import pause

_Done = TypeVar("_Done")
#: Seconds for the removal of one record, which has to be even when the order has no time left; of all records once one was not removed.
CLEAN_UP = 30.0


class Dns01:
    """See Solver. *stopping* is set when the user wants no more."""

    type = "dns-01"

    def __init__(self, provider: Provider, lookup: Lookup, patience: float, stopping: threading.Event) -> None:
        self._provider = provider
        self._lookup = lookup
        self.patience = patience
        self._stopping = stopping

    def pause(self, seconds: float) -> None:
        """See Solver."""
        pause(seconds, self._stopping)

    @contextlib.contextmanager
    def presented(self, proofs: Sequence[Proof], deadline: float, tell: Callable[[str], None]) -> Iterator[None]:
        """See Solver."""
        records = [_persistently(partial(self._record, proof), deadline) for proof in proofs]
        removal = _Removal(self._provider, self._stopping, tell)
        with contextlib.ExitStack() as shown:  # whatever goes wrong with one record, the others are removed
            for record in records:
                self.pause(0)
                shown.callback(removal.of, record)  # before it is certain: one that was stopped half-way may be there
                self._present(record, deadline)
            if self.patience:
                await_records(records, min(deadline, time.monotonic() + self.patience), self._stopping)
            yield

    def _present(self, record: Record, deadline: float) -> None:
        try:
            _persistently(lambda: self._provider.present(record.name, record.value, _left(deadline)), deadline)
        except OSError as error:  # of this machine, such as a program that does not start
            raise DnsError(f"{record.name}: {error}") from None

    def _record(self, proof: Proof) -> Record:
        name = self._lookup.final_name(f"_acme-challenge.{proof.name}")
        servers = self._lookup.servers(name) if self.patience else []
        return Record(name, proof.challenge.chall.validation(proof.key), tuple(servers))


@dataclass
class _Removal:
    """Of the records of one order. What DNS is out of order for costs its time once: after that each record has one attempt more."""

    provider: Provider
    stopping: threading.Event
    tell: Callable[[str], None]
    #: When the time is over, of time.monotonic(); none while all goes well.
    end: float | None = None

    def of(self, record: Record) -> None:
        """Remove it, or have a person told."""
        try:
            self._remove(record)
        except (Error, OSError) as error:
            self.tell(f"the TXT record {record.value} of {record.name} may still be there, remove it by hand: {error}")

    def _remove(self, record: Record) -> None:
        end = self.end or time.monotonic() + CLEAN_UP
        if self.stopping.is_set() and time.monotonic() >= end:
            raise DnsError("DNS was out of order, and the run was stopped")
        again, begun = 0.0 if self.end else end, time.monotonic()  # until when to try again
        try:
            _persistently(lambda: self.provider.clean_up(record.name, record.value, _left(end)), again)
        except DnsOutageError:
            self.end = end
            raise
        if self.end:  # what works, though it is slow, leaves the others their time
            self.end += time.monotonic() - begun


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
