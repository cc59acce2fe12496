# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate before an ACME server: orders over a limit of the CA do not go, and are told about. A CA is never hammered."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeGuard

from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_request, names_of
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import AcmeError, AuthorizationError, OutageError, RateLimitedError, RefusedError
from ._acme_history import LONGEST, history_of
from ._acme_ledger import Ledger
from ._acme_settings import Settings
from ._issuers import Refused, SigningRequest
from ._limits import DOMAIN, FAILURES
from ._plan import Past, PlannedOrder, Wait, WantedOrder, plan, set_of
from ._registered_domains import GUESS, is_exact, registered_domain

#: How long to leave a CA alone that has had enough and does not say for how long.
UNTOLD = timedelta(minutes=5)


def _now() -> datetime:
    return datetime.now(timezone.utc)


class DeferredError(Error):
    """It is not the turn of an order; *answer* tells until when."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.reason)
        self.answer = answer


@dataclass
class _Room:
    """What is reserved for an order, whether for one that tells what it replaces, and whether the order was made."""

    key: str
    replaces: bool
    taken: bool = False


class Gate:
    """For the orders of one run on one host. Other processes are seen through the history."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = _now) -> None:
        #: Orders in flight.
        self.ledger = Ledger(settings.ledger)
        self._history = history_of(settings)
        self._limits = settings.limits
        self._clock = clock
        self._rooms: dict[str, _Room] = {}
        self._waits: list[Wait] = []

    def look(self, requests: Sequence[SigningRequest]) -> dict[str, Refused]:
        """The answers to those that would be deferred, by name. Nothing is written."""
        now = self._clock()
        return self._deferred(self._plan(requests, now), now)

    def enter(self, requests: Sequence[SigningRequest]) -> dict[str, Refused]:
        """The answers to those that are deferred, by name. The others may go, and have their room reserved."""
        now = self._clock()
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(Error, OSError):
                stack.enter_context(self._history.alone())
            planned = self._plan(requests, now)
            going = [one.order for one in planned if one.at <= now]
            rooms = {order.name: _Room(secrets.token_hex(8), order.replaces) for order in going}
            self._rooms.update(rooms)
            with contextlib.suppress(Error, OSError):
                self._history.ordered(now, [(rooms[one.name].key, one.names, one.replaces) for one in going])
        return self._deferred(planned, now)

    def allow(self, request: SigningRequest, *, replaces: bool) -> None:
        """An order is made next. Raises DeferredError when there is no room for it, which is reserved here unless it is already.

        None was reserved for an order that went on, and came to nothing; and for a renewal only what one takes that the CA is told of.
        """
        room = self._rooms.get(request.name)
        if room is None or room.replaces != replaces:
            self.give_back(request)
            deferred = self.enter([request if replaces else replace(request, replaces="")])
            if deferred:
                raise DeferredError(deferred[request.name])
        self._rooms[request.name].taken = True

    def closed(self, request: SigningRequest) -> Refused | None:
        """The answer, when the CA has asked to wait since the order was let in."""
        now = self._clock()
        waits = [wait for wait in self._waits if wait.until > now and wait.concerns(wanted_names(request))]
        if not waits:
            return None
        self.give_back(request)
        return _refused(request.name, max(wait.until for wait in waits), "the CA asked to wait")

    @contextlib.contextmanager
    def watching(self, request: SigningRequest) -> Iterator[None]:
        """Remember what goes wrong with an order, and give the room back when there was none to make, as another run has made it."""
        try:
            yield
        except AcmeError as error:
            if self._waits_for(error, wanted_names(request)) or is_unknown_account(error):
                self.give_back(request)
            elif isinstance(error, RefusedError):  # of an order that was only given up there may be a certificate
                now, room = self._clock(), self._rooms.get(request.name)
                failed = list(error.names) if isinstance(error, AuthorizationError) else []
                self._note(lambda: self._history.failed(now, room.key if room else "", failed))
            raise
        finally:
            if request.name in self._rooms and not self._rooms[request.name].taken:
                self.give_back(request)

    def _waits_for(self, error: BaseException, names: tuple[str, ...]) -> bool:
        """Whether the CA asked to wait; then it is remembered."""
        if not asks_to_wait(error):
            return False
        now = self._clock()
        wait = Wait(min(error.until or now + UNTOLD, now + LONGEST), _about(str(error), names))
        self._waits.append(wait)
        self._note(lambda: self._history.told_to_wait(now, wait))
        return True

    def give_back(self, request: SigningRequest) -> None:
        """The room of an order that is not made, if it has one."""
        room, now = self._rooms.pop(request.name, None), self._clock()
        if room:
            self._note(lambda: self._history.undone(now, [room.key]))

    @contextlib.contextmanager
    def or_back(self) -> Iterator[None]:
        """Give all room back when nothing can be ordered at all."""
        try:
            yield
        except BaseException as error:
            self._waits_for(error, ())
            self._note(lambda: self._history.undone(self._clock(), [room.key for room in self._rooms.values()]))
            raise

    def _plan(self, requests: Sequence[SigningRequest], now: datetime) -> list[PlannedOrder]:
        try:
            past = self._history.past(now)
        except (Error, OSError):
            past = Past()
        orders = [WantedOrder(one.name, wanted_names(one), bool(one.replaces)) for one in requests]
        return plan(orders, past, self._limits, registered_domain, now)

    def _deferred(self, planned: Sequence[PlannedOrder], now: datetime) -> dict[str, Refused]:
        failing = {str(limit) for limit in self._limits if limit.scope == FAILURES}
        told = {one.order.name: (one, _refused(one.order.name, one.at, self._why(one))) for one in planned if one.at > now}
        # A name that keeps failing is a failure, here and with any other CA.
        return {name: replace(why, passing=False, deferred=False) if one.limit in failing else why for name, (one, why) in told.items()}

    def _why(self, one: PlannedOrder) -> str:
        guessed = any(limit.scope == DOMAIN and str(limit) == one.limit for limit in self._limits) and not is_exact()
        return one.why + (f"; {GUESS}" if guessed else "")

    def _note(self, write: Callable[[], Any]) -> None:
        """What cannot be remembered (a full disk, a read-only one) stops no order: then the CA itself tells what is too much."""
        with contextlib.suppress(Error, OSError):
            write()


def asks_to_wait(error: BaseException) -> TypeGuard[OutageError]:
    """Whether the CA asks to come again later: nothing is wrong with the order then."""
    return isinstance(error, RateLimitedError) or (isinstance(error, OutageError) and error.until is not None)


def is_unknown_account(error: object) -> bool:
    """Whether the CA does not know the account, and took no order."""
    return isinstance(error, RefusedError) and error.problem.code == "accountDoesNotExist"


def wanted_names(request: SigningRequest) -> tuple[str, ...]:
    """What the certificate shall have; in check mode there may be no request yet that says it."""
    return request.names or names_of(load_request(request.csr.encode(), request.name))


def _refused(name: str, until: datetime, why: str) -> Refused:
    return Refused(name, f"deferred until {until:%Y-%m-%d %H:%M} UTC, when a run orders it: {why}", passing=True, deferred=True)


def _about(text: str, names: tuple[str, ...]) -> str:
    """What a refusal of Let's Encrypt's server is about: the domain that it quotes, the set of names, or the account."""
    quoted = [name for name in re.findall(r'"([^"\s]+)"', text) if Wait(datetime.min, name).concerns(names)]
    return quoted[0] if quoted else set_of(names) if "exact set of" in text else ""
