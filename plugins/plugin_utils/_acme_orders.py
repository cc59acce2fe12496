# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have signing requests signed by an ACME server, many orders side by side."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext

from acme import client

from ._acme_account import Session, sign_in
from ._acme_answer import answer, order_key
from ._acme_errors import RefusedError
from ._acme_gate import Gate
from ._acme_ledger import Ledger
from ._acme_profiles import check_offered
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
    gate, ledger = Gate(settings), Ledger(settings.ledger)
    new = [request for request in signing_requests if not ledger.has_order(order_key(settings, request))]
    deferred: dict[str, Issued | Refused] = {**gate.enter(new)}
    going = [request for request in signing_requests if request.name not in deferred]
    with ending_well() if settings.dns else nullcontext(threading.Event()) as stopping:
        answers = {one.name: one for one in _order(settings, going, gate, stopping)} if going else {}
    return [answers.get(request.name) or deferred[request.name] for request in signing_requests]


def _order(settings: Settings, signing_requests: Sequence[SigningRequest], gate: Gate, stopping: threading.Event) -> list[Issued | Refused]:
    """The answers of the CA. An account that it does not know any more is registered again, once."""
    with gate.or_back():
        session = sign_in(settings)
        check_offered(session.directory, settings.profile, settings.directory)
    answers = _all(settings, session, signing_requests, gate, stopping)
    lost = [request for request, one in zip(signing_requests, answers) if _is_unknown(one)]
    if lost:
        again = iter(_all(settings, sign_in(settings), lost, gate, stopping))
        answers = [next(again) if _is_unknown(one) else one for one in answers]
    return answers


def _is_unknown(one: Issued | Refused) -> bool:
    """Whether the CA does not know the account."""
    error = one.error if isinstance(one, Refused) else None
    return isinstance(error, RefusedError) and error.problem.code == "accountDoesNotExist"


def _all(
    settings: Settings, session: Session, signing_requests: Sequence[SigningRequest], gate: Gate, stopping: threading.Event
) -> list[Issued | Refused]:
    solvers = _solvers(settings, stopping)
    clients: queue.SimpleQueue[client.ClientV2] = queue.SimpleQueue()
    workers = max(1, min(settings.concurrency, len(signing_requests)))
    for _worker in range(workers):
        clients.put(session.client(settings))

    def one(request: SigningRequest) -> Issued | Refused:
        if stopping.is_set():
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


def _solvers(settings: Settings, stopping: threading.Event) -> Mapping[str, Solver]:
    """By type of challenge."""
    solvers: dict[str, Solver] = {Http01.type: Http01(stopping)}
    if settings.dns:
        from ._dns01 import Dns01, dns01

        solvers[Dns01.type] = dns01(settings.dns, stopping)
    return solvers
