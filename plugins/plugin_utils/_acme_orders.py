# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have signing requests signed by an ACME server, many orders side by side."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
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
from ._acme_errors import OutageError
from ._acme_failures import told
from ._acme_ledger import Entry, Ledger
from ._acme_network import Network
from ._acme_order import Order
from ._acme_settings import Settings
from ._acme_solvers import Http01, Solver
from ._interruption import ending_well
from ._issuers import Issued, Refused, SigningRequest

#: Seconds between two looks for a signal: one that the system gives to another thread does not wake the main one.
BLINK = 0.5


def issue(settings: Settings, signing_requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
    """Have all requests signed; the answers stand in the order of the requests.

    What the CA refuses does not stop the others. Raises Error when nothing can be ordered at all.
    """
    session = sign_in(settings)
    clients: queue.SimpleQueue[client.ClientV2] = queue.SimpleQueue()
    workers = max(1, min(settings.concurrency, len(signing_requests)))
    for _worker in range(workers):
        network = Network(settings, session.key, session.registration)
        clients.put(client.ClientV2(session.directory, network))

    with ending_well() if settings.dns else nullcontext(threading.Event()) as stopping:
        solvers = _solvers(settings, stopping)

        def one(request: SigningRequest) -> Issued | Refused:
            if stopping.is_set():
                return Refused(request.name, "it was not ordered, since the run was stopped")
            acme, solver = clients.get(), solvers[request.challenge]
            try:
                return _answer(acme, session, settings, request, solver)
            finally:
                clients.put(acme)

        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(one, request) for request in signing_requests]
            while wait(futures, BLINK).not_done:
                pass
            return [future.result() for future in futures]


def _solvers(settings: Settings, stopping: threading.Event) -> Mapping[str, Solver]:
    """By type of challenge."""
    solvers: dict[str, Solver] = {Http01.type: Http01()}
    if settings.dns:
        from ._dns01 import Dns01, dns01

        solvers[Dns01.type] = dns01(settings.dns, stopping)
    return solvers


def _answer(acme: client.ClientV2, session: Session, settings: Settings, request: SigningRequest, solver: Solver) -> Issued | Refused:
    deadline = time.monotonic() + settings.timeout + solver.patience
    order = Order(acme, session.key, settings, solver, deadline)
    try:
        with told(settings), Ledger(settings.ledger).order(_key(settings, request), deadline) as entry:
            chain = _chain(order, request, entry)
    except Error as error:
        reason = "; ".join([str(error), *order.notes])
        return Refused(request.name, reason, passing=isinstance(error, OutageError), error=error)
    return Issued(request.name, chain, "; ".join(order.notes))


def _chain(order: Order, request: SigningRequest, entry: Entry) -> str:
    """The chain, checked. One of an order that was made long ago is of no use any more: then there is another order."""
    known = bool(entry.url)
    chain = order.fulfil(request, entry)
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
    """What an order asks for: another key, other names or another CA are another order."""
    csr = load_request(request.csr.encode(), request.name)
    return json.dumps([settings.directory, key_fingerprint(csr), sorted(names_of(csr))])
