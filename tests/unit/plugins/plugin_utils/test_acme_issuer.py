# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer acme in a whole pass: real modules in a directory of this machine, a real Pebble, and CAs that are out of order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, FileError
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Wanted
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_issuer, _acme_orders, _acme_retry
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import AcmeError, AuthorizationError, Problem
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_gate import Gate
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_issuer import Acme
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_ledger import Ledger, order_key
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import second
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import Issuance, wanted
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, ModuleError, Refused, SigningRequest
from ansible_collections.encrypt.httpd.plugins.plugin_utils._limits import read_limits
from ansible_collections.encrypt.httpd.plugins.plugin_utils._plan import Wait

from .conftest import Server, free_port
from .test_acme import ready, requests_for
from .test_acme_ledger import remembering
from .test_issuance import NOTHING, on_host

pytestmark = pytest.mark.pebble

ENTRY = {"name": "www", "names": ["www.example"], "key_type": "ecdsa-p256", "challenge": "http-01"}


def host(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """This machine, which answers challenges."""
    return {} if module == "challenge_check" else on_host(module, arguments)


def out_of_order(settings: Settings) -> Settings:
    """A CA of the same account that cannot be reached."""
    return replace(settings, directory=f"https://127.0.0.1:{free_port()}/dir")


def run(acme: Acme, one: list[Wanted], folder: Path, later: timedelta = timedelta(0), label: str = "") -> dict[str, Any]:
    """A whole pass; *label* is another CA's that this one stands for."""
    now = datetime.now(timezone.utc) + later
    return Issuance(str(folder / "tls"), {label or acme.label: acme}, acme.on_host, now, check_mode=False).run(one, NOTHING, activate=True)


def pass_of(acme: Acme, folder: Path, later: timedelta = timedelta(0), **change: Any) -> dict[str, Any]:
    return run(acme, [replace(wanted(ENTRY, acme), **change)], folder, later)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts at a CA that is out of order."""
    monkeypatch.setattr(_acme_retry, "FIRST_PAUSE", 0.01)


def test_a_ca_out_of_order_is_a_warning_while_a_certificate_is_valid(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = ready(start_pebble(), tmp_path)
    assert pass_of(Acme(settings, host), tmp_path)["issued"] == ["www"]
    (chain,) = tmp_path.glob("tls/www/current/fullchain.pem")
    before = chain.read_bytes()
    gone = Acme(out_of_order(settings), host)
    same = {"issuer": settings.label, "also": (gone.label,)}  # what is in place is of this very CA
    told = run(gone, [replace(wanted(ENTRY, gone), **same)], tmp_path, timedelta(days=80), settings.label)
    assert (told["refused"], list(told["deferred"])) == ({}, ["www"])
    (warning,) = told["warnings"]
    assert warning.startswith("www: not renewed: the ACME server https://127.0.0.1:")
    assert warning.endswith("(9 days left)")
    assert chain.read_bytes() == before


@pytest.mark.parametrize("change", [{}, {"names": ("other.example",)}, {"asked": "a new key is asked for"}, {"key_type": "rsa-2048"}])
def test_without_one_that_does_it_is_a_failure(start_pebble: Callable[..., Server], tmp_path: Path, change: dict[str, Any]) -> None:
    settings = ready(start_pebble(), tmp_path)
    if change:
        pass_of(Acme(settings, host), tmp_path)
    gone = Acme(out_of_order(settings), host)
    told = pass_of(gone, tmp_path, **change)
    assert (list(told["refused"]), told["deferred"], told["issued"]) == (["www"], {}, [])


def test_the_second_ca_helps_out(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    second = ready(start_pebble(), tmp_path)
    acme = Acme(out_of_order(second), host, second)
    told = pass_of(acme, tmp_path)
    assert told["issued"] == ["www"]
    (warning,) = told["warnings"]
    assert warning.startswith(f"www: {second.directory} signed it, since the ACME server {acme.settings.directory}")
    (issuer,) = tmp_path.glob("tls/www/current/issuer*")
    assert second.label in issuer.read_text(encoding="utf-8")
    again = pass_of(acme, tmp_path)
    assert (again["due"], again["changed"]) == ({}, False)  # what the second signed does
    assert list(pass_of(acme, tmp_path, later=timedelta(days=80))["due"]) == ["www"]


def test_both_are_out_of_order(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = ready(start_pebble(), tmp_path)
    acme = Acme(out_of_order(settings), host, out_of_order(settings))
    reason = pass_of(acme, tmp_path)["refused"]["www"]
    assert "; and the second CA: " in reason
    assert reason.count("cannot be reached") == 2


def test_what_the_first_refuses_is_not_asked_of_the_second(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = ready(start_pebble(), tmp_path)
    told = pass_of(Acme(settings, host, out_of_order(settings)), tmp_path, names=("blocked.example",))
    assert "rejectedIdentifier" in told["refused"]["www"]
    assert "second" not in told["refused"]["www"]


def test_what_another_run_has_under_way_is_not_asked_of_the_second(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = replace(remembering(start_pebble(), tmp_path), timeout=2)
    (request,) = requests_for("www.example")
    with Ledger(settings.ledger).order(order_key(settings, request), time.monotonic()):
        (told,) = Acme(settings, host, out_of_order(settings)).sign([request], check_mode=False)
    assert isinstance(told, Refused)
    assert "another run has the same order" in told.reason
    assert "second CA" not in told.reason


DAILY = [{"count": 1, "window": 86400, "scope": "registered_domain"}, {"count": 1, "window": 86400, "scope": "failed_name"}]


@pytest.mark.parametrize(
    ("first", "second", "signed"),
    [
        ("room", "room", True),
        ("full", "room", True),
        ("full", "full", False),
        ("waits", "room", True),
        ("waits", "full", False),  # it does not know the certificate, and a renewal is a new order there
        ("failing", "room", False),  # with any CA
    ],
)
def test_check_mode_foresees_what_a_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str, signed: bool
) -> None:
    one = Settings("https://ca.example/dir", tmp_path / "account.pem", ledger=tmp_path / "ledger", limits=read_limits(DAILY, ""))
    two = replace(one, directory="https://other.example/dir")
    (request,) = requests_for("www.example.org")
    request = replace(request, replaces="id.serial" if first == "waits" else "")
    for settings, state in ((one, first), (two, second)):
        _bring_to(state, settings)
    acme = Acme(one, host, two)
    (foreseen,) = acme.sign([request], check_mode=True)
    assert isinstance(foreseen, Issued) is signed
    monkeypatch.setattr(_acme_orders, "issue", _issue_all_that_may_go)
    assert foreseen == acme._asking(_acme_issuer._issue, [request])[0]


def _issue_all_that_may_go(settings: Settings, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
    deferred = Gate(settings).enter(requests)
    return [deferred.get(request.name) or Issued(request.name, "") for request in requests]


def _bring_to(state: str, settings: Settings) -> None:
    """Have a CA in such a state for www.example.org."""
    gate, (other,) = Gate(settings), requests_for("www.example.org")
    if state == "waits":
        gate._history.told_to_wait(datetime.now(timezone.utc), Wait(datetime.now(timezone.utc) + timedelta(hours=1)))
    elif state != "room":
        gate.enter([other])
        with suppress(AuthorizationError), gate.watching(other):
            gate.allow(other, replaces=False)
            if state == "failing":
                raise AuthorizationError("www.example.org", Problem("dns", "no"))


@pytest.mark.parametrize(("chain", "told"), [("", "would sign it"), ("PEM", "signed it")])
def test_whether_the_second_signed_or_would_sign_is_told(tmp_path: Path, chain: str, told: str) -> None:
    one = Settings("https://ca.example/dir", tmp_path / "account.pem")
    two = replace(one, directory="https://other.example/dir")

    def ask(settings: Settings, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
        return [Refused(one.name, "busy", passing=True) if settings is not two else Issued(one.name, chain) for one in requests]

    (answer,) = Acme(one, host, two)._asking(ask, [SigningRequest("www", "")])
    assert answer == Issued("www", chain, f"https://other.example/dir {told}, since busy", two.label)


@pytest.mark.parametrize("error", [AcmeError("it wants a binding"), FileError("the ledger is a link"), PermissionError(13, "no access")])
def test_what_the_first_signed_is_kept_when_the_second_can_sign_nothing(tmp_path: Path, error: Exception) -> None:
    one = Settings("https://ca.example/dir", tmp_path / "account.pem")
    two = replace(one, directory="https://other.example/dir")

    def ask(settings: Settings, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
        if settings is two:
            raise error
        return [Issued(requests[0].name, "PEM"), *(Refused(late.name, "busy", passing=True, deferred=True) for late in requests[1:])]

    signed, late = Acme(one, host, two)._asking(ask, [SigningRequest("www", ""), SigningRequest("api", "")])
    assert signed == Issued("www", "PEM")
    assert late == Refused("api", f"busy; and the second CA: {error}", passing=True, deferred=True)


@pytest.mark.parametrize("test", [True, False])
def test_a_test_ca_keeps_off_real_certificates(start_pebble: Callable[..., Server], tmp_path: Path, test: bool) -> None:
    real = ready(start_pebble(), tmp_path)
    pass_of(Acme(real, host), tmp_path)
    staging = Acme(replace(out_of_order(real), test=test), host, real)  # the second stands for its own server here
    told = pass_of(staging, tmp_path, also=())
    assert ("is a test CA" in told["refused"].get("www", "")) is test
    assert bool(told["issued"]) is not test


def test_only_names_whose_challenges_fail_are_refused(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = ready(start_pebble(), tmp_path)

    def failing(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if module == "challenge_check":
            assert arguments["names"] == ["a.example", "b.example"]
            raise ModuleError(module, {"failed": True, "msg": "no", "problems": {"a.example": "the answer was 404"}})
        return on_host(module, arguments)

    acme = Acme(settings, failing)
    both = [wanted({**ENTRY, "name": name, "names": [name]}, acme) for name in ("a.example", "b.example")]
    told = run(acme, both, tmp_path)
    assert (told["refused"], told["issued"]) == ({"a.example": "the answer was 404"}, ["b.example"])


def test_the_host_looks_at_http_01_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[list[str]] = []

    def looking(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if module == "challenge_check":
            looked_at.append(arguments["names"])
        return host(module, arguments)

    asked: list[str] = []
    monkeypatch.setattr(_acme_issuer, "_issue", lambda _settings, requests: asked.extend(one.challenge for one in requests) or [])
    acme = Acme(Settings("https://ca.test/dir", tmp_path / "acme" / "account.pem"), looking)
    by_dns = wanted({**ENTRY, "name": "dns", "names": ["*.example"], "challenge": "dns-01"}, acme)
    for several in ([wanted(ENTRY, acme), by_dns], [by_dns]):
        with pytest.raises(KeyError):  # nobody signs here
            run(acme, several, tmp_path)
    assert looked_at == [["www.example"]]
    assert asked == ["http-01", "dns-01", "dns-01"]


@pytest.mark.parametrize("deferred", [True, False])
def test_whose_turn_has_not_come_stays_so_when_the_second_ca_is_out_of_order(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deferred: bool
) -> None:
    settings = ready(start_pebble(), tmp_path)
    issue = _acme_orders.issue

    def first(asked: Settings, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
        if asked is not settings:
            return issue(asked, requests)
        return [Refused(request.name, "a limit", passing=True, deferred=deferred) for request in requests]

    monkeypatch.setattr(_acme_orders, "issue", first)
    told = pass_of(Acme(settings, host, out_of_order(settings)), tmp_path)
    assert (bool(told["deferred"]), bool(told["refused"])) == (deferred, not deferred)
    assert "a limit; and the second CA: " in str(told)


@pytest.mark.parametrize(
    ("first", "told"),
    [({}, "is a test CA"), ({"test_ca": True}, ""), ({"test_over_production": True}, "")],
)
def test_a_second_ca_that_is_a_test_ca_is_refused(first: dict[str, Any], told: str) -> None:
    nothing: dict[str, Any] = {"account_key": None, "account_key_content": None, "contact": [], "terms_agreed": True, "ca_bundle": None}
    nothing.update(binding=None, profile=None)
    staging = {**nothing, "acme_directory": "https://acme-staging-v02.api.letsencrypt.org/directory"}
    params = {**nothing, "acme_directory": "https://ca.example/dir"}
    with pytest.raises(ArgumentError, match=told) if told else nullcontext():
        assert second({**params, **first, "fallback": staging})
