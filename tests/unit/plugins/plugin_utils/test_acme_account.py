# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of an ACME account, with a real Pebble: binding, contacts, a new key, the end, and a key that is written nowhere."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import stat
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, PrivateKeyError
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_account as accounts
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_deactivation as deactivation
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_key
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_orders as orders
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_registration as registration
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_rollover as rollover
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import NO_THUMBPRINT, Account, account, existing, sign_in
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_binding import Binding, read_binding
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_deactivation import deactivate
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import (
    AcmeError,
    DeactivatedError,
    OutageError,
    Problem,
    RateLimitedError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_history import history_of
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_key import KNOWN, LOCK, NEXT, beside, load, make, read, thumbprint_of
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_registration import Remembered
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused, SigningRequest
from josepy.jwk import JWKEC

from .conftest import NEWEST, OLD, Server, free_port
from .test_acme import ready, requests_for, settings_for

BOTH = pytest.mark.parametrize("server", [NEWEST, OLD], indirect=True)
pytestmark = [pytest.mark.pebble, pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")]

HMAC = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12WzWNDZM6eQGHWpSRTPal5eA"
BOUND = {"externalAccountBindingRequired": True, "externalAccountMACKeys": {"kid-1": HMAC}}


@pytest.fixture
def server(request: pytest.FixtureRequest, start_pebble: Callable[..., Server]) -> Server:
    """A Pebble that takes bindings, and does not ask for them."""
    return start_pebble(getattr(request, "param", NEWEST), configuration={**BOUND, "externalAccountBindingRequired": False})


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    """Of this Pebble."""
    return settings_for(server, tmp_path)


@pytest.fixture
def by_variable(settings: Settings) -> Settings:
    """The same, with the key in a variable."""
    return replace(settings, account_key=None, account_key_content=keys.encode(keys.generate("ecdsa-p256")).decode())


def contacts(settings: Settings) -> tuple[str, ...]:
    """What the CA knows."""
    found = existing(settings)
    assert found is not None
    return tuple(found.registration.body.contact or ())


def files(settings: Settings) -> set[str]:
    """What lies on the controller."""
    assert settings.account_key
    return {path.name for path in settings.account_key.parent.iterdir()}


# External account binding


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("by", ["file", "variable"])
def test_an_account_is_bound_once(start_pebble: Callable[..., Server], tmp_path: Path, algorithm: str, by: str) -> None:
    unbound = settings_for(start_pebble(configuration=BOUND), tmp_path)
    if by == "variable":
        unbound = replace(unbound, account_key=None, account_key_content=keys.encode(keys.generate("rsa-2048")).decode())
    with pytest.raises(AcmeError, match=r"takes no account without an external account binding; .* binding: .*https_acme_binding"):
        account(unbound, check_mode=False)
    bound = replace(unbound, binding=Binding("kid-1", HMAC + "==", algorithm))
    assert account(bound, check_mode=False).changed
    assert not account(unbound, check_mode=False).changed  # what is registered needs none
    assert HMAC not in "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("acme/*"))


@pytest.mark.parametrize(
    ("binding", "told"),
    [
        (Binding("kid-2", HMAC), "references a key that is not known"),
        (Binding("kid-1", "c2VjcmV0LW9mLW5vYm9keQ"), "external account binding JWS verification error"),
    ],
)
def test_a_wrong_binding_is_refused_by_the_ca(start_pebble: Callable[..., Server], tmp_path: Path, binding: Binding, told: str) -> None:
    settings = replace(settings_for(start_pebble(configuration=BOUND), tmp_path), binding=binding)
    with pytest.raises(AcmeError, match=f"refuses the account: .*{told}") as raised:
        account(settings, check_mode=False)
    assert binding.hmac not in "".join(traceback.format_exception(raised.value)) + repr(settings)


@pytest.mark.parametrize("change", [{"kid": ""}, {"hmac": ""}, {"hmac": "not base64url!"}, {"hmac": "+/=="}, {"algorithm": "RS256"}])
def test_a_binding_that_cannot_be(change: dict[str, str]) -> None:
    with pytest.raises(ArgumentError, match="binding: ") as raised:
        read_binding({"kid": "kid-1", "hmac": HMAC, "algorithm": "HS256", **change})
    assert not change.get("hmac") or change["hmac"] not in str(raised.value)


# Contacts


@pytest.mark.parametrize("addresses", [(), ("b@example.org",), ("b@example.org", "c@example.org")])
@pytest.mark.parametrize("by", ["settings", "by_variable"])
def test_other_contacts_are_told_to_the_ca_once(request: pytest.FixtureRequest, by: str, addresses: tuple[str, ...]) -> None:
    settings: Settings = request.getfixturevalue(by)
    first = account(settings, check_mode=False)
    assert contacts(settings) == ("mailto:ops@example.org",)
    other = replace(settings, contact=addresses)
    assert account(other, check_mode=False) == replace(first, changed=True)
    assert contacts(other) == tuple(f"mailto:{address}" for address in addresses)
    assert account(other, check_mode=False) == replace(first, changed=False)


def test_a_registration_that_is_found_again_is_told_the_contacts(settings: Settings) -> None:
    account(settings, check_mode=False)
    assert settings.account_key
    beside(settings.account_key, KNOWN).unlink()
    account(replace(settings, contact=("b@example.org",)), check_mode=False)
    assert contacts(settings) == ("mailto:b@example.org",)


# A new key


@BOTH
def test_a_new_key_takes_the_place_of_the_old_one(settings: Settings, tmp_path: Path) -> None:
    first = account(settings, check_mode=False)
    before = load(settings)
    assert account(settings, check_mode=True, rekey=True) == Account(NO_THUMBPRINT, "", changed=True)
    second = account(settings, check_mode=False, rekey=True)
    assert (second.uri, second.changed, second.thumbprint != first.thumbprint) == (first.uri, True, True)
    assert account(replace(settings, ca_bundle=None), check_mode=False) == replace(second, changed=False)  # remembered
    assert registration.find(registration.connect(settings, before), settings) is None
    assert files(settings) == {"account.pem", "account.pem.json", "account.pem.lock"}
    assert stat.S_IMODE((tmp_path / "acme" / "account.pem").stat().st_mode) == 0o600


@BOTH
def test_an_order_goes_on_with_the_new_key(server: Server, tmp_path: Path) -> None:
    settings = ready(server, tmp_path)
    server.responder.thumbprint = account(settings, check_mode=False, rekey=True).thumbprint
    assert isinstance(orders.issue(settings, requests_for("www.example"))[0], Issued)


def test_a_new_key_before_there_is_any_account(settings: Settings) -> None:
    assert account(settings, check_mode=False, rekey=True).changed
    assert files(settings) == {"account.pem", "account.pem.json", "account.pem.lock"}


def _dead(*_args: Any, **_kwargs: Any) -> Any:
    os._exit(9)


def _dying_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        _dead()

    return wrapped


KILLS: dict[str, tuple[Any, str, Any]] = {
    "the key is made": (rollover, "connect", _dead),
    "before the CA is asked": (rollover, "post", _dead),
    "after the CA said yes": (rollover, "post", _dying_after(rollover.post)),
    "before it is remembered": (rollover, "remember", _dead),
    "before it is in place": (rollover, "remember", _dying_after(rollover.remember)),
    "once it is in place": (accounts, "_signed_in", _dead),
}


@pytest.mark.parametrize("then", ["account", "order", "rekey", "revoke"])
@pytest.mark.parametrize("moment", KILLS)
def test_a_run_that_was_killed_is_finished_by_the_next(settings: Settings, moment: str, then: str) -> None:
    first = account(settings, check_mode=False)
    _kill_a_rollover(settings, moment)
    would = account(settings, check_mode=True)
    assert would.changed is (moment != "once it is in place")
    {
        "account": lambda: account(settings, check_mode=False),
        "order": lambda: sign_in(settings),
        "rekey": lambda: account(settings, check_mode=False, rekey=True),
        "revoke": lambda: existing(settings),
    }[then]()
    after = account(replace(settings, ca_bundle=None), check_mode=False)
    assert (after.uri, after.changed) == (first.uri, False)
    assert after.thumbprint != first.thumbprint
    assert then == "rekey" or after.thumbprint == would.thumbprint
    assert sign_in(settings).registration.uri == first.uri
    assert files(settings) == {"account.pem", "account.pem.json", "account.pem.lock"}


def _kill_a_rollover(settings: Settings, moment: str) -> None:
    def rekey() -> None:
        where, name, instead = KILLS[moment]
        setattr(where, name, instead)
        account(settings, check_mode=False, rekey=True)

    process = multiprocessing.get_context("fork").Process(target=rekey)
    process.start()
    process.join()
    assert process.exitcode == 9


@BOTH
def test_an_answer_that_is_lost_loses_no_account(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = account(settings, check_mode=False)
    lost = []
    send = client.ClientNetwork._send_request

    def lossy(network: client.ClientNetwork, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        response = send(network, method, url, *args, **kwargs)
        if url == sign_url and not lost:
            lost.append(url)
            raise requests.ConnectionError("lost on the way")
        return response

    sign_url = sign_in(settings).directory["keyChange"]
    monkeypatch.setattr(client.ClientNetwork, "_send_request", lossy)
    assert account(settings, check_mode=False, rekey=True).uri == first.uri
    assert len(lost) == 1


def test_a_new_key_that_the_ca_refuses_leaves_the_old_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = account(settings, check_mode=False)
    handover = rollover._handover
    monkeypatch.setattr(rollover, "_handover", lambda uri, old, new, url: handover(uri, old, new, url + "/elsewhere"))
    with pytest.raises(AcmeError, match="refuses the account"):
        account(settings, check_mode=False, rekey=True)
    assert account(settings, check_mode=False) == replace(first, changed=False)


def test_a_ca_that_changes_no_keys_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = account(settings, check_mode=False)
    connect = registration.connect

    def without(settings: Settings, key: Any) -> client.ClientV2:
        acme = connect(settings, key)
        del acme.directory._jobj["keyChange"]
        return acme

    monkeypatch.setattr(rollover, "connect", without)
    with pytest.raises(AcmeError, match="has no way to change the key of an account"):
        account(settings, check_mode=False, rekey=True)
    assert account(settings, check_mode=False) == replace(first, changed=False)


def test_a_new_key_waits_for_a_ca_that_is_out_of_reach(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = account(settings, check_mode=False)

    def out_of_reach(*_args: Any) -> Any:
        raise OutageError("out of reach")

    with monkeypatch.context() as patched:
        patched.setattr(rollover, "post", out_of_reach)
        with pytest.raises(OutageError):
            account(settings, check_mode=False, rekey=True)
    assert "account.pem.next" in files(settings)
    second = account(settings, check_mode=False)
    assert (second.uri, second.thumbprint != first.thumbprint) == (first.uri, True)


def test_a_ca_that_knows_neither_key_gets_the_new_one_once_more(settings: Settings) -> None:
    account(settings, check_mode=False)
    path = settings.account_key
    assert path
    path.write_bytes(keys.encode(keys.generate("ecdsa-p256")))
    (known,) = json.loads(beside(path, KNOWN).read_text(encoding="utf-8"))
    beside(path, KNOWN).write_text(json.dumps([{**known, "thumbprint": accounts.thumbprint(settings)}]), encoding="utf-8")
    rollover.begin(path)
    waiting = account(settings, check_mode=True).thumbprint
    found = account(replace(settings, terms_agreed=False), check_mode=False)  # the terms were agreed to before
    assert (found.thumbprint, found.uri != known["uri"]) == (waiting, True)


def test_a_key_that_another_server_knows(start_pebble: Callable[..., Server], server: Server, tmp_path: Path) -> None:
    """Both are remembered. Where the key stays in use it is neither changed nor put away."""
    bundle = tmp_path / "first.pem"
    bundle.write_bytes(Path(server.ca_bundle).read_bytes())
    first = replace(settings_for(server, tmp_path), ca_bundle=str(bundle))
    second = settings_for(start_pebble(), tmp_path)
    both = [account(one, check_mode=False) for one in (first, second)]
    assert [account(one, check_mode=False) for one in (first, second)] == [replace(one, changed=False) for one in both]
    with pytest.raises(ArgumentError, match=f"is registered at {second.directory}, too, .* deactivate that account first"):
        account(first, check_mode=False, rekey=True)
    for check_mode in (True, False):
        assert deactivate(second, check_mode=check_mode) == both[1]
    assert not deactivate(second, check_mode=True).changed
    assert not deactivate(second, check_mode=False).changed
    assert files(first) == {"account.pem", "account.pem.json", "account.pem.lock"}
    assert account(first, check_mode=False, rekey=True).uri == both[0].uri
    assert deactivate(first, check_mode=False).changed
    assert files(first) == {"account.pem.deactivated", "account.pem.lock"}


@pytest.mark.parametrize(
    ("other", "remembered"),
    [
        (lambda at: sign_in(at("fourth")), ["first", "second", "third", "fourth"]),
        (lambda at: deactivate(at("second"), check_mode=False), ["first", "third"]),
    ],
    ids=["signed in to", "deactivated"],
)
def test_of_two_servers_at_once_neither_is_forgotten(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, other: Callable[..., Any], remembered: list[str]
) -> None:
    def at(name: str) -> Settings:
        return replace(settings, directory=f"https://{name}.example/dir")

    def known(one: Settings) -> Remembered:
        return Remembered(one.directory, "uri", [], thumbprint_of(load(one)))

    for name in ("first", "second"):
        registration.remember(at(name), known(at(name)))
    meeting, write = threading.Barrier(2), registration.files.write_private

    def slowly(path: str, data: bytes) -> None:
        """Both have read before one writes, unless one lets the other go first."""
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(1)
        write(path, data)

    monkeypatch.setattr(registration.files, "write_private", slowly)
    monkeypatch.setattr(accounts, "_signed_in", lambda one: (None, known(one)))
    monkeypatch.setattr(deactivation, "existing", lambda _one: None)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(sign_in, at("third")), pool.submit(other, at)]:
            done.result()
    assert set(registration.elsewhere(settings)) == {at(name).directory for name in remembered}


def test_a_new_key_waits_for_the_server_that_it_was_begun_at(settings: Settings) -> None:
    first = account(settings, check_mode=False)
    _kill_a_rollover(settings, "before the CA is asked")
    second = replace(settings, directory="https://second.example/dir")
    with pytest.raises(AcmeError, match=f"a new account key waits until {settings.directory} has it"):
        sign_in(second)
    assert sign_in(settings).registration.uri == first.uri


def test_what_was_remembered_by_earlier_versions_counts(settings: Settings) -> None:
    """They wrote one registration, not a list."""
    first = account(settings, check_mode=False)
    path = beside(settings.account_key or Path(), KNOWN)
    (one,) = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(one), encoding="utf-8")
    assert account(replace(settings, ca_bundle=None), check_mode=False) == replace(first, changed=False)


def test_files_that_earlier_versions_named_otherwise_stay_in_use(settings: Settings) -> None:
    first = account(settings, check_mode=False)
    _kill_a_rollover(settings, "after the CA said yes")
    path = settings.account_key or Path()
    for ending in (KNOWN, LOCK, NEXT):
        beside(path, ending).rename(path.with_suffix(ending))
    second = account(settings, check_mode=False)
    assert (second.uri, second.thumbprint != first.thumbprint) == (first.uri, True)
    assert files(settings) == {"account.pem", "account.json", "account.lock"}
    assert account(replace(settings, ca_bundle=None), check_mode=False) == replace(second, changed=False)


@pytest.mark.parametrize(("one", "other"), [("acme.prod", "acme.staging"), ("acme", "acme.pem")])
def test_two_keys_in_one_directory(settings: Settings, one: str, other: str) -> None:
    """What becomes of one is nothing to the other."""
    folder = (settings.account_key or Path()).parent
    both = [replace(settings, account_key=folder / name) for name in (one, other)]
    made = [account(one, check_mode=False) for one in both]
    assert made[0].uri != made[1].uri
    _kill_a_rollover(both[0], "before the CA is asked")
    deactivate(both[1], check_mode=False)
    assert account(both[0], check_mode=False).uri == made[0].uri
    assert account(both[0], check_mode=False, rekey=True).uri == made[0].uri
    assert files(both[0]) == {one, f"{one}.json", f"{one}.lock", f"{other}.deactivated", f"{other}.lock"}


@pytest.mark.parametrize("ending", ["", NEXT])
def test_a_key_that_another_process_makes_meanwhile_is_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path, generate, made = beside(tmp_path / "acme" / "account.pem", ending), keys.generate, list[bytes]()

    def overtaken(key_type: str) -> Any:
        monkeypatch.setattr(keys, "generate", generate)
        make(path)
        made.append(path.read_bytes())
        return generate(key_type)

    monkeypatch.setattr(keys, "generate", overtaken)
    with pytest.raises(FileExistsError):
        make(path)
    assert [one.read_bytes() for one in path.parent.iterdir()] == made


def test_a_key_that_another_process_has_not_filled_yet_is_waited_for(tmp_path: Path) -> None:
    path, pem = tmp_path / "account.pem", keys.encode(keys.generate("ecdsa-p256"))
    path.touch(0o600)
    threading.Timer(0.2, path.write_bytes, [pem]).start()
    assert thumbprint_of(read(path)) == thumbprint_of(JWKEC(key=keys.load(pem, "")))


def test_a_key_that_nobody_fills_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_acme_key, "_PATIENCE", 0.0)
    (tmp_path / "account.pem").touch(0o600)
    with pytest.raises(ArgumentError, match=r"account\.pem: this file is empty, .*; remove it"):
        read(tmp_path / "account.pem")


# The end


@BOTH
def test_an_account_is_deactivated_once(settings: Settings) -> None:
    assert deactivate(settings, check_mode=False) == Account("", "", changed=False)
    first = account(settings, check_mode=False)
    old = load(settings)
    assert deactivate(settings, check_mode=True) == first
    assert existing(settings) is not None
    assert deactivate(settings, check_mode=False) == first
    assert files(settings) == {"account.pem.deactivated", "account.pem.lock"}
    assert deactivate(settings, check_mode=False) == Account("", "", changed=False)
    with pytest.raises(DeactivatedError):
        registration.find(registration.connect(settings, old), settings)
    assert account(settings, check_mode=False).uri != first.uri


def test_a_run_that_was_killed_after_deactivation_is_finished(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    account(settings, check_mode=False)
    with monkeypatch.context() as patched:
        patched.setattr("ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_deactivation._put_away", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            deactivate(settings, check_mode=False)
    with pytest.raises(DeactivatedError, match=r"account.pem at .* was deactivated, for good; run acme_account with state: absent"):
        sign_in(settings)
    rollover.begin(settings.account_key or Path())
    assert deactivate(settings, check_mode=False).changed
    assert files(settings) == {"account.pem.deactivated", "account.pem.lock"}


def _interrupted(_path: Path) -> None:
    raise KeyboardInterrupt


def test_a_registration_with_the_status_of_the_end_is_understood(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some servers answer (RFC 8555 section 7.3.1), where Pebble refuses."""
    account(settings, check_mode=False)
    post = registration.post

    def answer(acme: client.ClientV2, url: str, body: Any) -> requests.Response:
        response = post(acme, url, body)
        response._content = b'{"status": "deactivated"}'
        return response

    monkeypatch.setattr(registration, "post", answer)
    with pytest.raises(DeactivatedError):
        sign_in(settings)
    assert existing(settings) is None


# An account that the CA does not know any more


@pytest.fixture
def signing_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """A function that has so many sessions begin with an account that the CA does not know; gives the list of all that began."""

    def lose(times: int) -> list[str]:
        began: list[str] = []

        def lost(settings: Settings) -> accounts.Session:
            session = sign_in(settings)
            began.append(session.registration.uri)
            if len(began) > times:
                return session
            return replace(session, registration=session.registration.update(uri=session.registration.uri + "0"))

        monkeypatch.setattr(orders, "sign_in", lost)
        return began

    return lose


@BOTH
def test_orders_of_an_unknown_account_are_made_once_more(server: Server, tmp_path: Path, signing_in: Callable[[int], list[str]]) -> None:
    settings = replace(ready(server, tmp_path), ledger=tmp_path / "ledger")
    began = signing_in(1)
    answers = orders.issue(settings, requests_for("a.example", "b.example", "c.example"))
    assert [type(answer) for answer in answers] == [Issued] * 3
    assert [answer.name for answer in answers] == ["a.example", "b.example", "c.example"]
    assert len(began) == 2
    assert len(history_of(settings).past(datetime.now(timezone.utc)).orders) == 3, "what the CA did not take is not counted"


def test_an_account_that_is_never_known_is_no_loop(server: Server, tmp_path: Path, signing_in: Callable[[int], list[str]]) -> None:
    settings = ready(server, tmp_path)
    began = signing_in(9)
    (answer,) = orders.issue(settings, requests_for("a.example"))
    assert isinstance(answer, Refused)
    assert "accountDoesNotExist" in answer.reason
    assert len(began) == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UnreachableError("gone"), Refused("b.example", "gone", passing=True)),
        (RateLimitedError("gone"), Refused("b.example", "gone", passing=True, deferred=True)),
        (RefusedError("", Problem("unauthorized", "gone")), Refused("b.example", "gone (unauthorized)")),
    ],
)
def test_what_is_issued_is_not_lost_when_the_account_cannot_be_registered_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: AcmeError, told: Refused
) -> None:
    settings = replace(ready(server, tmp_path), ledger=tmp_path / "ledger")
    sessions, answer = iter([sign_in(settings)]), orders.answer

    def once(_settings: Settings) -> accounts.Session:
        for session in sessions:
            return session
        raise error

    def forgetting(acme: Any, settings: Settings, request: SigningRequest, *more: Any) -> Issued | Refused:
        unknown = RefusedError("", Problem("accountDoesNotExist", "unknown"))
        return Refused("b.example", "unknown", error=unknown) if request.name == "b.example" else answer(acme, settings, request, *more)

    monkeypatch.setattr(orders, "sign_in", once)
    monkeypatch.setattr(orders, "answer", forgetting)
    kept, lost = orders.issue(settings, requests_for("a.example", "b.example"))
    assert isinstance(kept, Issued)
    assert lost == told
    past = history_of(settings).past(datetime.now(timezone.utc))
    assert [one.names for one in past.orders] == [("a.example",)]
    assert len(past.waits) == told.deferred


def test_terms_hold_for_an_account_that_the_ca_lost(settings: Settings) -> None:
    first = account(settings, check_mode=False)
    path = settings.account_key
    assert path
    path.write_bytes(keys.encode(keys.generate("ecdsa-p256")))
    (known,) = json.loads(beside(path, KNOWN).read_text(encoding="utf-8"))
    beside(path, KNOWN).write_text(json.dumps([{**known, "thumbprint": accounts.thumbprint(settings)}]), encoding="utf-8")
    other = replace(settings, terms_agreed=False, contact=("b@example.org",))
    assert account(other, check_mode=False).uri != first.uri
    assert contacts(other) == ("mailto:b@example.org",)


# A key in a variable


@BOTH
def test_a_variable_is_written_nowhere(by_variable: Settings, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    assert account(by_variable, check_mode=True).changed
    first = account(by_variable, check_mode=False)
    assert first.changed
    again = [account(by_variable, check_mode=check_mode) for check_mode in (False, True, False)]
    assert again == [replace(first, changed=False)] * 3
    assert set(tmp_path.rglob("*")) == before


def test_orders_by_a_variable(server: Server, by_variable: Settings, tmp_path: Path) -> None:
    server.responder.thumbprint = account(by_variable, check_mode=False).thumbprint
    assert isinstance(orders.issue(by_variable, requests_for("www.example"))[0], Issued)
    assert not (tmp_path / "acme").exists()


def _race(settings: Settings, results: multiprocessing.Queue[str]) -> None:
    found = account(settings, check_mode=False)
    results.put(json.dumps([found.uri, found.changed]))


def test_processes_with_a_variable_make_one_account(by_variable: Settings) -> None:
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[str] = fork.Queue()
    racers = [fork.Process(target=_race, args=(by_variable, results)) for _number in range(8)]
    for racer in racers:
        racer.start()
    told = [json.loads(results.get(timeout=30)) for _racer in racers]
    for racer in racers:
        racer.join()
    assert len({uri for uri, _changed in told}) == 1
    assert sum(changed for _uri, changed in told) == 1


def test_a_variable_at_a_ca_that_is_out_of_reach(by_variable: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(*_args: Any) -> Any:
        raise OutageError("the CA is out of reach")

    known = account(by_variable, check_mode=False)
    monkeypatch.setattr(accounts, "connect", out_of_reach)
    for check_mode in (True, False):
        found = account(by_variable, check_mode=check_mode)
        assert (found.thumbprint, found.changed) == (known.thumbprint, False)
        assert "the CA is out of reach" in found.note


def test_the_account_of_a_variable_is_deactivated_once(by_variable: Settings) -> None:
    first = account(by_variable, check_mode=False)
    for check_mode in (True, False):
        assert deactivate(by_variable, check_mode=check_mode) == first
    assert deactivate(by_variable, check_mode=False) == Account(first.thumbprint, "", changed=False)
    for check_mode in (True, False):
        with pytest.raises(DeactivatedError, match="the account of account_key_content .* give another key"):
            account(by_variable, check_mode=check_mode)


def test_a_variable_takes_no_new_key(by_variable: Settings) -> None:
    with pytest.raises(ArgumentError, match="account_key_content: a new key could not be put"):
        account(by_variable, check_mode=False, rekey=True)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("secret of nobody", PrivateKeyError),
        ("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", PrivateKeyError),
        (keys.encode(keys.generate("ed25519")).decode(), ArgumentError),
        (keys.encode(keys.generate("ecdsa-p256"), "passphrase").decode(), PrivateKeyError),
    ],
    ids=["text", "nothing", "ed25519", "encrypted"],
)
def test_a_variable_that_is_no_account_key(content: str, error: type[Exception]) -> None:
    settings = Settings(f"https://127.0.0.1:{free_port()}/dir", None, account_key_content=content)
    with pytest.raises(error, match="^account_key_content: ") as raised:
        account(settings, check_mode=False)
    shown = "".join(traceback.format_exception(raised.value)) + repr(settings)
    assert not any(line in shown for line in content.splitlines() if "-----" not in line)


@pytest.mark.parametrize("given", [{"account_key": None}, {"account_key_content": "x"}])
def test_the_key_is_in_one_place(given: dict[str, Any], tmp_path: Path) -> None:
    good = Settings("https://ca.example/dir", tmp_path / "account.pem")
    with pytest.raises(ArgumentError, match="account_key and account_key_content: give one of them"):
        replace(good, **given)


@pytest.mark.parametrize("by", ["settings", "by_variable"])
def test_nothing_that_is_handed_around_shows_a_key(request: pytest.FixtureRequest, by: str) -> None:
    settings = replace(request.getfixturevalue(by), binding=Binding("kid-1", HMAC))
    found = account(settings, check_mode=False)
    key = settings.account_key_content or (settings.account_key or Path()).read_text(encoding="utf-8")
    shown = f"{settings!r} {found!r} {sign_in(settings)!r} {deactivate(settings, check_mode=False)!r}"
    assert not any(line in shown for line in [HMAC, *key.splitlines()[1:-1]])
