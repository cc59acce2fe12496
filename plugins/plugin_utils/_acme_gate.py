# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate before an ACME server: orders over a limit of the CA do not go, and are told about. A CA is never hammered."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_request, names_of
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import AcmeError, AuthorizationError, RefusedError
from ._acme_history import history_of
from ._acme_ledger import Ledger, order_key
from ._acme_refusals import DeferredError, asks_to_wait, deferred_until, is_unknown_account, wait_of
from ._acme_settings import Settings
from ._issuers import Refused, SigningRequest
from ._limits import DOMAIN, FAILURES
from ._plan import Past, PlannedOrder, Wait, WantedOrder, plan
from ._registered_domains import GUESS, is_exact, registered_domain


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class _Room:
    """What is reserved for an order, whether for one that tells what it replaces, whether it was asked for, and whether the CA made it."""

    key: str
    replaces: bool
    taken: bool = False
    made: bool = False


class Gate:
    """For the orders of one run on one host. Other processes are seen through the history."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = _now) -> None:
        #: Orders in flight.
        self.ledger = Ledger(settings.ledger)
        self._settings = settings
        self._history = history_of(settings)
        self._clock = clock
        self._rooms: dict[str, _Room] = {}
        self._waits: list[Wait] = []
        self._problem = ""

    def look(self, requests: Sequence[SigningRequest]) -> dict[str, Refused]:
        """The answers to those that would be deferred, by name. Nothing is written."""
        now = self._clock()
        deferred = self._deferred(self._plan(self._new(requests), now), now)
        return self._all_closed(requests) | deferred

    def enter(self, requests: Sequence[SigningRequest]) -> dict[str, Refused]:
        """The answers to those that are deferred, by name. The others may go, and have their room reserved unless they are in flight."""
        deferred = self._reserve(self._new(requests))
        return self._all_closed(requests) | deferred

    def _new(self, requests: Sequence[SigningRequest]) -> list[SigningRequest]:
        """Those that there is no order of, which goes on whatever the limits say."""
        return [one for one in requests if not (one.csr and self.ledger.has_order(order_key(self._settings, one)))]

    def _reserve(self, requests: Sequence[SigningRequest]) -> dict[str, Refused]:
        now = self._clock()
        with contextlib.ExitStack() as stack:
            with self._trying():
                stack.enter_context(self._history.alone())
            planned = self._plan(requests, now)
            going = [one.order for one in planned if one.at <= now]
            rooms = {order.name: _Room(secrets.token_hex(8), order.replaces) for order in going}
            self._rooms.update(rooms)
            with self._trying():
                self._history.ordered(now, [(rooms[one.name].key, one.names, one.replaces) for one in going])
        return self._deferred(planned, now)

    def allow(self, request: SigningRequest, *, replaces: bool) -> None:
        """An order is made next. Raises DeferredError when there is no room for it, which is reserved here unless it is already.

        None was reserved for an order that went on, and came to nothing; and for a renewal only what one takes that the CA is told of.
        """
        room = self._rooms.get(request.name)
        if room is None or room.made or room.replaces != replaces:
            self.give_back(request)
            deferred = self._reserve([request if replaces else replace(request, replaces="")])
            if deferred:
                raise DeferredError(deferred[request.name])
        self._rooms[request.name].taken = True

    def made(self, request: SigningRequest) -> None:
        """The CA made the order: whatever comes of it, it counts."""
        self._rooms[request.name].made = True

    def _all_closed(self, requests: Sequence[SigningRequest]) -> dict[str, Refused]:
        return {one.name: answer for one in requests if (answer := self.closed(one))}

    def closed(self, request: SigningRequest) -> Refused | None:
        """The answer, when the CA asks to wait. What it said about names is about new orders, so an order in flight only waits with all."""
        now = self._clock()
        names = wanted_names(request) if request.name in self._rooms else ()
        waits = [wait for wait in self._waits if wait.until > now and wait.concerns(names)]
        if not waits:
            return None
        self.give_back(request)
        return deferred_until(request.name, max(wait.until for wait in waits), "the CA asked to wait")

    @contextlib.contextmanager
    def watching(self, request: SigningRequest) -> Iterator[None]:
        """Remember what goes wrong with an order, and give the room back when there was none to make, as another run has made it."""
        try:
            yield
        except AcmeError as error:
            now, room = self._clock(), self._rooms.get(request.name)
            unheard = room is not None and room.taken and not room.made  # if the CA made it, nobody knows its URL and goes on with it
            if self._waits_for(error, wanted_names(request)) or is_unknown_account(error):
                self.give_back(request)
            elif isinstance(error, RefusedError) or unheard:  # of an order that was only given up there may be a certificate
                failed = list(error.names) if isinstance(error, AuthorizationError) else []
                with self._trying():
                    self._history.failed(now, room.key if room else "", failed)
            raise
        finally:
            if request.name in self._rooms and not self._rooms[request.name].taken:
                self.give_back(request)

    def _waits_for(self, error: BaseException, names: tuple[str, ...]) -> bool:
        """Whether the CA asked to wait; then it is remembered."""
        if not asks_to_wait(error):
            return False
        now = self._clock()
        wait = wait_of(error, names, now)
        self._waits.append(wait)
        with self._trying():
            self._history.told_to_wait(now, wait)
        return True

    def give_back(self, request: SigningRequest) -> None:
        """The room of an order, if it has one; it stays counted when the order was made."""
        room = self._rooms.pop(request.name, None)
        if room and not room.made:
            with self._trying():
                self._history.undone(self._clock(), [room.key])

    @contextlib.contextmanager
    def or_back(self) -> Iterator[None]:
        """Give back all room of orders that were not asked for when nothing can be ordered at all."""
        try:
            yield
        except BaseException as error:
            self._waits_for(error, ())
            with self._trying():
                self._history.undone(self._clock(), [room.key for room in self._rooms.values() if not room.taken])
            raise

    def _plan(self, requests: Sequence[SigningRequest], now: datetime) -> list[PlannedOrder]:
        past = Past()
        with self._trying():
            past = self._history.past(now)
        self._waits += [wait for wait in past.waits if wait not in self._waits]
        orders = [WantedOrder(one.name, wanted_names(one), bool(one.replaces)) for one in requests]
        return plan(orders, past, self._settings.limits, registered_domain, now)

    def _deferred(self, planned: Sequence[PlannedOrder], now: datetime) -> dict[str, Refused]:
        failing = {str(limit) for limit in self._settings.limits if limit.scope == FAILURES}
        told = {one.order.name: (one, deferred_until(one.order.name, one.at, self._why(one))) for one in planned if one.at > now}
        # A name that keeps failing is a failure, here and with any other CA.
        return {name: replace(why, passing=False, deferred=False) if one.limit in failing else why for name, (one, why) in told.items()}

    def _why(self, one: PlannedOrder) -> str:
        guessed = any(limit.scope == DOMAIN and str(limit) == one.limit for limit in self._settings.limits) and not is_exact()
        return one.why + (f"; {GUESS}" if guessed else "")

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        """What cannot be remembered (a full disk, a read-only one) stops no order: then the CA itself tells what is too much."""
        try:
            yield
        except (Error, OSError) as error:
            self._problem = f"what is ordered cannot be remembered, so that limits of the CA may not hold: {error}"

    @property
    def problem(self) -> str:
        """What could not be remembered, for a person; empty when nothing went wrong."""
        return self.ledger.problem or self._problem


def wanted_names(request: SigningRequest) -> tuple[str, ...]:
    """What the certificate shall have; in check mode there may be no request yet that says it."""
    return request.names or names_of(load_request(request.csr.encode(), request.name))
