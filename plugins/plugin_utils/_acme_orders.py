# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have signing requests signed by an ACME server, many orders side by side (RFC 8555 section 7.4)."""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from acme import challenges, client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import topmost_issuer
from ansible_collections.encrypt.httpd.plugins.module_utils._chains import check_issued
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_account import Session, sign_in
from ._acme_network import UNREADABLE, Network, explain, nonsense, retry_after
from ._acme_settings import AcmeError, Settings
from ._issuers import Issued, Refused, SigningRequest

#: Seconds between two looks at an order or authorization, unless the server asks for others.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
#: Seconds before the first look: a CA that is asked at once only says when to ask again.
SETTLE = 0.1


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

    def one(request: SigningRequest) -> Issued | Refused:
        acme = clients.get()
        try:
            return _answer(acme, session, settings, request)
        finally:
            clients.put(acme)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, signing_requests))


def _answer(acme: client.ClientV2, session: Session, settings: Settings, request: SigningRequest) -> Issued | Refused:
    try:
        order = _Order(acme, session, settings, time.monotonic() + settings.timeout)
        chain = order.fulfil(request.csr)
        check_issued(chain, request.csr)
    except messages.Error as error:
        return Refused(request.name, explain(error))
    except Error as error:
        return Refused(request.name, str(error))
    except UNREADABLE as error:
        return Refused(request.name, nonsense(settings.directory, error))
    return Issued(request.name, chain, order.note)


class _Order:
    """One order, from newOrder to the chain."""

    def __init__(self, acme: client.ClientV2, session: Session, settings: Settings, deadline: float) -> None:
        self._acme = acme
        self._key = session.key
        self._preferred = settings.preferred_chain
        self._deadline = deadline
        self.note = ""

    def fulfil(self, csr: str) -> str:
        order = self._acme.new_order(csr.encode())
        for authorization in order.authorizations:
            self._begin(authorization)
        time.sleep(SETTLE)
        for authorization in order.authorizations:
            self._await_authorization(authorization)
        ready = self._poll(order.uri, "ready", lambda found: found.status != messages.STATUS_PENDING)
        if ready.status == messages.STATUS_INVALID:
            raise AcmeError(_failure(ready))
        self._ask(lambda: self._acme.begin_finalization(order), order.uri, ready)
        time.sleep(SETTLE)
        done = self._poll(order.uri, "signed", lambda found: found.status != messages.STATUS_PROCESSING)
        if done.status != messages.STATUS_VALID or not done.certificate:
            raise AcmeError(_failure(done))
        return self._download(done.certificate)

    def _begin(self, authorization: messages.AuthorizationResource) -> None:
        """Ask the CA to validate, unless the name is valid already or under way."""
        body = authorization.body
        if body.status != messages.STATUS_PENDING:
            return
        offered = [one for one in body.challenges if isinstance(one.chall, challenges.HTTP01)]
        if not offered:
            kinds = ", ".join(one.chall.typ for one in body.challenges)
            raise AcmeError(f"{body.identifier.value}: the CA offers no http-01 challenge, only {kinds or 'none'}")
        if offered[0].status == messages.STATUS_PENDING:
            answer = offered[0].chall.response(self._key)
            self._ask(lambda: self._acme.answer_challenge(offered[0], answer), authorization.uri, body)

    def _ask(self, ask: Callable[[], object], url: str, before: Any) -> None:
        """Have an order or authorization go on. When an answer is lost on the way, the next attempt is refused, though it did."""
        try:
            ask()
        except messages.Error:
            if _state(type(before).from_json(self._fetch(url).json())) == _state(before):
                raise

    def _await_authorization(self, authorization: messages.AuthorizationResource) -> None:
        if authorization.body.status == messages.STATUS_VALID:
            return
        name = authorization.body.identifier.value
        found = self._poll(
            authorization.uri, f"validated for {name}", lambda body: body.status != messages.STATUS_PENDING, messages.Authorization
        )
        if found.status != messages.STATUS_VALID:
            told = [explain(one.error) for one in found.challenges if one.error]
            raise AcmeError(f"{name}: {'; '.join(told) or f'the authorization became {found.status}'}")

    def _poll(self, url: str, goal: str, done: Callable[[Any], bool], kind: type[Any] = messages.Order) -> Any:
        """Look at an order or authorization until it is *done*; *goal* tells in an error what it did not become."""
        pause = FIRST_PAUSE
        while True:
            response = self._fetch(url)
            found = kind.from_json(response.json())
            if done(found):
                return found
            asked = retry_after(response)
            wait = asked if asked is not None else pause * random.uniform(0.8, 1.2)
            if time.monotonic() + wait > self._deadline:
                raise AcmeError(f"the order was not {goal} in time; the next run asks again")
            time.sleep(max(wait, FIRST_PAUSE / 2))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _download(self, url: str) -> str:
        """The chain, or the alternate one whose topmost issuer is preferred (RFC 8555 section 7.4.2)."""
        response = self._fetch(url)
        chains = [response.text]
        if self._preferred:
            links = requests.utils.parse_header_links(response.headers.get("Link", ""))
            chains += [self._fetch(link["url"]).text for link in links if link.get("rel") == "alternate"]
        found = [topmost_issuer(chain) for chain in chains]
        if self._preferred in found:
            return chains[found.index(self._preferred)]
        if self._preferred:
            self.note = f"the CA offers no chain up to {self._preferred!r}, but to {' and '.join(found)}; the first is taken"
        return chains[0]

    def _fetch(self, url: str) -> requests.Response:
        """POST-as-GET."""
        return self._acme.net.post(url, None, new_nonce_url=self._acme.directory["newNonce"])


def _state(found: Any) -> tuple[Any, ...]:
    """How far an order is, or an authorization with its challenges."""
    return found.status, *(one.status for one in getattr(found, "challenges", ()))


def _failure(order: messages.Order) -> str:
    return explain(order.error) if order.error else f"the order became {order.status}"
