# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One signing request and what comes of it: its order, made or gone on with, and the chain, checked."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import describe, load_chain
from ansible_collections.encrypt.httpd.plugins.module_utils._chains import check_issued
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import renewal_time

from ._acme_errors import RefusedError
from ._acme_failures import told
from ._acme_gate import Gate
from ._acme_ledger import Entry, order_key
from ._acme_order import Order
from ._acme_refusals import DeferredError, refused
from ._acme_settings import Settings
from ._acme_solvers import Solver
from ._issuers import Issued, Refused, SigningRequest


def answer(acme: client.ClientV2, settings: Settings, request: SigningRequest, solver: Solver, gate: Gate) -> Issued | Refused:
    """What comes of a signing request. What goes wrong is remembered by the gate, and of use to the next run by the ledger."""
    deadline = time.monotonic() + settings.timeout + solver.patience
    order = Order(acme, acme.net.key, settings, solver, deadline)
    try:
        with gate.watching(request), told(settings), gate.ledger.order(order_key(settings, request), deadline) as entry:
            entry.allow = lambda replaces: gate.allow(request, replaces=replaces)
            entry.made = lambda: gate.made(request)
            chain = _chain(order, request, entry)
    except DeferredError as error:
        return error.answer
    except (Error, OSError) as error:
        return refused(request.name, error, order.notes)
    return Issued(request.name, chain, "; ".join(order.notes))


def _chain(order: Order, request: SigningRequest, entry: Entry) -> str:
    """The chain, checked. One of an order that was made long ago is of no use any more: then there is another order."""
    known = bool(entry.url)
    try:
        chain = order.fulfil(request, entry)
    except RefusedError:  # of an authorization or the order itself, which is lost with it (RFC 8555 section 7.1.6)
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
