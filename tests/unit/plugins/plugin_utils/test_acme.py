# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ACME client against a real Pebble."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
import requests
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _chains as chains
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, FileError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import NO_THUMBPRINT, Account, account, look
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import AcmeError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_history import history_of
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_solvers import Http01, Proof
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused, SigningRequest
from cryptography import x509
from cryptography.x509.oid import NameOID

from .conftest import NEWEST, OLD, Responder6, Server

pytestmark = pytest.mark.pebble
BOTH = pytest.mark.parametrize("version", [NEWEST, OLD])


def settings_for(server: Server, folder: Path) -> Settings:
    return Settings(
        directory=server.directory,
        account_key=folder / "acme" / "account.pem",
        contact=("ops@example.org",),
        terms_agreed=True,
        ca_bundle=server.ca_bundle,
        timeout=60,
    )


def requests_for(*names: str) -> list[SigningRequest]:
    return [SigningRequest(name, certificates.make_request(keys.generate("ecdsa-p256"), [name]).decode()) for name in names]


def ready(server: Server, folder: Path) -> Settings:
    settings = settings_for(server, folder)
    server.responder.thumbprint = account(settings, check_mode=False).thumbprint
    return settings


@BOTH
def test_many_orders_side_by_side(start_pebble: Callable[..., Server], tmp_path: Path, version: str) -> None:
    settings = ready(start_pebble(version), tmp_path)
    wanted = requests_for(*(f"n{number}.example" for number in range(20)))
    answers = issue(settings, wanted)
    assert [answer.name for answer in answers] == [request.name for request in wanted]
    for answer, request in zip(answers, wanted):
        assert isinstance(answer, Issued), answer
        chains.check_issued(answer.chain, request.csr)


@pytest.mark.parametrize("names", [["127.0.0.1"], ["www.example", "127.0.0.1", "more.example"]])
def test_certificates_for_addresses(start_pebble: Callable[..., Server], tmp_path: Path, names: list[str]) -> None:
    server = start_pebble()
    settings = ready(server, tmp_path)
    request = SigningRequest("site", certificates.make_request(keys.generate("ecdsa-p256"), names).decode())
    (answer,) = issue(settings, [request])
    assert isinstance(answer, Issued), answer
    chains.check_issued(answer.chain, request.csr)
    assert set(certificates.names_of(certificates.load_chain(answer.chain.encode(), "site")[0])) == set(names)
    assert server.responder.asked >= len(names)


def test_a_certificate_for_an_ipv6_address(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble()
    settings = ready(server, tmp_path)
    with Responder6(("::1", server.responder.server_port), server.responder.RequestHandlerClass) as responder:
        responder.thumbprint = server.responder.thumbprint
        threading.Thread(target=responder.serve_forever, daemon=True).start()
        (answer,) = issue(settings, requests_for("::1"))
        responder.shutdown()
    assert isinstance(answer, Issued), answer
    assert certificates.names_of(certificates.load_chain(answer.chain.encode(), "site")[0]) == ("::1",)


def test_an_address_that_does_not_answer_is_named(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble()
    settings = ready(server, tmp_path)
    server.responder.thumbprint = "someone-else"
    (refused,) = issue(settings, requests_for("127.0.0.1"))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("127.0.0.1: ")
    assert "(unauthorized)" in refused.reason


@BOTH
def test_a_refusal_names_each_host_and_stops_nobody_else(start_pebble: Callable[..., Server], tmp_path: Path, version: str) -> None:
    settings = ready(start_pebble(version), tmp_path)
    both = certificates.make_request(keys.generate("ecdsa-p256"), ["www.example", "blocked.example"]).decode()
    refused, issued = issue(settings, [SigningRequest("both", both), *requests_for("fine.example")])
    assert isinstance(refused, Refused)
    assert "rejectedIdentifier" in refused.reason
    assert "blocked.example" in refused.reason
    assert isinstance(issued, Issued)


@BOTH
def test_a_wrong_answer_to_a_challenge_is_told(start_pebble: Callable[..., Server], tmp_path: Path, version: str) -> None:
    server = start_pebble(version)
    settings = ready(server, tmp_path)
    server.responder.thumbprint = "someone-else"
    (refused,) = issue(settings, requests_for("www.example"))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("www.example: ")
    assert "(unauthorized)" in refused.reason


def test_all_names_that_fail_are_told_and_counted(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble()
    settings = replace(ready(server, tmp_path), ledger=tmp_path / "ledger")
    server.responder.thumbprint = "someone-else"
    names = ["a.example", "b.example", "c.example"]
    request = SigningRequest("site", certificates.make_request(keys.generate("ecdsa-p256"), names).decode())
    (refused,) = issue(settings, [request])
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the CA could not validate 3 names")
    assert all(f"- {name}: " in refused.reason for name in names)
    assert "next step: see which server answers for this name" in refused.reason
    failures = history_of(settings).past(datetime.now(timezone.utc)).failures
    assert len(failures) == 3


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_mistake_of_a_solver_is_not_the_cas_and_stops_nobody_else(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    @contextlib.contextmanager
    def presented(_solver: Http01, proofs: Sequence[Proof], *_others: object) -> Iterator[None]:
        odd = any(proof.name == "odd.example" for proof in proofs)
        if odd and moment == "before":
            raise AttributeError("no zone")
        yield
        if odd:
            raise AttributeError("no zone")

    settings = ready(start_pebble(), tmp_path)
    monkeypatch.setattr(Http01, "presented", presented)
    odd, fine = issue(settings, requests_for("odd.example", "fine.example"))
    assert isinstance(fine, Issued)
    assert isinstance(odd, Refused)
    assert odd.reason == "http-01 failed by a mistake that is not the CA's (AttributeError: no zone)"


def test_a_valid_authorization_is_used_again(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble(PEBBLE_AUTHZREUSE="100")
    settings = ready(server, tmp_path)
    assert isinstance(issue(settings, requests_for("www.example"))[0], Issued)
    asked = server.responder.asked
    assert isinstance(issue(settings, requests_for("www.example"))[0], Issued)
    assert server.responder.asked == asked


def test_the_preferred_chain_is_taken(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble(PEBBLE_ALTERNATE_ROOTS="2")
    settings = ready(server, tmp_path)
    roots = [_common_name(f"{server.management}/roots/{number}", server.ca_bundle) for number in range(3)]
    assert len(set(roots)) == 3
    for preferred, root in [(None, roots[0]), *((root, root) for root in roots), ("no such root", roots[0])]:
        (answer,) = issue(replace(settings, preferred_chain=preferred), requests_for("www.example"))
        assert isinstance(answer, Issued)
        assert ("the CA offers no chain up to 'no such root'" in answer.note) is (preferred == "no such root")
        assert certificates.topmost_issuer(answer.chain) == root


def _common_name(url: str, ca_bundle: str) -> str:
    root = x509.load_pem_x509_certificate(requests.get(url, verify=ca_bundle, timeout=10).content)
    return str(root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@BOTH
def test_the_account_is_made_once_and_remembered(start_pebble: Callable[..., Server], tmp_path: Path, version: str) -> None:
    settings = settings_for(start_pebble(version), tmp_path)
    assert account(settings, check_mode=True) == Account(NO_THUMBPRINT, "", changed=True)
    assert not settings.account_key.parent.exists()
    first = account(settings, check_mode=False)
    assert first.changed
    unreachable = {"ca_bundle": None}  # a second look needs no request
    assert account(replace(settings, **unreachable), check_mode=False) == replace(first, changed=False)
    for path, mode in [(settings.account_key, 0o600), (settings.account_key.parent, 0o700)]:
        assert stat.S_IMODE(path.stat().st_mode) == mode


@BOTH
def test_another_contact_is_told_to_the_ca(start_pebble: Callable[..., Server], tmp_path: Path, version: str) -> None:
    settings = settings_for(start_pebble(version), tmp_path)
    first = account(settings, check_mode=False)
    second = account(replace(settings, contact=("new@example.org",)), check_mode=False)
    assert second == Account(first.thumbprint, first.uri, changed=True)


def _race(settings: Settings, results: multiprocessing.Queue[str]) -> None:
    found = account(settings, check_mode=False)
    results.put(json.dumps([found.thumbprint, found.uri, found.changed]))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_ten_processes_make_one_account(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = settings_for(start_pebble(), tmp_path)
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[str] = fork.Queue()
    racers = [fork.Process(target=_race, args=(settings, results)) for _number in range(10)]
    for racer in racers:
        racer.start()
    told = [json.loads(results.get(timeout=30)) for _racer in racers]
    for racer in racers:
        racer.join()
    assert len({(thumbprint, uri) for thumbprint, uri, _changed in told}) == 1
    assert sum(changed for _thumbprint, _uri, changed in told) == 1


@BOTH
def test_a_ca_that_lost_its_data_gets_the_account_again(start_pebble: Callable[..., Server], tmp_path: Path, version: str) -> None:
    server = start_pebble(version)
    settings = ready(server, tmp_path)
    (known,) = json.loads((tmp_path / "acme" / "account.pem.json").read_text(encoding="utf-8"))
    known["uri"] = server.directory.replace("/dir", "/my-account/doesnotexist")
    (tmp_path / "acme" / "account.pem.json").write_text(json.dumps([known]), encoding="utf-8")
    assert isinstance(issue(settings, requests_for("www.example"))[0], Issued)


def test_terms_are_agreed_to_by_the_user_alone(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = replace(settings_for(start_pebble(), tmp_path), terms_agreed=False)
    with pytest.raises(AcmeError, match="terms of service, data:text/plain.*say terms_agreed: true"):
        account(settings, check_mode=False)


def test_terms_are_asked_for_once(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble()
    settings = ready(server, tmp_path)
    (issued,) = issue(replace(settings, terms_agreed=False), requests_for("www.example"))
    assert isinstance(issued, Issued)


@pytest.mark.parametrize("key_type", ["rsa-2048", "ecdsa-p384", "ed25519"])
def test_an_account_key_of_another_type_works_or_is_named(start_pebble: Callable[..., Server], tmp_path: Path, key_type: str) -> None:
    server = start_pebble()
    settings = settings_for(server, tmp_path)
    settings.account_key.parent.mkdir(mode=0o700)
    settings.account_key.touch(mode=0o600)
    settings.account_key.write_bytes(keys.encode(keys.generate(key_type)))
    if key_type != "rsa-2048":
        with pytest.raises(ArgumentError, match=f"account.pem: an ACME account key of type {key_type}; allowed are"):
            account(settings, check_mode=False)
        return
    (issued,) = issue(ready(server, tmp_path), requests_for("www.example"))
    assert isinstance(issued, Issued)


def test_an_untrusted_server_names_the_option(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = replace(settings_for(start_pebble(), tmp_path), ca_bundle=None)
    with pytest.raises(AcmeError, match="is not trusted; .*ca_bundle"):
        account(settings, check_mode=False)


def test_a_look_at_the_server_needs_no_account_and_makes_none(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = settings_for(start_pebble(), tmp_path)
    look(settings)
    assert not settings.account_key.parent.exists()
    with pytest.raises(AcmeError, match="is not trusted; .*ca_bundle"):
        look(replace(settings, ca_bundle=None))


def test_an_account_key_that_others_read_is_refused(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = ready(start_pebble(), tmp_path)
    settings.account_key.chmod(0o644)
    with pytest.raises(FileError, match="others can read this file"):
        account(settings, check_mode=False)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"directory": "http://ca.example/dir"}, "must start with https://"),
        ({"ca_bundle": "/nowhere.pem"}, "no readable file /nowhere.pem"),
        ({"contact": ("mailto:ops@example.org",)}, "is no mail address"),
        ({"contact": ("ops",)}, "is no mail address"),
        ({"concurrency": 0}, "not within 1 to 32"),
        ({"timeout": 0}, "no number of seconds"),
    ],
)
def test_settings_that_cannot_work(change: dict[str, object], told: str, tmp_path: Path) -> None:
    good = Settings(directory="https://ca.example/dir", account_key=tmp_path / "account.pem")
    with pytest.raises(ArgumentError, match=told):
        replace(good, **change)
