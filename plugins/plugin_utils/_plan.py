# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When which orders can go, by the limits of a CA and what was ordered before. Pure."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ._limits import ACCOUNT, DOMAIN, FAILURES, NAMES, Limit

_LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class WantedOrder:
    """One certificate to be ordered, by the *name* that a person knows it by. *replaces* is whether the CA is told what it replaces."""

    name: str
    names: tuple[str, ...]
    replaces: bool = False
    #: Who serves it.
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class PastOrder:
    """One that was made. *certified* tells whether there is a certificate of it (or may be)."""

    at: datetime
    names: tuple[str, ...]
    replaces: bool = False
    certified: bool = True


@dataclass(frozen=True)
class Wait:
    """The CA asks to come again at *until*: with all orders, or with those for names *about* which it said so."""

    until: datetime
    about: str = ""

    def concerns(self, names: Sequence[str]) -> bool:
        """Whether an order for these names has to wait. *about* is a domain, or a whole set of names."""
        return self.about in ("", set_of(names)) or any(f".{name.removeprefix('*.')}".endswith(f".{self.about}") for name in names)


@dataclass(frozen=True)
class Past:
    """All that is known of what was asked of the CA; *failures* are failed authorizations, with their names."""

    orders: Sequence[PastOrder] = ()
    failures: Sequence[tuple[datetime, str]] = ()
    waits: Sequence[Wait] = ()


@dataclass(frozen=True)
class PlannedOrder:
    """When an order can go, and which limit defers it, if one does."""

    order: WantedOrder
    at: datetime
    limit: str = ""
    #: What the limit counts by: the domain, the names; empty for the account.
    about: str = ""

    @property
    def why(self) -> str:
        """The limit in words; empty when the order goes now."""
        return self.limit + (f" ({self.about})" if self.about else "")


def set_of(names: Sequence[str]) -> str:
    """A set of names as text."""
    return ",".join(sorted(names))


def plan(
    orders: Sequence[WantedOrder], past: Past, limits: Sequence[Limit], domain_of: Callable[[str], str], now: datetime
) -> list[PlannedOrder]:
    """When each order can go at the earliest, those that stand first being first; in the order given."""
    book = _Book(past, limits, domain_of)
    planned: dict[int, PlannedOrder] = {}
    queues: defaultdict[_Bucket, deque[int]] = defaultdict(deque)
    heap: list[tuple[datetime, int, _Bucket]] = []

    def enter(number: int, now: datetime, behind: _Bucket | None) -> None:
        """Let an order go, or queue for the bucket that keeps it longest. Only the head of a queue is looked at again."""
        buckets = book.buckets(orders[number])
        queueing = max((one for one in buckets if one.key), key=_free_at, default=None)
        if queueing is None or queueing.free_at <= now:
            planned[number] = book.go(orders[number], buckets, now, behind)
            return
        if not queues[queueing]:
            heapq.heappush(heap, (queueing.free_at, number, queueing))
        queues[queueing].append(number)

    for number in range(len(orders)):
        enter(number, now, None)
    while heap:
        moment, _number, bucket = heapq.heappop(heap)
        if bucket.free_at > moment:  # another queue's order took its token meanwhile
            heapq.heappush(heap, (bucket.free_at, queues[bucket][0], bucket))
            continue
        enter(queues[bucket].popleft(), moment, bucket)
        if queues[bucket]:
            heapq.heappush(heap, (max(bucket.free_at, moment), queues[bucket][0], bucket))
    return [planned[number] for number in range(len(orders))]


class _Bucket:
    """A bucket of tokens, told by the moment when it is full. *key* is empty for those that concern all orders."""

    def __init__(self, limit: str, key: str, refill: timedelta, count: int, full_at: datetime = _LONG_AGO) -> None:
        self.limit = limit
        self.key = key
        self.full_at = full_at
        self._refill = refill
        self._count = count

    @property
    def free_at(self) -> datetime:
        """When it has a token."""
        return self.full_at - self._refill * (self._count - 1)

    def take(self, moment: datetime) -> None:
        """One token."""
        self.full_at = max(self.full_at, moment) + self._refill


def _free_at(bucket: _Bucket) -> datetime:
    return bucket.free_at


class _Book:
    """All buckets, filled with the past."""

    def __init__(self, past: Past, limits: Sequence[Limit], domain_of: Callable[[str], str]) -> None:
        self._limits = limits
        self._domain_of = domain_of
        self._certified: set[str] = set()
        self._buckets: dict[tuple[Limit, str], _Bucket] = {}
        self._waits = [(wait, _Bucket("the CA asked to wait", wait.about, timedelta(0), 1, wait.until)) for wait in past.waits]
        for order in sorted(past.orders, key=lambda order: order.at):
            self._spend(order)
        for moment, name in sorted(past.failures):
            for limit in limits:
                if limit.scope == FAILURES:
                    self._bucket(limit, name).take(moment)

    def buckets(self, order: WantedOrder) -> list[_Bucket]:
        """All that an order needs a token of."""
        of_limits = [] if order.replaces else [*self._counting(order.names, certified=True), *self._failures(order.names)]
        # Those that are exempt wait, too: a CA that asks to be left alone is left alone by all.
        return of_limits + [bucket for wait, bucket in self._waits if wait.concerns(order.names)]

    def go(self, order: WantedOrder, buckets: Sequence[_Bucket], now: datetime, behind: _Bucket | None) -> PlannedOrder:
        """Take the tokens as soon as the buckets that concern all have one, too. *behind* is the bucket that it queued for."""
        last = max((one for one in buckets if not one.key), key=_free_at, default=None)
        if last is not None and last.free_at > now:
            now, behind = last.free_at, last
        self._spend(PastOrder(now, order.names, order.replaces))
        return PlannedOrder(order, now, behind.limit if behind else "", behind.key if behind else "")

    def _spend(self, order: PastOrder) -> None:
        for bucket in [] if order.replaces else self._counting(order.names, order.certified):
            bucket.take(order.at)
        if order.certified:
            self._certified.add(set_of(order.names))

    def _counting(self, names: tuple[str, ...], certified: bool) -> list[_Bucket]:
        """The buckets that an order counts in; without a certificate in those of accounts alone."""
        renews = set_of(names) in self._certified
        keys = {ACCOUNT: {""}, DOMAIN: {self._domain_of(name) for name in names}, NAMES: {set_of(names)}}
        limits = [one for one in self._limits if one.renewals or not renews]
        return [self._bucket(one, key) for one in limits if certified or one.scope == ACCOUNT for key in sorted(keys.get(one.scope, ()))]

    def _failures(self, names: tuple[str, ...]) -> list[_Bucket]:
        """Those of names that failed before. An order takes nothing out of them."""
        return [self._buckets[one, name] for one in self._limits if one.scope == FAILURES for name in names if (one, name) in self._buckets]

    def _bucket(self, limit: Limit, key: str) -> _Bucket:
        if (limit, key) not in self._buckets:
            self._buckets[limit, key] = _Bucket(str(limit), key, limit.refill, limit.count)
        return self._buckets[limit, key]
