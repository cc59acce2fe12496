# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a CA wants certificates to be renewed: of a real Pebble, and of servers that answer nonsense."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import CertificateInfo
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_renewal_info as renewal_info
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_retry
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import RateLimitedError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_ledger import Ledger
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_network import Network
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_renewal_info import suggestions
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_revocation import revoke
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued
from ansible_collections.encrypt.httpd.tests.faults import acme_harms as harms
from ansible_collections.encrypt.httpd.tests.faults.acme_proxy import ALWAYS, Answer, Fault, Harm, Proxy

from ..module_utils.test_renewal import LEAF
from .conftest import Server, free_port, no_host
from .figures import Figures
from .test_acme import ready, requests_for, settings_for
from .test_acme_ledger import remembering

NOW = datetime.now(timezone.utc)


def issued(settings: Settings, *names: str) -> list[tuple[CertificateInfo, str]]:
    """What was signed, and its chain."""
    answers = issue(settings, requests_for(*names))
    chains = [answer.chain for answer in answers if isinstance(answer, Issued)]
    return [(certificates.describe(certificates.load_chain(chain.encode(), "chain")), chain) for chain in chains]


def say(server: Server, chain: str, answer: dict[str, Any] | str) -> None:
    """Have Pebble answer that for a certificate."""
    told = {"certificate": chain, "ariResponse": answer if isinstance(answer, str) else json.dumps(answer)}
    response = requests.post(f"{server.management}/set-renewal-info/", json=told, verify=server.ca_bundle, timeout=10)
    response.raise_for_status()


def window(start: float, end: float, **more: str) -> dict[str, Any]:
    """In days from now."""
    bounds = [(NOW + timedelta(days=days)).isoformat().replace("+00:00", "Z") for days in (start, end)]
    return {"suggestedWindow": dict(zip(("start", "end"), bounds)), **more}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is asked by GET."""
    seen: list[str] = []
    get = Network.get

    def watched(network: Network, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        seen.append(url)
        return get(network, url, *args, **kwargs)

    monkeypatch.setattr(Network, "get", watched)
    return seen


@pytest.mark.pebble
def test_a_window_is_read_and_remembered(start_pebble: Callable[..., Server], tmp_path: Path, asked: list[str]) -> None:
    server = start_pebble()
    settings = remembering(server, tmp_path)
    (leaf, chain), (other, _chain) = issued(settings, "www.example", "other.example")
    say(server, chain, window(-2, -1, explanationURL="https://ca.example/incident"))
    asked.clear()
    found = suggestions(settings, [leaf, other], NOW, remember=True)
    assert len(asked) == 3  # the directory, and one for each
    assert NOW - timedelta(days=2) <= found[leaf.renewal_id].at < NOW - timedelta(days=1)
    assert found[leaf.renewal_id].explanation == "https://ca.example/incident"
    assert NOW < found[other.renewal_id].at < other.not_after
    assert suggestions(settings, [leaf, other], NOW, remember=True) == found
    assert len(asked) == 3
    say(server, chain, window(1, 2))
    later = NOW + timedelta(days=1, seconds=1)
    assert suggestions(settings, [leaf], later, remember=True)[leaf.renewal_id].at > NOW + timedelta(days=1)


@pytest.mark.pebble
def test_a_revoked_certificate_is_to_be_replaced_at_once(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = remembering(start_pebble(), tmp_path)
    ((leaf, chain),) = issued(settings, "www.example")
    assert suggestions(settings, [leaf], NOW, remember=False)[leaf.renewal_id].at > NOW
    revoke(settings, [("www", chain)], "unspecified", no_host)
    assert suggestions(settings, [leaf], NOW, remember=False)[leaf.renewal_id].at <= datetime.now(timezone.utc)


@pytest.mark.pebble
@pytest.mark.parametrize(
    "answer",
    [
        "no JSON",
        "[]",
        "{}",
        {"suggestedWindow": {}},
        {"suggestedWindow": {"start": "yesterday", "end": "tomorrow"}},
        {"suggestedWindow": {"start": "2026-01-01T00:00:00", "end": "2030-01-01T00:00:00"}},
        (2, 1),
        (1, 1),
        (4000, 4001),
    ],
)
def test_a_window_that_is_none_is_ignored(start_pebble: Callable[..., Server], tmp_path: Path, answer: Any) -> None:
    server = start_pebble()
    settings = remembering(server, tmp_path)
    ((leaf, chain),) = issued(settings, "www.example")
    say(server, chain, window(*answer) if isinstance(answer, tuple) else answer)
    assert suggestions(settings, [leaf], NOW, remember=True) == {}


@pytest.mark.pebble
def test_check_mode_asks_and_keeps_nothing(start_pebble: Callable[..., Server], tmp_path: Path, asked: list[str]) -> None:
    settings = remembering(start_pebble(), tmp_path)
    ((leaf, _chain),) = issued(settings, "www.example")
    for _time in range(2):
        asked.clear()
        assert suggestions(settings, [leaf], NOW, remember=False)
        assert len(asked) == 2


@pytest.mark.pebble
def test_without_a_ledger_each_run_asks_and_comes_to_the_same(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = ready(start_pebble(), tmp_path)
    ((leaf, _chain),) = issued(settings, "www.example")
    first, second = (suggestions(settings, [leaf], NOW, remember=True) for _number in range(2))
    assert first == second != {}


def test_what_has_expired_or_has_no_identifier_is_not_asked_for(tmp_path: Path, asked: list[str]) -> None:
    settings = Settings(directory=f"https://127.0.0.1:{free_port()}/dir", account_key=tmp_path / "account.pem")
    for leaf in (replace(LEAF, not_after=NOW), replace(LEAF, renewal_id="", not_after=NOW + timedelta(days=1))):
        assert suggestions(settings, [leaf], NOW, remember=True) == {}
    assert asked == []


@pytest.mark.pebble
@pytest.mark.parametrize("body", [b"{", b"{}", b'{"renewalInfo": 7}', b'{"renewalInfo": "https://127.0.0.1:1/no"}'])
def test_a_server_that_does_not_tell_is_left_alone_for_a_while(
    proxied_pebble: tuple[Server, Proxy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    server, proxy = proxied_pebble
    answer = Answer(200, body, {"Content-Type": "application/json"})
    proxy.reset([Fault("directory", lambda exchange: exchange.answer(answer), 1, ALWAYS)])
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    settings = replace(settings_for(server, tmp_path), ledger=tmp_path / "ledger")
    leaf = replace(LEAF, not_after=NOW + timedelta(days=9))
    Ledger(settings.ledger).keep_renewal(leaf.renewal_id, {"again": 0, "explanation": "kept", **window(1, 2)["suggestedWindow"]})
    for _time in range(2):
        found = suggestions(settings, [leaf], NOW, remember=True)
        assert found[leaf.renewal_id].explanation == "kept"
    assert proxy.asked["directory"] == 1
    proxy.reset([])


@pytest.mark.parametrize(("days", "asks"), [(-1, True), (0.5, False), (1, False), (1.1, True), (3650, True), ("soon", True)])
def test_what_was_kept_while_the_clock_was_ahead_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: Any, asks: bool
) -> None:
    ledger, leaf = Ledger(tmp_path / "ledger"), replace(LEAF, not_after=NOW + timedelta(days=60))
    again = days if isinstance(days, str) else NOW.timestamp() + days * 86400
    ledger.keep_renewal(leaf.renewal_id, {"again": again, **window(1, 2)["suggestedWindow"]})
    asked: list[str] = []
    monkeypatch.setattr(renewal_info, "_ask", lambda _settings, identifiers, _now: asked.extend(identifiers) or {})
    settings = Settings("https://ca.example/dir", tmp_path / "account.pem", ledger=tmp_path / "ledger")
    assert list(suggestions(settings, [leaf], NOW, remember=True)) == [leaf.renewal_id]
    assert bool(asked) is asks


@pytest.mark.parametrize("remember", [True, False])
def test_a_ledger_that_cannot_be_used_is_no_failure_and_check_mode_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remember: bool
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    place = tmp_path / ("file" if remember else "home") / "ledger"
    answer = {"again": NOW.timestamp() + 60, **window(1, 2)["suggestedWindow"]}
    monkeypatch.setattr(renewal_info, "_ask", lambda _settings, identifiers, _now: dict.fromkeys(identifiers, answer))
    settings = Settings("https://ca.example/dir", tmp_path / "account.pem", ledger=place)
    leaf = replace(LEAF, not_after=NOW + timedelta(days=60))
    assert list(suggestions(settings, [leaf], NOW, remember=remember)) == [leaf.renewal_id]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("3600", 3600),
        ("1", 60),
        ("0", 60),
        ("9999999", 86400),
        ("", 21600),
        ("soon", 21600),
        ("{gmt}", 7200),
        ("{zone}", 7200),
    ],
)
def test_when_to_ask_again_is_kept_within_bounds(retry_after: str, seconds: float) -> None:
    moment = datetime.now(timezone.utc) + timedelta(hours=2)
    gmt, zone = format_datetime(moment, usegmt=True), format_datetime(moment.astimezone(timezone(timedelta(hours=-7))))

    class Answering:
        def get(self, _url: str) -> requests.Response:
            response = requests.Response()
            response.headers["Retry-After"] = retry_after.format(gmt=gmt, zone=zone)
            response._content = json.dumps(window(1, 2)).encode()
            return response

    again = renewal_info._answer(Answering(), "https://ca.example/1", NOW)["again"]  # type: ignore[arg-type]
    assert again - NOW.timestamp() == pytest.approx(seconds, abs=60)


class Answers:
    """A server that takes its time. What it answers with is called by identifier."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], None]) -> None:
        self.asked: list[str] = []
        self._answer = answer
        monkeypatch.setattr(client.ClientV2, "get_directory", lambda *_arguments: self)
        monkeypatch.setattr(Network, "get", lambda network, url: network._persistently(lambda: self._get(network, url)))

    def to_partial_json(self) -> dict[str, str]:
        return {"renewalInfo": "https://ca.example/ari"}

    def _get(self, network: Network, url: str) -> requests.Response:
        self.asked.append(url)
        time.sleep(0.02)
        if time.monotonic() > network._end:
            raise requests.Timeout
        self._answer(url)
        response = requests.Response()
        response._content = json.dumps(window(1, 2)).encode()
        return response


def nowhere(folder: Path) -> Settings:
    return Settings(directory=f"https://127.0.0.1:{free_port()}/dir", account_key=folder / "account.pem")


def leaves(number: int) -> list[CertificateInfo]:
    return [replace(LEAF, renewal_id=f"id.{one}", not_after=NOW + timedelta(days=60)) for one in range(number)]


def test_each_question_has_its_own_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal_info, "PATIENCE", 0.5)
    Answers(monkeypatch, lambda _url: None)
    assert len(suggestions(nowhere(tmp_path), leaves(400), NOW, remember=False)) == 400


def test_nothing_is_asked_after_an_outage_of_this_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one answer is always missing, all others come in other runs."""

    def fails(url: str) -> None:
        if url.endswith("/id.7"):
            raise requests.Timeout

    monkeypatch.setattr(_acme_retry, "MAX_ATTEMPTS", 1)
    server, settings, found = Answers(monkeypatch, fails), replace(nowhere(tmp_path), concurrency=2), set()
    for _run in range(50):
        server.asked.clear()
        found |= suggestions(settings, leaves(20), NOW, remember=False).keys()
        after = len(server.asked) - 1 - server.asked.index("https://ca.example/ari/id.7")
        assert after <= 4
        if len(found) == 19:
            return
    raise AssertionError(f"only {len(found)} were told")


@pytest.mark.parametrize(
    ("asked", "kept"),
    [(None, 600), (timedelta(minutes=1), 600), (timedelta(hours=2), 7200), (timedelta(days=7), 86400)],
)
def test_a_server_that_asks_to_be_left_alone_is_for_all_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: timedelta | None, kept: float
) -> None:
    def busy(_url: str) -> None:
        raise RateLimitedError("too many requests", NOW + asked if asked else None)

    server = Answers(monkeypatch, busy)
    settings = replace(nowhere(tmp_path), concurrency=1, ledger=tmp_path / "ledger")
    assert suggestions(settings, leaves(3), NOW, remember=True) == {}
    assert len(server.asked) == 1
    assert [Ledger(settings.ledger).renewal(one.renewal_id)["again"] for one in leaves(3)] == [NOW.timestamp() + kept] * 3


HARMS: dict[tuple[str, str], Harm] = {
    ("500", "instead of an answer"): harms.problem(500, "serverInternal"),
    ("429, Retry-After: 86400", "instead of an answer"): harms.problem(429, "rateLimited", retry_after="86400"),
    ("404", "web page, instead of an answer"): harms.instead(404, "<html>", harms.HTML),
    ("web page", "status 200, instead of an answer"): harms.page,
    ("JSON of another shape", "[], instead of an answer"): harms.json_of([]),
    ("broken JSON", "half an answer that says it is whole"): harms.halve,
    ("connection reset", "before the CA gets the request"): harms.reset,
    ("time-out", "no answer"): harms.stall,
}


@pytest.fixture
def place(proxied_pebble: tuple[Server, Proxy], tmp_path: Path) -> tuple[Settings, Proxy, CertificateInfo]:
    """What it is asked with, whom, and for what."""
    server, proxy = proxied_pebble
    proxy.reset([])
    settings = remembering(server, tmp_path)
    return settings, proxy, issued(settings, "www.example")[0][0]


@pytest.mark.pebble
@pytest.mark.parametrize("step", ["directory", "renewalInfo"])
@pytest.mark.parametrize("fault", HARMS)
def test_what_the_ca_cannot_tell_is_no_failure(
    place: tuple[Settings, Proxy, CertificateInfo], monkeypatch: pytest.MonkeyPatch, figures: Figures, fault: tuple[str, str], step: str
) -> None:
    settings, proxy, leaf = place
    monkeypatch.setattr(renewal_info, "PATIENCE", 0.5)
    monkeypatch.setattr(_acme_retry, "FIRST_PAUSE", 0.01)
    harmed = Fault(step, HARMS[fault], last=ALWAYS)
    proxy.reset([harmed])
    start = time.monotonic()
    assert suggestions(settings, [leaf], NOW, remember=True) == {}
    assert time.monotonic() - start < 5
    assert 1 <= proxy.harmed[harmed] <= 5
    proxy.reset([])
    assert suggestions(settings, [leaf], NOW, remember=True) == {}  # not asked again so soon
    alone = renewal_info.LATEST if "86400" in fault[0] else renewal_info.AFTER_FAILURE
    assert suggestions(settings, [leaf], NOW + timedelta(seconds=alone - 60), remember=True) == {}
    assert list(suggestions(settings, [leaf], NOW + timedelta(seconds=alone + 1), remember=True)) == [leaf.renewal_id]
    nothing = {"wanted": 0, "made": 0, "issued": 0, "outcome": "renewal by the lifetime, asked again later"}
    figures.tell({"fault": fault[0], "how": f"{fault[1]}, each time", "step": step, **nothing})
