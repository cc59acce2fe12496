# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits, the plan, and packings: pure, with a model of the CA's buckets that is written another way."""

from __future__ import annotations

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _registered_domains as domains
from ansible_collections.encrypt.httpd.plugins.plugin_utils._limits import (
    ACCOUNT,
    DOMAIN,
    LETSENCRYPT,
    LETSENCRYPT_DIRECTORY,
    NAMES,
    Limit,
    duration,
    read_limits,
)
from ansible_collections.encrypt.httpd.plugins.plugin_utils._packing import packings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._plan import Past, PastOrder, PlannedOrder, Wait, WantedOrder, plan

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
NOTHING = Past()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def domain_of(name: str) -> str:
    return name if name[-1].isdigit() else ".".join(name.split(".")[-2:])


def orders_for(names: Sequence[Sequence[str]]) -> list[WantedOrder]:
    return [WantedOrder(f"h{number}", tuple(some), hosts=(f"h{number}",)) for number, some in enumerate(names)]


def planned(orders: Sequence[WantedOrder], past: Past = NOTHING, limits: Sequence[Limit] = LETSENCRYPT) -> list[PlannedOrder]:
    return plan(orders, past, limits, domain_of, NOW)


def last(found: Sequence[PlannedOrder]) -> timedelta:
    return max(one.at for one in found) - NOW


FLEETS: dict[str, tuple[list[list[str]], int, timedelta]] = {
    # 1,000 hosts each: names of the orders, how many go now, and when the last one goes
    "a domain each": ([[f"www.d{n}.org"] for n in range(1000)], 300, 700 * timedelta(seconds=36)),
    "one domain": ([[f"h{n}.example.org"] for n in range(1000)], 50, 950 * (7 * DAY / 50)),
    "the same name": ([["www.example.org"] for _n in range(1000)], 5, 995 * (7 * DAY / 5)),
    "one domain shared, one of each": ([[f"h{n}.example.org", f"c{n}.org"] for n in range(1000)], 50, 950 * (7 * DAY / 50)),
    "ten domains": ([[f"h{n}.d{n % 10}.org"] for n in range(1000)], 300, 7 * DAY),
    "100 names each": ([[f"h{n}-{m}.d{n}.org" for m in range(100)] for n in range(1000)], 300, 7 * HOUR),
}


@pytest.mark.parametrize("fleet", FLEETS)
def test_a_thousand_hosts_are_planned_in_a_moment(fleet: str) -> None:
    names, now, longest = FLEETS[fleet]
    orders = orders_for(names)
    began = time.monotonic()
    found = planned(orders)
    several = packings(orders, 100, domain_of)
    assert time.monotonic() - began < 2
    assert sum(one.at == NOW for one in found) == now
    assert [one.order for one in found] == orders
    assert abs(last(found) - longest) < timedelta(minutes=1)
    assert all(one.why for one in found if one.at > NOW)
    assert not any(one.why for one in found if one.at == NOW)
    assert all(len(one.orders) < len(orders) for one in several)


def test_one_host_with_a_thousand_names() -> None:
    orders = [WantedOrder(f"n{n}", (f"n{n}.example.org",), hosts=("web1",)) for n in range(1000)]
    assert Counter(one.at == NOW for one in planned(orders)) == {True: 50, False: 950}
    packed = {one.kind: one.orders for one in packings(orders, 100, domain_of)}
    assert {kind: len(some) for kind, some in packed.items()} == {"names": 10, "wildcard": 1}
    assert last(planned(packed["names"])) == timedelta(0)
    assert packed["wildcard"][0].names == ("*.example.org",)


def test_nobody_waits_for_the_limit_of_another_domain() -> None:
    orders = orders_for([*([f"h{n}.full.org"] for n in range(60)), ["www.free.org"]])
    found = planned(orders)
    assert found[-1].at == NOW
    assert [one.at for one in found[:60]] == sorted(one.at for one in found[:60])


@pytest.mark.parametrize("seed", range(12))
def test_no_bucket_is_ever_overdrawn(seed: int) -> None:
    """The CA as the model below sees it takes every order at the planned moment, and nothing is put off for no reason."""
    some = random.Random(seed)
    limits = [
        Limit("account", some.randint(2, 30), some.randint(1, 20) * HOUR, ACCOUNT),
        Limit("domain", some.randint(1, 10), some.randint(1, 20) * HOUR, DOMAIN),
        Limit("names", some.randint(1, 5), some.randint(1, 20) * HOUR, NAMES),
    ]
    names = [[f"h{some.randrange(20)}.d{some.randrange(6)}.org" for _m in range(some.randint(1, 3))] for _n in range(150)]
    before = [PastOrder(NOW - some.random() * 5 * HOUR, (f"h1.d{some.randrange(6)}.org",)) for _n in range(5)]
    found = planned(orders_for(names), Past(orders=before), limits)
    spent: dict[tuple[str, str], list[tuple[datetime, Limit]]] = defaultdict(list)
    for at, wanted in sorted(
        [*((one.at, one.names) for one in before), *((one.at, one.order.names) for one in found)], key=lambda one: one[0]
    ):
        for limit, keys in zip(limits, ([""], {domain_of(name) for name in wanted}, [",".join(sorted(wanted))])):
            for key in keys:
                spent[limit.name, key].append((at, limit))
    for takings in spent.values():
        tokens, since = float(takings[0][1].count), takings[0][0]
        for at, limit in takings:
            tokens, since = min(limit.count, tokens + (at - since) / limit.refill) - 1, at
            # what was made before may be over the limit; planned orders may not
            assert tokens > -1e-3 or at < NOW
    for one in found:
        limit = next((limit for limit in limits if str(limit) == one.limit), None)
        assert (limit is None) == (one.at == NOW)


@pytest.mark.parametrize(
    ("past", "wanted", "deferred", "why"),
    [
        (Past(), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (
            Past(orders=[PastOrder(NOW, ("a.org",))] * 5),
            WantedOrder("a", ("a.org",)),
            7 * DAY / 5,
            "exact set of names, 5 in 7 days .a.org.",
        ),
        (Past(orders=[PastOrder(NOW, ("a.org",))] * 5), WantedOrder("a", ("a.org",), replaces=True), timedelta(0), ""),
        (Past(orders=[PastOrder(NOW, ("a.org",), replaces=True)] * 5), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (Past(orders=[PastOrder(NOW, ("a.org",), certified=False)] * 5), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (Past(orders=[PastOrder(NOW - 9 * DAY, ("a.org",))] * 5), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (
            Past(orders=[PastOrder(NOW, (f"{n}.org",), certified=False) for n in range(300)]),
            WantedOrder("a", ("a.org",)),
            timedelta(seconds=36),
            "new orders per account, 300 in 3 hours$",
        ),
        (
            Past(orders=[PastOrder(NOW, (f"{n}.a.org",)) for n in range(50)]),
            WantedOrder("a", ("www.a.org", "b.org")),
            7 * DAY / 50,
            "certificates per registered domain, 50 in 7 days .a.org.",
        ),
        # exactly the names of an earlier certificate: the limits of account and domain do not count it
        (Past(orders=[PastOrder(NOW, (f"{n}.a.org",)) for n in range(300)]), WantedOrder("a", ("7.a.org",)), timedelta(0), ""),
        (Past(failures=[(NOW, "a.org")] * 4), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (
            Past(failures=[(NOW, "a.org")] * 5),
            WantedOrder("a", ("b.org", "a.org")),
            HOUR / 5,
            "failed authorizations per name, 5 in 60 .*a.org",
        ),
        (Past(failures=[(NOW, "a.org")] * 5), WantedOrder("a", ("www.a.org",)), timedelta(0), ""),
        (Past(failures=[(NOW - HOUR, "a.org")] * 5), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (Past(waits=[Wait(NOW + HOUR)]), WantedOrder("a", ("a.org",)), HOUR, "the CA asked to wait$"),
        (Past(waits=[Wait(NOW + HOUR)]), WantedOrder("a", ("a.org",), replaces=True), HOUR, "the CA asked to wait$"),
        (Past(waits=[Wait(NOW + HOUR, "a.org")]), WantedOrder("a", ("x.org", "*.a.org")), HOUR, "the CA asked to wait .a.org."),
        (Past(waits=[Wait(NOW + HOUR, "a.org")]), WantedOrder("a", ("ba.org",)), timedelta(0), ""),
        (Past(waits=[Wait(NOW + HOUR, "a.org,b.org")]), WantedOrder("a", ("b.org", "a.org")), HOUR, "asked to wait"),
        (Past(waits=[Wait(NOW + HOUR, "a.org,b.org")]), WantedOrder("a", ("a.org",)), timedelta(0), ""),
        (Past(waits=[Wait(NOW - HOUR)]), WantedOrder("a", ("a.org",)), timedelta(0), ""),
    ],
)
def test_what_was_before_counts(past: Past, wanted: WantedOrder, deferred: timedelta, why: str) -> None:
    (found,) = planned([wanted], past)
    assert found.at - NOW == deferred
    if why:
        assert re.search(why, found.why)
    else:
        assert found.why == ""


def test_the_hour_after_a_burst_is_as_the_ca_counts_it() -> None:
    """Tokens come back evenly: an hour after 300 orders there is room for 100 more, not for none as in a sliding window."""
    past = Past(orders=[PastOrder(NOW - HOUR, (f"{n}.org",)) for n in range(300)])
    found = planned(orders_for([[f"new{n}.org"] for n in range(101)]), past)
    assert [one.at == NOW for one in found] == [True] * 100 + [False]


@pytest.mark.parametrize(
    ("value", "directory", "count"),
    [
        (None, LETSENCRYPT_DIRECTORY, 4),
        ("", LETSENCRYPT_DIRECTORY, 4),
        (None, "https://acme-staging-v02.api.letsencrypt.org/directory", 0),
        (None, "https://ca.example/dir", 0),
        ("none", LETSENCRYPT_DIRECTORY, 0),
        ("letsencrypt", "https://ca.example/dir", 4),
        ([{"count": 7, "window": "3600", "scope": "account"}], LETSENCRYPT_DIRECTORY, 1),
    ],
)
def test_limits_are_known_or_said(value: object, directory: str, count: int) -> None:
    assert len(read_limits(value, directory)) == count


def test_a_limit_is_read_as_written() -> None:
    (limit,) = read_limits([{"name": "ours", "count": 7, "window": 7200, "scope": "exact_names", "renewals": False}], "https://ca.example")
    assert limit == Limit("ours", 7, 2 * HOUR, NAMES, renewals=False)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("le", "limits: 'le' is neither letsencrypt, none, nor a list"),
        ({"count": 1}, "is neither letsencrypt, none, nor a list"),
        (["none"], "entry 1: 'none' is no dictionary; write count"),
        ([{"count": 1, "window": 1, "scope": "host"}], "entry 1: scope: 'host' is none of account, registered_domain, exact_names, failed"),
        ([{"window": 1, "scope": "account"}], "entry 1: count: '' is no whole number of 1 or more"),
        ([{"count": 0, "window": 1, "scope": "account"}], "count: '0' is no whole number"),
        ([{"count": 1, "window": "7d", "scope": "account"}], "window: '7d' is no whole number of 1 or more .seconds."),
        ([{"count": 1, "window": 1, "scope": "account", "per": 2}], "entry 1: per is no option; allowed are"),
        ([{"count": 1, "window": 1, "scope": "account", "renewals": "no"}], "renewals: 'no' is neither true nor false"),
    ],
)
def test_limits_that_cannot_be(value: object, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        read_limits(value, "https://ca.example/dir")


@pytest.mark.parametrize(
    ("span", "text"), [(7 * DAY, "7 days"), (DAY, "24 hours"), (HOUR, "60 minutes"), (timedelta(seconds=90), "90 seconds")]
)
def test_a_span_in_words(span: timedelta, text: str) -> None:
    assert duration(span) == text


@pytest.mark.parametrize(
    ("name", "exact", "guess"),
    [
        ("www.example.org", "example.org", "example.org"),
        ("*.shop.example.co.uk", "example.co.uk", "co.uk"),
        ("someone.github.io", "someone.github.io", "github.io"),
        ("github.io", "github.io", "github.io"),
        ("intranet", "intranet", "intranet"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::/64", "2001:db8::/64"),
    ],
)
def test_registered_domains(name: str, exact: str, guess: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("publicsuffixlist")
    assert domains.registered_domain(name) == exact
    assert domains.is_exact()
    monkeypatch.setattr(domains, "_finder", lambda: domains._guess)
    assert domains.registered_domain.__wrapped__(name) == guess
    assert not domains.is_exact()


Packed = dict[str, list[tuple[str, ...]]]


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        ([WantedOrder("a", ("a.org",), hosts=("h1",))], {}),
        (
            [WantedOrder(host, ("a.org", "www.a.org"), hosts=(host,)) for host in ("h1", "h2")],
            {"shared": [("a.org", "www.a.org")]},
        ),
        (
            [WantedOrder(name, (name,), hosts=("h1",)) for name in ("a.org", "b.org", "c.org")],
            {"names": [("a.org", "b.org"), ("c.org",)]},
        ),
        (
            [WantedOrder(name, (name,), hosts=(name,)) for name in ("a.org", "x.a.org", "y.a.org", "deep.x.a.org", "b.org")],
            {"wildcard": [("a.org", "*.a.org"), ("deep.x.a.org",), ("b.org",)]},
        ),
        ([WantedOrder(name, (name,), hosts=(name,)) for name in ("192.0.2.7", "192.0.2.8", "2001:db8::7")], {}),
        # what is exempt is not packed otherwise, and counts on neither side
        (
            [WantedOrder(name, (name,), hosts=("h1",), replaces=name != "c.org") for name in ("a.org", "b.org", "c.org")],
            {},
        ),
    ],
)
def test_packings(orders: list[WantedOrder], found: Packed) -> None:
    several = packings(orders, 2, domain_of)
    assert {one.kind: [order.names for order in one.orders] for one in several} == found


def test_a_shared_certificate_is_for_all_its_hosts() -> None:
    (packing,) = packings([WantedOrder(host, ("a.org",), hosts=(host,)) for host in ("h1", "h2")], 100, domain_of)
    assert packing.orders == (WantedOrder("h1", ("a.org",), hosts=("h1", "h2")),)


@pytest.mark.parametrize(("known", "kinds"), [(domain_of, ["wildcard"]), (None, [])])
def test_no_wildcard_is_advised_on_a_guess(known: Callable[[str], str] | None, kinds: list[str]) -> None:
    orders = [WantedOrder(name, (name,), hosts=(name,)) for name in ("a.co.uk", "b.co.uk")]
    assert [one.kind for one in packings(orders, 100, known)] == kinds
