# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders while the fault proxy does harm: each class of fault at each step where it makes sense, once and each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_errors as acme
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_network, _acme_retry
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import account
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_revocation import revoke
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused
from ansible_collections.encrypt.httpd.tests.faults import acme_harms as harms
from ansible_collections.encrypt.httpd.tests.faults.acme_proxy import ALWAYS, Fault, Harm, Proxy

from .conftest import Server, free_port, no_host
from .figures import Figures
from .test_acme import ready, requests_for, settings_for

pytestmark = pytest.mark.pebble

SIGN_IN = ("directory", "newNonce", "newAccount")
ORDER = ("newOrder", "authorization", "challenge", "order", "finalize", "certificate")
#: Where an answer has a nonce.
NONCES = ("newNonce", "newAccount", *ORDER)
#: Where an answer has a body.
TOLD = tuple(step for step in (*SIGN_IN, *ORDER) if step != "newNonce")
#: Where a second look does not tell that the CA went on.
UNCHANGING = ("newOrder", "authorization", "order", "certificate")
TOMORROW = harms.problem(429, "rateLimited", retry_after="86400")
#: Requests that two orders and an account need at most, with every fifth nonce refused.
ENOUGH = 90


@dataclass(frozen=True)
class Row:
    """A fault, how the proxy injects it, and at which steps."""

    fault: str
    how: str
    harm: Harm
    steps: tuple[str, ...] = (*SIGN_IN, *ORDER)
    #: What comes of it, when it is there each time, and after how many requests.
    error: type[Error] = Error
    hits: int = 1
    #: Whether the CA may have made an order that the client cannot know of; it is never finalized.
    forgetful: bool = False
    #: Whether the server asks for a day's pause.
    a_day: bool = False


def cases(rows: list[Row]) -> list[Any]:
    return [pytest.param(row, step, id=f"{row.fault} at {step}") for row in rows for step in row.steps]


def dated(seconds: float, zone: float) -> Harm:
    """429 with a Retry-After as a date of a zone (hours east of Greenwich)."""

    def harm(exchange: Any) -> None:
        moment = datetime.now(timezone(timedelta(hours=zone))) + timedelta(seconds=seconds)
        harms.problem(429, "rateLimited", retry_after=f"{moment:%a, %d %b %Y %H:%M:%S %z}")(exchange)

    return harm


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(_acme_retry, "FIRST_PAUSE", 0.01)
    row = getattr(request.node, "callspec", None) and request.node.callspec.params.get("row")
    if row and row.fault in ("time-out", "answer too slow"):
        monkeypatch.setattr(_acme_network, "ANSWER_TIMEOUT", 0.5)
        monkeypatch.setattr(_acme_network, "CONNECT_TIMEOUT", 0.3)


@dataclass(frozen=True)
class Place:
    """Pebble behind its proxy, a directory for the account, and where to tell what happened."""

    server: Server
    proxy: Proxy
    folder: Path
    figures: Figures

    def ready(self, *faults: Fault, early: bool = False) -> Settings:
        """Have an account and then, or *early*, the faults."""
        self.proxy.reset([*faults] if early else [])
        settings = ready(self.server, self.folder)
        if not early:
            self.proxy.reset([*faults])
        return settings

    def tell(self, row: Row, step: str, answers: Sequence[Issued | Refused], outcome: str) -> None:
        """A row of docs/reliability.md."""
        issued = sum(isinstance(answer, Issued) for answer in answers)
        orders = {"wanted": len(answers), "made": self.proxy.done["newOrder"], "issued": issued}
        self.figures.tell({"fault": row.fault, "how": row.how, "step": step, **orders, "outcome": outcome})


@pytest.fixture
def place(proxied_pebble: tuple[Server, Proxy], tmp_path: Path, figures: Figures) -> Iterator[Place]:
    yield Place(*proxied_pebble, tmp_path, figures)
    proxied_pebble[1].reset([])


ONCE = [
    Row("429, Retry-After: 1", "instead of an answer", harms.problem(429, "rateLimited", retry_after="1")),
    Row("429, Retry-After as a date", "instead of an answer, zone +05:30", dated(1, 5.5), ("newAccount", "newOrder", "finalize")),
    Row("429", "instead of an answer", harms.problem(429, "rateLimited"), (*SIGN_IN, *ORDER[1:])),
    Row("500", "instead of an answer", harms.problem(500, "serverInternal")),
    Row("503 with a web page", "instead of an answer", harms.instead(503, "<html>down</html>", harms.HTML)),
    Row("connection reset", "before the CA gets the request", harms.reset),
    Row("answer lost", "connection reset when the CA has done it", harms.lose, forgetful=True),
    Row("time-out", "no answer, the CA does not get the request", harms.stall),
    Row("time-out", "no answer, the CA has done it", harms.stall_after, forgetful=True),
    Row("slow answer", "byte by byte, in time", harms.drip(0.00001), TOLD),
    Row("answer too slow", "byte by byte, a few seconds long", harms.drip(0.02), TOLD, forgetful=True),
    Row("answer cut off", "half of its length, connection closed", harms.cut, TOLD, forgetful=True),
    Row("no nonce", "Replay-Nonce taken out", harms.nonce(None), NONCES),
    Row("unknown nonce", "another Replay-Nonce", harms.nonce("bm90IG9uZSBvZiBvdXJz"), NONCES),
    Row("malformed nonce", "another Replay-Nonce", harms.nonce("!"), NONCES),
    Row("badNonce", "instead of an answer", harms.problem(400, "badNonce"), ("newAccount", *ORDER)),
    Row("other Content-Type", "text/plain", harms.mislabel),
    Row("broken JSON", "half an answer that says it is whole", harms.halve, ("challenge", "finalize")),
]


@pytest.mark.parametrize(("row", "step"), cases(ONCE))
def test_a_fault_that_passes_costs_no_certificate(place: Place, row: Row, step: str) -> None:
    fault = Fault(step, row.harm)
    settings = place.ready(fault, early=step in SIGN_IN)
    answers = issue(settings, requests_for("odd.example", "fine.example"))
    assert all(isinstance(answer, Issued) for answer in answers), answers
    assert place.proxy.harmed[fault] == 1
    unknown = step == "newOrder" and row.forgetful
    assert place.proxy.done["newOrder"] == 2 + unknown
    assert place.proxy.done["finalize"] == 2
    assert sum(place.proxy.asked.values()) < ENOUGH
    place.tell(replace(row, how=f"{row.how}, once"), step, answers, "all certificates are there")


LASTING = [
    Row("connection reset", "before the CA gets the request", harms.reset, ORDER, acme.UnreachableError, 5),
    Row("time-out", "no answer", harms.stall, ("newOrder", "finalize"), acme.TimedOutError, 5),
    Row("answer too slow", "byte by byte", harms.drip(0.02), ("certificate",), acme.TimedOutError, 5),
    Row("answer cut off", "half of its length, connection closed", harms.cut, ("order", "certificate"), acme.UnreachableError, 5),
    Row("500", "instead of an answer", harms.problem(500, "serverInternal"), ORDER, acme.ServerFailureError, 5),
    Row("503 with a web page", "instead of an answer", harms.instead(503, "down", harms.HTML), UNCHANGING, acme.ServerFailureError, 5),
    Row("429", "instead of an answer", harms.problem(429, "rateLimited"), ORDER[:1], acme.RateLimitedError),
    Row("429", "instead of an answer", harms.problem(429, "rateLimited"), ORDER[1:], acme.RateLimitedError, 5),
    Row("429, Retry-After: 86400", "instead of an answer", TOMORROW, ORDER, acme.RateLimitedError, a_day=True),
    Row(
        "429, Retry-After as a date",
        "a day ahead, zone -08:00",
        dated(86400, -8),
        ("newOrder", "finalize"),
        acme.RateLimitedError,
        a_day=True,
    ),
    Row("badNonce", "instead of an answer", harms.problem(400, "badNonce"), ORDER, acme.ServerFailureError, 15),
    Row("web page", "status 200, instead of an answer", harms.page, ORDER, acme.NotAcmeError),
    Row(
        "broken JSON",
        "half an answer that says it is whole",
        harms.halve,
        ("newOrder", "authorization", "order", "certificate"),
        acme.NotAcmeError,
    ),
    *(
        Row("JSON of another shape", f"{shape}, instead of an answer", harms.json_of(shape), steps, acme.NotAcmeError)
        for shape, steps in (([], ORDER[:2]), ({}, ORDER[:2]), ({"status": 7}, ORDER))
    ),
    Row("404", "web page, instead of an answer", harms.instead(404, "<html>", harms.HTML), UNCHANGING, acme.NotAcmeError),
    Row("refused", "problem document", harms.problem(403, "unauthorized"), ORDER, acme.RefusedError),
    Row("refused", "problem document of a type that no RFC knows", harms.problem(400, "whatComes"), ("newOrder",), acme.RefusedError),
    Row("refused, 409", "problem document", harms.problem(409, "alreadyReplaced"), ("newOrder",), acme.RefusedError),
]


@pytest.mark.parametrize(("row", "step"), cases(LASTING))
def test_a_fault_that_stays_is_typed_and_stops_nobody_else(place: Place, row: Row, step: str) -> None:
    fault = Fault(step, row.harm, last=ALWAYS, name="odd.example")
    settings = place.ready(fault)
    odd, fine = answers = issue(settings, requests_for("odd.example", "fine.example"))
    assert isinstance(fine, Issued), fine
    assert isinstance(odd, Refused)
    assert odd.error.__class__ is row.error, odd
    assert odd.passing is issubclass(row.error, acme.OutageError)
    assert place.proxy.harmed[fault] == row.hits
    if row.a_day:
        assert isinstance(odd.error, acme.OutageError)
        assert abs(odd.error.until - datetime.now(timezone.utc) - timedelta(days=1)) < timedelta(seconds=5)
    assert place.proxy.done["newOrder"] <= (1 + row.hits if step == "newOrder" else 2)
    assert place.proxy.done["finalize"] <= 2
    place.tell(replace(row, how=f"{row.how}, each time"), step, answers, f"{row.error.__name__}; the other one is issued")


@pytest.mark.parametrize(("retry_after", "failures", "issued"), [("", 5, True), ("86400", 1, False)])
def test_a_server_that_fails_over_what_is_replaced_is_asked_without_it(place: Place, retry_after: str, failures: int, issued: bool) -> None:
    settings = place.ready(Fault("newOrder", harms.problem(500, "serverInternal", retry_after=retry_after), last=5))
    (request,) = requests_for("odd.example")
    (answer,) = issue(settings, [replace(request, replaces="aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE")])
    assert isinstance(answer, Issued) is issued, answer
    assert place.proxy.harmed.total() == failures, "one that asks to be left alone is"


STOPPING = [
    Row("connection reset", "before the CA gets the request", harms.reset, SIGN_IN, acme.UnreachableError, 5),
    Row("time-out", "no answer", harms.stall, SIGN_IN[:1], acme.TimedOutError, 5),
    Row("500", "instead of an answer", harms.problem(500, "serverInternal"), SIGN_IN, acme.ServerFailureError, 5),
    Row("429, Retry-After: 86400", "instead of an answer", TOMORROW, SIGN_IN, acme.RateLimitedError),
    Row("no nonce", "Replay-Nonce taken out", harms.nonce(None), ("newNonce",), acme.ServerFailureError, 5),
    Row("badNonce", "instead of an answer", harms.problem(400, "badNonce"), ("newAccount",), acme.ServerFailureError, 15),
    Row("web page", "status 200, instead of an answer", harms.page, ("directory", "newAccount"), acme.NotAcmeError),
    Row("broken JSON", "half an answer that says it is whole", harms.halve, ("directory", "newAccount"), acme.NotAcmeError),
    *(
        Row("JSON of another shape", f"{shape}, instead of an answer", harms.json_of(shape), ("directory",), acme.NotAcmeError)
        for shape in ([], {}, {"meta": {"website": 1}})
    ),
    Row("404", "web page, instead of an answer", harms.instead(404, "<html>", harms.HTML), SIGN_IN, acme.NotAcmeError),
    Row("refused", "problem document", harms.problem(403, "unauthorized"), ("directory", "newAccount"), acme.RefusedError),
]


@pytest.mark.parametrize(("row", "step"), cases(STOPPING))
def test_without_an_account_nothing_is_ordered(place: Place, row: Row, step: str) -> None:
    fault = Fault(step, row.harm, last=ALWAYS)
    place.proxy.reset([fault])
    with pytest.raises(acme.AcmeError) as caught:
        issue(settings_for(place.server, place.folder), requests_for("fine.example"))
    assert caught.value.__class__ is row.error, caught.value
    assert place.server.directory in str(caught.value)
    assert place.proxy.harmed[fault] == row.hits
    assert place.proxy.asked["newOrder"] == 0
    place.tell(replace(row, how=f"{row.how}, each time"), step, [], f"{row.error.__name__}; nothing is ordered")


@pytest.mark.parametrize(
    ("fault", "host", "told"),
    [("connection refused", "127.0.0.1", "cannot be reached: .*refused"), ("name not found", "no-such-host.invalid", "cannot be reached")],
)
def test_a_server_that_is_not_there_is_told(place: Place, fault: str, host: str, told: str) -> None:
    url = f"https://{host}:{free_port()}/dir"
    settings = replace(settings_for(place.server, place.folder), directory=url)
    with pytest.raises(acme.UnreachableError, match=f"{url} {told}"):
        account(settings, check_mode=False)
    place.tell(Row(fault, "without the proxy, each time", harms.reset), "directory", [], "UnreachableError; nothing is ordered")


def test_the_problems_of_single_names_are_data(place: Place) -> None:
    names = {"odd.example": "rejectedIdentifier", "www.odd.example": "caa"}
    parts = [
        {"type": f"urn:ietf:params:acme:error:{code}", "detail": "no", "identifier": {"type": "dns", "value": name}}
        for name, code in names.items()
    ]
    row = Row("refused", "problem document with subproblems, each time", harms.problem(403, "compound", "some names", subproblems=parts))
    settings = place.ready(Fault("newOrder", row.harm, name="odd.example"))
    odd, fine = answers = issue(settings, requests_for("odd.example", "fine.example"))
    assert isinstance(fine, Issued)
    assert isinstance(odd, Refused)
    assert isinstance(odd.error, acme.RefusedError)
    assert {part.name: part.code for part in odd.error.problem.subproblems} == names
    assert odd.reason.splitlines() == [
        "some names (compound)",
        "- odd.example: no (rejectedIdentifier)",
        "- www.odd.example: no (caa)",
        "next step: leave the name out, or ask the CA why it does not serve it",
        "next step: let the CAA record of the domain name this CA",
    ]
    place.tell(row, "newOrder", answers, "RefusedError with a line for each name; the other one is issued")


@pytest.mark.parametrize(
    ("step", "is_", "told"),
    [("authorization", "valid", "pending"), ("order", "ready", "pending"), ("order", "valid", "processing")],
)
def test_what_is_never_done_ends_at_the_deadline(place: Place, step: str, is_: str, told: str) -> None:
    row = Row("never done", f"status {told} instead of {is_}, each time", harms.status(is_, told))
    fault = Fault(step, row.harm, last=ALWAYS, name="odd.example")
    settings = replace(place.ready(fault), timeout=2)
    odd, fine = answers = issue(settings, requests_for("odd.example", "fine.example"))
    assert isinstance(fine, Issued), fine
    assert isinstance(odd, Refused)
    assert odd.error.__class__ is acme.TimedOutError, odd
    assert odd.passing
    assert place.proxy.harmed[fault] < 15
    assert place.proxy.done["newOrder"] == 2
    place.tell(row, step, answers, "TimedOutError; the other one is issued")


REVOKED = [
    Row("answer lost", "connection reset when the CA has done it", harms.lose),
    Row("429, Retry-After: 1", "instead of an answer", harms.problem(429, "rateLimited", retry_after="1")),
    Row("500", "instead of an answer", harms.problem(500, "serverInternal")),
    Row("time-out", "no answer, the CA does not get the request", harms.stall),
]


@pytest.mark.parametrize("row", REVOKED, ids=lambda row: row.fault)
def test_a_fault_that_passes_stops_no_revocation(place: Place, row: Row) -> None:
    settings = place.ready()
    answers = issue(settings, requests_for("one.example", "two.example"))
    chains = [(answer.name, answer.chain) for answer in answers if isinstance(answer, Issued)]
    place.proxy.reset([Fault("revokeCert", row.harm)])
    outcome = revoke(settings, chains, "superseded", no_host)
    assert sorted([*outcome.revoked, *outcome.already]) == ["one.example", "two.example"]
    assert place.proxy.done["revokeCert"] == 2
    place.tell(replace(row, how=f"{row.how}, once"), "revokeCert", [], "all certificates are revoked")
