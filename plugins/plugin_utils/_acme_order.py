# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order of an ACME server, from newOrder to the chain (RFC 8555 section 7.4)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import requests
from acme import challenges, client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import topmost_issuer

from ._acme_errors import AcmeError, AuthorizationError, NotAcmeError, OutageError, Problem, RefusedError, TimedOutError
from ._acme_failures import UNREADABLE, not_of_the_ca, problem, retry_after, told
from ._acme_ledger import Entry
from ._acme_new_order import new_order
from ._acme_profiles import check_taken
from ._acme_settings import Settings
from ._acme_solvers import Proof, Solver
from ._issuers import SigningRequest

#: Seconds between two looks at an order or authorization, unless the server asks for more.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
#: Seconds before the first look: a CA that is asked at once only says when to ask again.
SETTLE = 0.1


class Order:
    """One order. *key* is the account's, *deadline* is of time.monotonic(). *notes* are what a person should know."""

    def __init__(self, acme: client.ClientV2, key: Any, settings: Settings, solver: Solver, deadline: float) -> None:
        self._acme = acme
        acme.net.deadline = deadline  # type: ignore[attr-defined]  # of Network
        self._key = key
        self._settings = settings
        self._solver = solver
        self._deadline = deadline
        self.notes: list[str] = []

    def fulfil(self, request: SigningRequest, entry: Entry) -> str:
        """The chain, in PEM. An order that the entry knows already goes on. Raises Error or messages.Error."""
        url, order = self._known(entry) or self._new(request, entry)
        if order.status == messages.STATUS_PENDING:
            self._authorize([(one, self._get(one, messages.Authorization)) for one in order.authorizations])
            order = self._poll(url, "ready", lambda found: found.status != messages.STATUS_PENDING)
        if order.status == messages.STATUS_READY:
            order = self._finalize(url, order, request)
        if order.status != messages.STATUS_VALID or not order.certificate:
            raise _failure(order)
        return self._download(order.certificate)

    def _known(self, entry: Entry) -> tuple[str, messages.Order] | None:
        """The order that an earlier run made, unless it came to nothing."""
        if not entry.url:
            return None
        try:
            order = self._get(entry.url, messages.Order)
        except OutageError:
            raise
        except (messages.Error, AcmeError, *UNREADABLE):  # it is not known any more, or is another account's
            return None
        return None if order.status == messages.STATUS_INVALID else (entry.url, order)

    def _new(self, request: SigningRequest, entry: Entry) -> tuple[str, messages.Order]:
        response = new_order(self._acme, request, self._settings.profile, entry.allow)
        entry.made()
        url, order = response.headers["Location"], messages.Order.from_json(response.json())
        check_taken(order, self._settings.profile)
        entry.remember(url)
        return url, order

    def _authorize(self, authorizations: Sequence[tuple[str, messages.Authorization]]) -> None:
        """Have the CA validate each name, unless it is valid already or under way."""
        pending = [one for one in authorizations if one[1].status == messages.STATUS_PENDING]
        proofs = [self._proof(authorization) for _url, authorization in pending]
        presented = self._solver.presented(proofs, self._deadline, self.notes.append)
        with not_of_the_ca(self._solver.type), presented, told(self._settings):
            for proof, (url, authorization) in zip(proofs, pending):
                self._begin(proof, url, authorization)
            time.sleep(SETTLE if pending else 0)
            self._await_all(authorizations)

    def _proof(self, authorization: messages.Authorization) -> Proof:
        name = authorization.identifier.value
        for challenge in authorization.challenges:
            if challenge.chall.typ == self._solver.type:
                return Proof(name, challenge, self._key)
        offered = ", ".join(_type(one.chall) for one in authorization.challenges)
        raise AcmeError(f"{name}: the CA offers no {self._solver.type} challenge, only {offered or 'none'}")

    def _begin(self, proof: Proof, url: str, authorization: messages.Authorization) -> None:
        if proof.challenge.status == messages.STATUS_PENDING:
            answer = proof.challenge.chall.response(self._key)
            self._ask(lambda: self._acme.answer_challenge(proof.challenge, answer), url, authorization)

    def _finalize(self, url: str, ready: messages.Order, request: SigningRequest) -> messages.Order:
        resource = messages.OrderResource(body=ready, uri=url, csr_pem=request.csr.encode())
        self._ask(lambda: self._acme.begin_finalization(resource), url, ready)
        time.sleep(SETTLE)
        under_way = (messages.STATUS_READY, messages.STATUS_PROCESSING)
        signed: messages.Order = self._poll(url, "signed", lambda found: found.status not in under_way)
        return signed

    def _ask(self, ask: Callable[[], object], url: str, before: Any) -> None:
        """Have an order or authorization go on. When an answer is lost on the way, the next attempt is refused, though it did."""
        try:
            ask()
        except (NotAcmeError, *UNREADABLE):
            if _state(self._get(url, type(before))) == _state(before):
                raise

    def _await_all(self, authorizations: Sequence[tuple[str, messages.Authorization]]) -> None:
        """One that fails does not hide what is wrong with others, nor does a CA that says no more then."""
        problems: list[Problem] = []
        for url, before in authorizations:
            name = before.identifier.value
            try:
                wrong = self._await_authorization(url, name) if before.status != messages.STATUS_VALID else None
            except OutageError:
                if not problems:
                    raise
                break
            if wrong:
                problems.append(replace(wrong, name=name))
        if problems:
            raise AuthorizationError(problems[0].name, *problems)

    def _await_authorization(self, url: str, name: str) -> Problem | None:
        """What is wrong with it."""
        found = self._poll(url, f"validated for {name}", lambda body: body.status != messages.STATUS_PENDING, messages.Authorization)
        if found.status == messages.STATUS_VALID:
            return None
        wrong = [problem(challenge.error) for challenge in found.challenges if challenge.error]
        return wrong[0] if wrong else Problem("", f"the authorization became {found.status.name}")

    def _poll(self, url: str, goal: str, done: Callable[[Any], bool], kind: type[Any] = messages.Order) -> Any:
        """Look at an order or authorization until it is *done*; *goal* tells in an error what it did not become."""
        pause = FIRST_PAUSE
        while True:
            response = self._post(url)
            found = kind.from_json(response.json())
            if done(found):
                return found
            wait = max(retry_after(response) or 0.0, pause * random.uniform(0.8, 1.2))
            if time.monotonic() + wait > self._deadline:
                raise TimedOutError(f"the order was not {goal} in time; the next run asks again")
            self._solver.pause(wait)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _download(self, url: str) -> str:
        """The chain, or the alternate one whose topmost issuer is preferred (RFC 8555 section 7.4.2)."""
        response = self._post(url)
        chains = [_whole(response)]
        preferred = self._settings.preferred_chain
        if preferred:
            links = requests.utils.parse_header_links(response.headers.get("Link", ""))
            chains += [_whole(self._post(link["url"])) for link in links if link.get("rel") == "alternate"]
        found = [topmost_issuer(chain) for chain in chains]
        if preferred in found:
            return chains[found.index(preferred)]
        if preferred:
            self.notes.append(f"the CA offers no chain up to {preferred!r}, but to {' and '.join(found)}; the first is taken")
        return chains[0]

    def _get(self, url: str, kind: type[Any]) -> Any:
        return kind.from_json(self._post(url).json())

    def _post(self, url: str, body: Any = None) -> requests.Response:
        """Without a body it is a POST-as-GET."""
        return self._acme.net.post(url, body, new_nonce_url=self._acme.directory["newNonce"])


def _type(challenge: Any) -> str:
    """Also of a challenge that ``acme`` does not know."""
    return str(challenge.jobj.get("type") if isinstance(challenge, challenges.UnrecognizedChallenge) else challenge.typ)


def _state(found: Any) -> tuple[Any, ...]:
    """How far an order is, or an authorization with its challenges."""
    return found.status, *(one.status for one in getattr(found, "challenges", ()))


def _whole(response: requests.Response) -> str:
    """A chain in PEM. One that is cut within a certificate would lack an intermediate, and nobody would notice."""
    if not response.text.rstrip().endswith("-----END CERTIFICATE-----"):
        raise NotAcmeError(f"what {response.url} answers is no chain of certificates in PEM, or not all of it")
    return response.text


def _failure(order: messages.Order) -> AcmeError:
    return RefusedError("", problem(order.error)) if order.error else AcmeError(f"the order became {order.status.name}")
