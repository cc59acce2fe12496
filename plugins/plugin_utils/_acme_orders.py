# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have signing requests signed by an ACME server, many orders side by side."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import (
    describe,
    key_fingerprint,
    load_chain,
    load_request,
    names_of,
)
from ansible_collections.encrypt.httpd.plugins.module_utils._chains import check_issued
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import renewal_time

from ._acme_account import Session, sign_in
from ._acme_errors import AuthorizationError, OutageError, RefusedError
from ._acme_failures import told
from ._acme_gate import Gate
from ._acme_ledger import Entry, Ledger
from ._acme_order import Order
from ._acme_profiles import check_offered
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
    gate, ledger = Gate(settings), Ledger(settings.ledger)
    new = [request for request in signing_requests if not ledger.has_order(_key(settings, request))]
    deferred: dict[str, Issued | Refused] = {**gate.enter(new)}
    going = [request for request in signing_requests if request.name not in deferred]
    answers = {answer.name: answer for answer in _order(settings, going, solvers, gate)} if going else {}
    return [answers.get(request.name) or deferred[request.name] for request in signing_requests]


def _order(
    settings: Settings, signing_requests: Sequence[SigningRequest], solvers: Mapping[str, Solver], gate: Gate
) -> list[Issued | Refused]:
    with gate.or_back():
        session = sign_in(settings)
        check_offered(session.directory, settings.profile, settings.directory)
    answers = _all(settings, session, signing_requests, solvers, gate)
    lost = [request for request, answer in zip(signing_requests, answers) if _is_unknown(answer)]
    if lost:  # the CA does not know the account any more: once more with one that it knows
        again = iter(_all(settings, sign_in(settings), lost, solvers, gate))
        answers = [next(again) if _is_unknown(answer) else answer for answer in answers]
    return answers


def _is_unknown(answer: Issued | Refused) -> bool:
    """Whether the CA does not know the account."""
    error = answer.error if isinstance(answer, Refused) else None
    return isinstance(error, RefusedError) and error.problem.code == "accountDoesNotExist"


def _all(
    settings: Settings, session: Session, signing_requests: Sequence[SigningRequest], solvers: Mapping[str, Solver], gate: Gate
) -> list[Issued | Refused]:
    clients: queue.SimpleQueue[client.ClientV2] = queue.SimpleQueue()
    workers = max(1, min(settings.concurrency, len(signing_requests)))
    for _worker in range(workers):
        clients.put(session.client(settings))

    def one(request: SigningRequest) -> Issued | Refused:
        acme = clients.get()
        try:
            return gate.closed(request) or _answer(acme, settings, request, solvers[request.challenge], gate)
        finally:
            clients.put(acme)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, signing_requests))


def _answer(acme: client.ClientV2, settings: Settings, request: SigningRequest, solver: Solver, gate: Gate) -> Issued | Refused:
    ledger = Ledger(settings.ledger)
    deadline = time.monotonic() + settings.timeout
    try:
        with gate.watching(request), told(settings), ledger.order(_key(settings, request), deadline) as entry:
            order = Order(acme, acme.net.key, settings, solver, deadline)
            chain = _chain(order, request, entry)
    except Error as error:
        return Refused(request.name, str(error), passing=isinstance(error, OutageError), error=error)
    return Issued(request.name, chain, order.note)


def _chain(order: Order, request: SigningRequest, entry: Entry) -> str:
    """The chain, checked. One of an order that was made long ago is of no use any more: then there is another order."""
    known = bool(entry.url)
    try:
        chain = order.fulfil(request, entry)
    except AuthorizationError:  # the order is lost with it (RFC 8555 section 7.1.6)
        entry.remember("")
        raise
    try:
        check_issued(chain, request.csr)
    except CertificateError:
        entry.remember("")
        raise
    leaf = describe(load_chain(chain.encode(), request.name))
    if known and datetime.now(timezone.utc) >= renewal_time(leaf):
        entry.url = ""
        return _chain(order, request, entry)
    return chain


def _key(settings: Settings, request: SigningRequest) -> str:
    """What an order asks for: another key, other names, another profile or another CA are another order."""
    csr = load_request(request.csr.encode(), request.name)
    return json.dumps([settings.directory, key_fingerprint(csr), sorted(names_of(csr)), settings.profile])
