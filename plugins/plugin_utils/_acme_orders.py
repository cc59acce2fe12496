# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have signing requests signed by an ACME server, many orders side by side."""

from __future__ import annotations

import queue
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._chains import check_issued
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_account import sign_in
from ._acme_errors import OutageError
from ._acme_gate import Gate
from ._acme_network import UNREADABLE, Network, explain, nonsense
from ._acme_order import Order
from ._acme_settings import Settings
from ._acme_solvers import Http01, Solver
from ._issuers import Issued, Refused, SigningRequest

SOLVERS: Mapping[str, Solver] = {Http01.type: Http01()}


def issue(
    settings: Settings, signing_requests: Sequence[SigningRequest], solvers: Mapping[str, Solver] = SOLVERS
) -> list[Issued | Refused]:
    """Have all requests signed; the answers stand in the order of the requests. *solvers* stand by type of challenge.

    What the CA refuses does not stop the others, and what is over a limit of the CA is not ordered. Raises Error when nothing can be
    ordered at all.
    """
    gate = Gate(settings)
    deferred: dict[str, Issued | Refused] = {**gate.enter(signing_requests)}
    going = [request for request in signing_requests if request.name not in deferred]
    answers = {answer.name: answer for answer in _order(settings, going, solvers, gate)} if going else {}
    return [answers.get(request.name) or deferred[request.name] for request in signing_requests]


def _order(
    settings: Settings, signing_requests: Sequence[SigningRequest], solvers: Mapping[str, Solver], gate: Gate
) -> list[Issued | Refused]:
    with gate.or_back():
        session = sign_in(settings)
    clients: queue.SimpleQueue[client.ClientV2] = queue.SimpleQueue()
    workers = max(1, min(settings.concurrency, len(signing_requests)))
    for _worker in range(workers):
        network = Network(settings, session.key, session.registration)
        clients.put(client.ClientV2(session.directory, network))

    def one(request: SigningRequest) -> Issued | Refused:
        acme = clients.get()
        try:
            return gate.closed(request) or _answer(acme, settings, request, solvers[request.challenge], gate)
        finally:
            clients.put(acme)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, signing_requests))


def _answer(acme: client.ClientV2, settings: Settings, request: SigningRequest, solver: Solver, gate: Gate) -> Issued | Refused:
    try:
        order = Order(acme, acme.net.key, settings, solver, time.monotonic() + settings.timeout)
        with gate.watching(request, acme.net):
            chain = order.fulfil(request)
        check_issued(chain, request.csr)
    except messages.Error as error:
        return Refused(request.name, explain(error), passing=error.code == "rateLimited")
    except Error as error:
        return Refused(request.name, str(error), passing=isinstance(error, OutageError))
    except UNREADABLE as error:
        return Refused(request.name, nonsense(settings.directory, error))
    return Issued(request.name, chain, order.note)
