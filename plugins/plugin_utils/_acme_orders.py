# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have signing requests signed by an ACME server, many orders side by side."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, replace

from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_account import Session, sign_in
from ._acme_answer import answer
from ._acme_gate import Gate
from ._acme_profiles import check_offered
from ._acme_refusals import is_unknown_account, refused
from ._acme_settings import Settings
from ._acme_solvers import Http01, Solver
from ._interruption import ending_well
from ._issuers import Issued, Refused, SigningRequest

#: Seconds between two looks for a signal: one that the system gives to another thread does not wake the main one.
BLINK = 0.5


def issue(settings: Settings, signing_requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
    """Have all requests signed; the answers stand in the order of the requests.

    What the CA refuses does not stop the others, and what is over a limit of the CA is not ordered. Raises Error when nothing can be
    ordered at all.
    """
    gate = Gate(settings)
    gate.ledger.forget_old(time.time())
    deferred: dict[str, Issued | Refused] = {**gate.enter(signing_requests)}
    going = [request for request in signing_requests if request.name not in deferred]
    with ending_well() if settings.dns else nullcontext(threading.Event()) as stopping:
        run = _Run(settings, gate, stopping)
        answers = {one.name: one for one in run.order(going)} if going else {}
    return _telling(gate.problem, [answers.get(request.name) or deferred[request.name] for request in signing_requests])


@dataclass(frozen=True)
class _Run:
    """What the orders of one run have in common."""

    settings: Settings
    gate: Gate
    stopping: threading.Event

    def order(self, signing_requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
        """The answers of the CA. An account that it does not know any more is registered again, once."""
        answers = self._all(self._sign_in(), signing_requests)
        lost = [request for request, one in zip(signing_requests, answers) if _is_unknown(one)]
        if lost:
            again = iter(self._again(lost))
            answers = [next(again) if _is_unknown(one) else one for one in answers]
        return answers

    def _sign_in(self) -> Session:
        with self.gate.or_back():
            session = sign_in(self.settings)
            check_offered(session.directory, self.settings.profile, self.settings.directory)
        return session

    def _again(self, lost: Sequence[SigningRequest]) -> list[Issued | Refused]:
        """Without the account, which cannot be registered again, what the others got is not lost."""
        try:
            session = self._sign_in()
        except Error as error:
            return [refused(request.name, error) for request in lost]
        return self._all(session, lost)

    def _all(self, session: Session, signing_requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
        settings, gate = self.settings, self.gate
        solvers = _solvers(settings, self.stopping)
        clients: queue.SimpleQueue[client.ClientV2] = queue.SimpleQueue()
        workers = max(1, min(settings.concurrency, len(signing_requests)))
        for _worker in range(workers):
            clients.put(session.client(settings))

        def one(request: SigningRequest) -> Issued | Refused:
            if self.stopping.is_set():
                gate.give_back(request)
                return Refused(request.name, "it was not ordered, since the run was stopped")
            acme = clients.get()
            try:
                return gate.closed(request) or answer(acme, settings, request, solvers[request.challenge], gate)
            finally:
                clients.put(acme)

        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(one, request) for request in signing_requests]
            while wait(futures, BLINK).not_done:
                pass
            return [future.result() for future in futures]


def _is_unknown(one: Issued | Refused) -> bool:
    return isinstance(one, Refused) and is_unknown_account(one.error)


def _telling(problem: str, answers: list[Issued | Refused]) -> list[Issued | Refused]:
    """With what could not be remembered, told once."""
    if not problem or not answers:
        return answers
    first = answers[0]
    if isinstance(first, Issued):
        return [replace(first, note="; ".join(filter(None, [first.note, problem]))), *answers[1:]]
    return [replace(first, reason=f"{first.reason}; {problem}"), *answers[1:]]


def _solvers(settings: Settings, stopping: threading.Event) -> Mapping[str, Solver]:
    """By type of challenge."""
    solvers: dict[str, Solver] = {Http01.type: Http01(stopping)}
    if settings.dns:
        from ._dns01 import Dns01, dns01

        solvers[Dns01.type] = dns01(settings.dns, stopping)
    return solvers
