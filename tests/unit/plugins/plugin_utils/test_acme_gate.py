# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was ordered is remembered, and orders over a limit do not go: against a real Pebble, with limits of the option."""

from __future__ import annotations

import multiprocessing
import os
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_history as acme_history
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import thumbprint
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import (
    AcmeError,
    AuthorizationError,
    NotAcmeError,
    OutageError,
    Problem,
    RateLimitedError,
    RefusedError,
    ServerFailureError,
    TimedOutError,
    UnreachableError,
)
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_gate import Gate
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_history import LONGEST, History
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_issuer import Acme
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_ledger import Ledger, order_key
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_order import Order
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_refusals import UNTOLD
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused, SigningRequest
from ansible_collections.encrypt.httpd.plugins.plugin_utils._limits import LETSENCRYPT, read_limits
from ansible_collections.encrypt.httpd.plugins.plugin_utils._plan import Past, PastOrder, Wait
from ansible_collections.encrypt.httpd.tests.faults import acme_harms as harms
from ansible_collections.encrypt.httpd.tests.faults.acme_proxy import ALWAYS, Fault, Proxy

from .conftest import Server, free_port
from .test_acme import ready, requests_for, settings_for
from .test_acme_ledger import _mislead, orders_of, remembering

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SERVER = "https://ca.example/directory"


def file_of(folder: Path) -> Path:
    return folder / "ledger" / "orders-ca.example_directory.jsonl"


def history_in(folder: Path) -> History:
    return History(folder / "ledger", SERVER)


def write(history: History, now: datetime, *keys: str) -> None:
    with history.alone():
        history.ordered(now, [(key, (f"{key}.org",), False) for key in keys])


def test_what_is_recorded_is_read(tmp_path: Path) -> None:
    history = history_in(tmp_path)
    assert history.past(NOW) == Past([], [], [])
    write(history, NOW, "a", "b", "c")
    history.failed(NOW, "a", ["a.org"])
    history.undone(NOW, ["b"])
    history.told_to_wait(NOW, Wait(NOW + HOUR, "c.org"))
    orders = [PastOrder(NOW, ("a.org",), certified=False), PastOrder(NOW, ("c.org",))]
    assert history_in(tmp_path).past(NOW) == Past(orders, [(NOW, "a.org")], [Wait(NOW + HOUR, "c.org")])
    assert History(tmp_path / "ledger", "https://another.example").past(NOW) == Past([], [], [])
    assert history.past(NOW + 2 * HOUR).waits == []
    assert history.past(NOW + 9 * DAY) == Past([], [], [])
    for path in (tmp_path / "ledger").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def key() -> str:
    return keys.encode(keys.generate("ecdsa-p256")).decode()


def test_without_a_directory_nothing_is_remembered() -> None:
    history = History(None, SERVER)
    write(history, NOW, "a")
    history.failed(NOW, "a")
    assert history.past(NOW) == Past([], [], [])


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path, cut: int) -> None:
    history = history_in(tmp_path)
    write(history, NOW, "a")
    write(history, NOW, "b")
    file = file_of(tmp_path)
    os.truncate(file, file.stat().st_size - cut)
    assert [one.names for one in history.past(NOW).orders] == [("a.org",)]
    write(history, NOW, "c")
    assert [one.names for one in history.past(NOW).orders] == [("a.org",), ("c.org",)]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "[]",
        '{"at": "x"}',
        '{"at": 9e99}',
        "\x00\xff",
        '{"at": 1e9, "order": 1}',
        '{"at": AT, "order": "x"}',
        '{"at": AT, "until": 9e99}',
        '{"at": AT, "until": -1e300}',
        '{"at": AT, "until": -1e11}',
        '{"at": AT, "until": NaN}',
        '{"at": AT, "undone": ["a"]}',
    ],
)
def test_what_is_no_line_of_ours_is_ignored(tmp_path: Path, text: str) -> None:
    history = history_in(tmp_path)
    write(history, NOW, "a")
    with file_of(tmp_path).open("ab") as file:
        file.write(b"\n" + text.replace("AT", str(NOW.timestamp())).encode("latin-1"))
    assert len(history.past(NOW).orders) == 1


def test_old_lines_are_dropped(tmp_path: Path) -> None:
    history = history_in(tmp_path)
    for day in range(30):
        write(history, NOW + day * DAY, f"day{day}")
    assert file_of(tmp_path).read_text(encoding="utf-8").count("day") / 2 <= 10
    assert len(history.past(NOW + 29 * DAY).orders) == 9


def test_what_was_written_while_the_clock_was_ahead_is_none(tmp_path: Path) -> None:
    history, later = history_in(tmp_path), NOW + 3650 * DAY
    write(history, later, *(f"later{number}" for number in range(50)))
    history.failed(later, "later0", ["later0.org"])
    history.told_to_wait(later, Wait(later + HOUR))
    assert history.past(NOW) == Past([], [], [])
    write(history, NOW, "now")
    assert [one.names for one in history.past(NOW).orders] == [("now.org",)]
    assert "later" not in file_of(tmp_path).read_text(encoding="utf-8"), "it goes with the next order"
    # another controller's clock may be a bit ahead
    write(history, NOW + HOUR / 2, "soon")
    assert len(history.past(NOW).orders) == 2


def test_a_wait_is_not_longer_than_a_ca_is_believed(tmp_path: Path) -> None:
    history = history_in(tmp_path)
    history.told_to_wait(NOW, Wait(NOW + 3650 * DAY))
    assert history.past(NOW + LONGEST / 2).waits == [Wait(NOW + LONGEST)]
    assert history.past(NOW + LONGEST).waits == []


def test_a_large_file_loses_its_older_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acme_history, "LARGE", 5000)
    history = history_in(tmp_path)
    for number in range(200):
        write(history, NOW, f"n{number}")
        assert file_of(tmp_path).stat().st_size <= 5100
    assert history.past(NOW).orders[-1].names == ("n199.org",)


def gate_in(folder: Path, now: datetime = NOW, limits: object = "letsencrypt") -> Gate:
    return Gate(_settings(folder, limits), lambda: now)


def _settings(folder: Path, limits: object) -> Settings:
    return Settings(SERVER, folder / "account.pem", ledger=folder / "ledger", limits=read_limits(limits, SERVER))


def asked(*names: str) -> list[SigningRequest]:
    return [SigningRequest(name, "", names=(name,)) for name in names]


def test_what_is_over_the_limit_is_deferred_with_the_reason(tmp_path: Path) -> None:
    wanted = asked(*(f"h{number}.example.org" for number in range(52)))
    assert list(gate_in(tmp_path).look(wanted)) == ["h50.example.org", "h51.example.org"]
    assert not file_of(tmp_path).exists()
    deferred = gate_in(tmp_path).enter(wanted)
    assert list(deferred) == ["h50.example.org", "h51.example.org"]
    assert deferred["h50.example.org"].passing
    assert deferred["h50.example.org"].reason.startswith(
        "deferred until 2026-11-25 15:21 UTC, when a run orders it: certificates per registered domain, 50 in 7 days (example.org)"
    )
    # the next host of the run sees that the room is taken, a renewal that tells what it replaces needs none
    assert list(gate_in(tmp_path).enter(asked("next.example.org", "www.other.org"))) == ["next.example.org"]
    assert gate_in(tmp_path).enter([replace(asked("next.example.org")[0], replaces="id.serial")]) == {}
    assert gate_in(tmp_path, NOW + 4 * HOUR).enter(asked("next.example.org")) == {}


def test_limits_hold_when_the_account_key_is_in_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (
        replace(_settings(tmp_path, "letsencrypt"), account_key=None, account_key_content=key(), ledger=None) for _nothing in "ab"
    )
    # each host of a run is a process that has a gate of its own
    told = [Gate(first, lambda: NOW).enter(asked(f"h{number}.example.org")) for number in range(60)]
    assert sum(map(len, told)) == 10
    (place,) = tmp_path.iterdir()
    assert place.name.startswith(f"encrypt.httpd-{os.getuid()}-")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert Gate(second, lambda: NOW).enter(asked("another.example.org")) == {}
    # what others could have written there is not believed, nor is anything added
    place.chmod(0o777)
    before = [path.stat().st_size for path in place.iterdir()]
    assert Gate(first, lambda: NOW).enter(asked("another.example.org")) == {}
    assert [path.stat().st_size for path in place.iterdir()] == before


def test_the_reason_tells_when_the_domain_is_a_guess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_gate.is_exact", lambda: False)
    deferred = gate_in(tmp_path).look(asked(*(f"h{number}.example.org" for number in range(51))))
    assert "is guessed as the last two labels of a name; pip install publicsuffixlist" in deferred["h50.example.org"].reason


@pytest.mark.pebble
def test_limits_that_do_not_hold_are_told(start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = start_pebble()
    settings = replace(settings_for(server, tmp_path), account_key=None, account_key_content=key())
    server.responder.thumbprint = thumbprint(settings)
    notes = []
    for _run in range(2):
        several = issue(settings, requests_for("one.example", "two.example"))
        notes += [one.note for one in several if isinstance(one, Issued)]
        (place,) = tmp_path.glob("encrypt.httpd-*")
        place.chmod(0o777)
    assert [bool(note) for note in notes] == [False, False, True, False], "it is told once"
    assert notes[2].startswith(f"what is ordered cannot be remembered, so that limits of the CA may not hold: {place}: ")


def _fork(folder: Path, number: int, results: multiprocessing.Queue[int]) -> None:
    deferred = gate_in(folder).enter(asked(*(f"h{number}-{one}.example.org" for one in range(8))))
    results.put(8 - len(deferred))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_ten_processes_do_not_count_on_the_same_room(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[int] = fork.Queue()
    racers = [fork.Process(target=_fork, args=(tmp_path, number, results)) for number in range(10)]
    for racer in racers:
        racer.start()
    assert sum(results.get(timeout=30) for _racer in racers) == 50
    for racer in racers:
        racer.join()


def _order(gate: Gate, request: SigningRequest, error: Exception, *, made: bool = False) -> None:
    """One that ends with this error, before or after the CA made it."""
    with gate.watching(request):
        gate.allow(request, replaces=False)
        if made:
            gate.made(request)
        raise error


DOMAIN_LIMIT = 'too many certificates (50) already issued for "example.org" in the last 168h0m0s, retry after 2026-11-26 00:00:00 UTC'
SET_LIMIT = "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s"
ACCOUNT_LIMIT = "too many new orders (300) from this account in the last 3h0m0s"


@pytest.mark.parametrize(
    ("error", "length", "held"),
    [
        (RateLimitedError(ACCOUNT_LIMIT, NOW + HOUR), HOUR, {"www.example.org", "api.example.org", "www.other.org"}),
        (RateLimitedError(DOMAIN_LIMIT, NOW + HOUR), HOUR, {"www.example.org", "api.example.org"}),
        (RateLimitedError(SET_LIMIT, NOW + HOUR), HOUR, {"www.example.org"}),
        (RateLimitedError(ACCOUNT_LIMIT), UNTOLD, {"www.example.org", "api.example.org", "www.other.org"}),
        (RateLimitedError(ACCOUNT_LIMIT, NOW + 100 * DAY), LONGEST, {"www.example.org", "api.example.org", "www.other.org"}),
        (ServerFailureError("503", NOW + HOUR), HOUR, {"www.example.org", "api.example.org", "www.other.org"}),
        (UnreachableError("cannot be reached"), timedelta(0), set()),
        (AcmeError("the order was not ready in time"), timedelta(0), set()),
    ],
)
def test_a_ca_that_asks_to_wait_is_left_alone(tmp_path: Path, error: Exception, length: timedelta, held: set[str]) -> None:
    wanted = asked("www.example.org", "api.example.org", "www.other.org")
    gate = gate_in(tmp_path, limits="none")
    assert gate.enter(wanted) == {}
    with pytest.raises(type(error)):
        _order(gate, wanted[0], error)
    # the orders of this run that have not begun, other hosts of the run, and later runs
    closed = {request.name: gate.closed(request) for request in wanted[1:]}
    assert {name for name, answer in closed.items() if answer} == held - {"www.example.org"}
    told = f"deferred until {NOW + length:%Y-%m-%d %H:%M} UTC, when a run orders it: the CA asked to wait"
    assert all(answer.passing and answer.reason == told for answer in closed.values() if answer)
    assert set(gate_in(tmp_path, limits="none").enter(wanted)) == held
    assert set(gate_in(tmp_path, NOW + length - timedelta(seconds=1), "none").enter(wanted)) == held
    assert gate_in(tmp_path, NOW + length, "none").enter(wanted) == {}


UNKNOWN_ACCOUNT = RefusedError("", Problem("accountDoesNotExist", "unknown"))


@pytest.mark.parametrize(
    ("error", "made", "counted"),  # of each that counts, whether there may be a certificate of it
    [
        (RateLimitedError(ACCOUNT_LIMIT), False, []),
        (RateLimitedError(ACCOUNT_LIMIT), True, [True]),
        (ServerFailureError("503", NOW + HOUR), False, []),
        (ServerFailureError("503", NOW + HOUR), True, [True]),
        (ServerFailureError("500"), False, [False]),
        (ServerFailureError("500"), True, [True]),
        (UNKNOWN_ACCOUNT, False, []),
        (UNKNOWN_ACCOUNT, True, [True]),
        (UnreachableError("the answer was lost"), False, [False]),  # the CA may have made it
        (UnreachableError("the answer was lost"), True, [True]),
        (TimedOutError("no answer"), False, [False]),
        (NotAcmeError("a web page"), False, [False]),
    ],
)
def test_an_order_counts_unless_the_ca_did_not_make_it(tmp_path: Path, error: Exception, made: bool, counted: list[bool]) -> None:
    (wanted,) = asked("www.example.org")
    gate = gate_in(tmp_path)
    gate.enter([wanted])
    with pytest.raises(type(error)):
        _order(gate, wanted, error, made=made)
    assert [one.certified for one in history_in(tmp_path).past(NOW).orders] == counted


def test_runs_that_a_ca_failed_use_up_no_certificates(tmp_path: Path) -> None:
    (wanted,) = asked("www.example.org")
    for _run in range(6):  # one more than Let's Encrypt's limit for a set of names
        gate = gate_in(tmp_path)
        assert gate.enter([wanted]) == {}
        with pytest.raises(ServerFailureError):
            _order(gate, wanted, ServerFailureError("500"))


def test_another_order_in_place_of_one_that_was_made_counts_too(tmp_path: Path) -> None:
    (wanted,) = asked("www.example.org")
    gate = gate_in(tmp_path)
    gate.enter([wanted])
    for _order in range(2):
        gate.allow(wanted, replaces=False)
        gate.made(wanted)
    assert len(history_in(tmp_path).past(NOW).orders) == 2


def test_what_was_asked_for_counts_when_the_account_cannot_be_found_again(tmp_path: Path) -> None:
    wanted = asked("asked.example.org", "never.example.org")
    gate = gate_in(tmp_path)
    gate.enter(wanted)
    gate.allow(wanted[0], replaces=False)
    with pytest.raises(UnreachableError), gate.or_back():
        raise UnreachableError("cannot be reached")
    assert [one.names for one in history_in(tmp_path).past(NOW).orders] == [("asked.example.org",)]


@pytest.mark.parametrize(
    ("about", "held"), [(None, {"new"}), ("www.example.org", {"new"}), ("example.org", {"new"}), ("", {"new", "in flight"})]
)
def test_an_order_in_flight_waits_only_when_the_ca_asks_all_to_wait(tmp_path: Path, about: str | None, held: set[str]) -> None:
    settings = _settings(tmp_path, [{"count": 1, "window": 86400, "scope": "registered_domain"}])
    both = [replace(requests_for("www.example.org")[0], name=name) for name in ("in flight", "new")]
    Gate(settings, lambda: NOW).enter(asked("www.example.org"))  # now the limit is reached
    with Ledger(settings.ledger).order(order_key(settings, both[0]), 0.0) as entry:
        entry.remember("https://ca.example/order/1")
    if about is not None:
        history_in(tmp_path).told_to_wait(NOW, Wait(NOW + HOUR, about))
    before = file_of(tmp_path).read_bytes()
    for told in (Gate(settings, lambda: NOW).look(both), Gate(settings, lambda: NOW).enter(both)):
        assert set(told) == held
        assert all(answer.passing and answer.deferred for answer in told.values())
    assert file_of(tmp_path).read_bytes() == before, "one has its room already, and the other gets none"


def test_a_name_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    (bad,) = asked("bad.example.org")
    for _attempt in range(5):
        gate = gate_in(tmp_path)
        assert gate.enter([bad]) == {}
        with pytest.raises(AuthorizationError), gate.watching(bad):
            raise AuthorizationError("bad.example.org", Problem("dns", "no such host"))
    deferred = gate_in(tmp_path).enter([bad, *asked("good.example.org")])
    assert list(deferred) == ["bad.example.org"]
    assert "failed authorizations per name, 5 in 60 minutes (bad.example.org)" in deferred["bad.example.org"].reason
    assert gate_in(tmp_path, NOW + HOUR / 5).enter([bad]) == {}


def test_what_was_not_ordered_after_all_takes_no_room(tmp_path: Path) -> None:
    wanted = asked(*(f"h{number}.example.org" for number in range(50)))
    gate = gate_in(tmp_path)
    assert gate.enter(wanted) == {}
    with pytest.raises(UnreachableError), gate.or_back():
        raise UnreachableError("cannot be reached")
    assert gate_in(tmp_path).enter(wanted) == {}
    assert len(gate_in(tmp_path).enter(asked("another.example.org"))) == 1


@pytest.mark.parametrize("obstacle", ["ledger is a file", "history is a directory"])
def test_a_history_that_cannot_be_written_stops_no_order(tmp_path: Path, obstacle: str) -> None:
    if obstacle == "ledger is a file":
        (tmp_path / "ledger").write_text("", encoding="utf-8")
    else:
        file_of(tmp_path).mkdir(parents=True)
        (tmp_path / "ledger").chmod(0o700)
    gate = gate_in(tmp_path)
    wanted = asked(*(f"h{number}.example.org" for number in range(51)))
    assert list(gate.enter(wanted)) == ["h50.example.org"]
    with pytest.raises(RateLimitedError), gate.watching(wanted[0]):
        raise RateLimitedError(ACCOUNT_LIMIT)
    assert gate.closed(wanted[1]) is not None
    assert gate.problem.startswith("what is ordered cannot be remembered, so that limits of the CA may not hold: ")


def _new_orders(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts requests to the server by the last part of their address."""
    sent: Counter[str] = Counter()
    send = client.ClientNetwork._send_request

    def counting(network: client.ClientNetwork, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        sent[url.rpartition("/")[2]] += 1
        return send(network, method, url, *args, **kwargs)

    monkeypatch.setattr(client.ClientNetwork, "_send_request", counting)
    return sent


@pytest.mark.pebble
def test_what_is_over_a_limit_is_not_sent(start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = read_limits([{"name": "ours", "count": 1, "window": 86400, "scope": "registered_domain"}], SERVER)
    settings = replace(ready(start_pebble(PEBBLE_WFE_NONCEREJECT="0"), tmp_path), ledger=tmp_path / "acme" / "ledger", limits=limits)
    sent = _new_orders(monkeypatch)
    first, second, other = issue(settings, requests_for("a.one.org", "b.one.org", "two.org"))
    assert isinstance(first, Issued)
    assert isinstance(second, Refused)
    assert second.passing
    assert "ours, 1 in 24 hours (one.org)" in second.reason
    assert isinstance(other, Issued)
    assert sent["order-plz"] == 2
    before = sum(sent.values())
    (again,) = issue(settings, requests_for("b.one.org"))
    assert isinstance(again, Refused)
    assert sum(sent.values()) == before, "nothing at all is asked when all is deferred"
    (in_check_mode,) = Acme(settings, lambda _module, _arguments: {}).sign(asked("c.one.org"), check_mode=True)
    assert isinstance(in_check_mode, Refused)
    assert sum(sent.values()) == before
    assert isinstance(issue(replace(settings, limits=()), requests_for("b.one.org"))[0], Issued)


@pytest.mark.pebble
def test_what_the_ca_could_not_validate_is_counted(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble(PEBBLE_WFE_NONCEREJECT="0")
    limits = read_limits([{"count": 2, "window": 3600, "scope": "failed_name"}], SERVER)
    settings = replace(ready(server, tmp_path), ledger=tmp_path / "acme" / "ledger", limits=limits)
    thumbprint, server.responder.thumbprint = server.responder.thumbprint, "someone-else"
    told = [issue(settings, requests_for("www.example"))[0] for _attempt in range(3)]
    assert ["unauthorized" in getattr(one, "reason", "") for one in told] == [True, True, False]
    assert "orders per failed_name, 2 in 60 minutes (www.example)" in getattr(told[2], "reason", "")
    server.responder.thumbprint = thumbprint
    assert isinstance(issue(settings, requests_for("fine.example"))[0], Issued)


RATE_LIMITED = '{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "' + ACCOUNT_LIMIT + '"}'


def _limiting(monkeypatch: pytest.MonkeyPatch, step: str, retry_after: str) -> list[str]:
    """Have the CA answer with 429 to what ends so; gives what it answered to."""
    send = client.ClientNetwork._send_request
    refused: list[str] = []

    def limiting(network: client.ClientNetwork, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        response = send(network, method, url, *args, **kwargs)
        if url.endswith(step):
            refused.append(url)
            response.status_code, response._content = 429, RATE_LIMITED.encode()
            response.headers.update({"Content-Type": "application/problem+json"})
            response.headers.update({"Retry-After": retry_after} if retry_after else {})
        return response

    monkeypatch.setattr(client.ClientNetwork, "_send_request", limiting)
    return refused


@pytest.mark.pebble
@pytest.mark.parametrize("retry_after", ["3600", ""])
@pytest.mark.parametrize("step", ["order-plz", "/dir"])
def test_a_429_stops_the_orders_behind_it(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, retry_after: str
) -> None:
    monkeypatch.setattr("ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_retry.FIRST_PAUSE", 0.01)
    settings = replace(ready(start_pebble(PEBBLE_WFE_NONCEREJECT="0"), tmp_path), ledger=tmp_path / "acme" / "ledger", concurrency=1)
    refused = _limiting(monkeypatch, step, retry_after)
    acme = Acme(settings, lambda _module, _arguments: {})
    answers = acme.sign(requests_for("a.example", "b.example", "c.example"), check_mode=False)
    # the first one, too, is a warning
    assert all(isinstance(answer, Refused) and answer.passing and answer.deferred for answer in answers)
    assert len(refused) == (5 if step == "/dir" and not retry_after else 1)
    (later,) = acme.sign(requests_for("d.example"), check_mode=False)
    assert "the CA asked to wait" in getattr(later, "reason", "")
    assert len(refused) == (5 if step == "/dir" and not retry_after else 1)


@pytest.mark.pebble
@pytest.mark.parametrize("step", ["authorization", "challenge", "order", "finalize", "certificate"])
def test_an_order_in_flight_leaves_the_ca_alone_and_is_counted(proxied_pebble: tuple[Server, Proxy], tmp_path: Path, step: str) -> None:
    server, proxy = proxied_pebble
    proxy.reset([])
    settings = _limited(server, tmp_path, "registered_domain", 1)
    (request,) = requests_for("www.example.org")
    proxy.reset([Fault(step, harms.problem(429, "rateLimited", retry_after="86400"), last=ALWAYS)])
    issue(settings, [request])
    assert _counted(settings) == 1
    before = sum(proxy.asked.values())
    (told,) = issue(settings, [request])
    assert isinstance(told, Refused)
    assert told.deferred
    assert sum(proxy.asked.values()) == before
    proxy.reset([])
    _end_waits(settings)
    assert isinstance(issue(settings, [request])[0], Issued), "the limit is reached, by this very order"
    assert orders_of(settings) == _counted(settings) == 1


def _end_waits(settings: Settings) -> None:
    assert settings.ledger is not None
    (history,) = settings.ledger.glob("orders-*.jsonl")
    history.write_text("".join(line for line in history.read_text().splitlines(keepends=True) if '"until"' not in line), encoding="utf-8")


def _counted(settings: Settings) -> int:
    return len(Gate(settings)._history.past(datetime.now(timezone.utc)).orders)


def _limited(server: Server, folder: Path, scope: str, count: int) -> Settings:
    limits = read_limits([{"count": count, "window": 86400, "scope": scope}], SERVER)
    return replace(remembering(server, folder), limits=limits)


@pytest.mark.pebble
def test_an_order_in_place_of_a_known_one_is_counted(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = _limited(start_pebble(), tmp_path, "registered_domain", 2)
    (request,) = requests_for("www.example.org")
    for number in range(4):
        (answer,) = issue(settings, [request])
        assert isinstance(answer, Issued) is (number < 2), answer
        _mislead(tmp_path / "acme" / "ledger")  # the CA does not know it any more
    assert isinstance(answer, Refused)
    assert answer.deferred
    assert "orders per registered_domain, 2 in 24 hours (example.org)" in answer.reason
    assert _counted(settings) == orders_of(settings) == 2


@pytest.mark.pebble
def test_an_order_that_is_invalid_in_the_end_is_counted_each_time(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _limited(start_pebble(), tmp_path, "account", 2)
    (request,) = requests_for("www.example.org")
    poll = Order._poll

    def invalid(order: Order, url: str, goal: str, *more: Any) -> Any:
        found = poll(order, url, goal, *more)
        error = messages.Error(typ="urn:ietf:params:acme:error:caa", detail="forbidden")
        return found.update(status=messages.STATUS_INVALID, error=error) if goal == "signed" else found

    monkeypatch.setattr(Order, "_poll", invalid)
    reasons = [getattr(issue(settings, [request])[0], "reason", "") for _run in range(4)]
    assert ["forbidden (caa)" in reason for reason in reasons] == [True, True, False, False]
    assert "orders per account, 2 in 24 hours" in reasons[-1]
    assert orders_of(settings) == 2


@pytest.mark.pebble
def test_a_renewal_that_the_ca_is_not_told_of_is_counted(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = _limited(start_pebble(), tmp_path, "registered_domain", 1)
    unknown = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
    both = requests_for("a.example.org", "b.example.org")
    first, second = (issue(settings, [replace(request, replaces=unknown)])[0] for request in both)
    assert isinstance(first, Issued), "the CA knows no such certificate, and it is ordered as a new one"
    assert isinstance(second, Refused)
    assert "orders per registered_domain, 1 in 24 hours" in second.reason
    assert [order.replaces for order in Gate(settings)._history.past(datetime.now(timezone.utc)).orders] == [False]
    assert orders_of(settings) == 1


def test_room_is_only_taken_by_what_is_ordered(tmp_path: Path) -> None:
    wanted = asked("known.example.org", "busy.example.org", "made.example.org", "renewed.example.org")
    wanted[3] = replace(wanted[3], replaces="id.serial")
    gate = gate_in(tmp_path)
    assert gate.enter(wanted) == {}
    with gate.watching(wanted[0]):
        pass  # another run has made it, and it was gone on with
    with pytest.raises(OutageError), gate.watching(wanted[1]):
        raise OutageError("another run has the same order under way")
    with gate.watching(wanted[2]):
        gate.allow(wanted[2], replaces=False)
    with gate.watching(wanted[3]):
        gate.allow(wanted[3], replaces=True)
        gate.allow(wanted[3], replaces=False)
    past = history_in(tmp_path).past(NOW)
    assert [(order.names[0], order.replaces) for order in past.orders] == [("made.example.org", False), ("renewed.example.org", False)]


def test_room_comes_back_when_the_server_is_out_of_order(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    nowhere = f"https://127.0.0.1:{free_port()}/dir"
    settings = Settings(nowhere, tmp_path / "account.pem", terms_agreed=True, ledger=tmp_path / "ledger", limits=LETSENCRYPT, timeout=1)
    with pytest.raises(UnreachableError):
        issue(settings, requests_for("www.example"))
    assert Gate(settings)._history.past(datetime.now(timezone.utc)).orders == []
