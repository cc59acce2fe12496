# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of one host in one pass, with the real modules at work in a directory of this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import generate
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Wanted
from ansible_collections.encrypt.httpd.plugins.modules import (
    certificate,
    certificate_info,
    certificate_request,
    existing_certificate,
    self_signed_certificate,
)
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import Problem, RefusedError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_revocation import revocable
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import Issuance
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Answer, Awaited, Issued, Refused, SigningRequest
from ansible_collections.encrypt.httpd.plugins.plugin_utils._refusals import refusal
from ansible_collections.encrypt.httpd.plugins.plugin_utils._self_signed import SelfSigned

from ..module_utils.authority import Authority

NOW = datetime.now(timezone.utc)
NOTHING: dict[str, Any] = {"certificates": []}
MODULES: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "certificate": (certificate.ARGUMENTS, lambda params: certificate.run(params, False, datetime.now(timezone.utc))),
    "certificate_info": (certificate_info.ARGUMENTS, certificate_info.run),
    "certificate_request": (certificate_request.ARGUMENTS, lambda params: certificate_request.run(params, False)),
    "existing_certificate": (existing_certificate.ARGUMENTS, lambda params: existing_certificate.run(params, False, NOW)),
    "self_signed_certificate": (self_signed_certificate.ARGUMENTS, lambda params: self_signed_certificate.run(params, NOW)),
}


def on_host(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    specification, run = MODULES[module]
    return run(_filled(specification, arguments))


def _filled(specification: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    params = {name: arguments.get(name, one.get("default")) for name, one in specification.items()}
    for name, one in specification.items():
        if "options" in one:
            params[name] = [_filled(one["options"], entry) for entry in params[name]]
    return params


@dataclass
class Down:
    """An issuer that cannot be asked."""

    why: Exception
    label: str = "down"

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        del requests, check_mode
        raise self.why


class Wrong:
    """An issuer that signs for other names than it is asked for."""

    label = "wrong"

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        del check_mode
        chain = certificates.to_pem(Authority("CA").sign(generate("ecdsa-p256").public_key(), ["evil.test"], start=NOW))
        return [Issued(request.name, chain) for request in requests]


@dataclass
class Slow:
    """An issuer that a person asks; remembers the requests that it saw."""

    label: str = "slow"
    seen: list[str] = field(default_factory=list)
    challenges: list[str] = field(default_factory=list)

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        del check_mode
        self.seen += [request.csr for request in requests]
        self.challenges += [request.challenge for request in requests]
        return [Awaited(request.name, "have it signed", changed=False) for request in requests]


def issuance(folder: Path, *issuers: Any) -> Issuance:
    own = SelfSigned(str(folder), 90, on_host)
    return Issuance(str(folder), {one.label: one for one in (own, *issuers)}, on_host, NOW, check_mode=False)


def wanted(name: str, issuer: str = "self_signed") -> Wanted:
    return Wanted(name, (name,), "ecdsa-p256", issuer)


@pytest.mark.parametrize("why", [Error("the CA cannot be reached"), PermissionError(13, "Permission denied", "/purchased")])
def test_an_issuer_that_is_down_stops_no_other(tmp_path: Path, why: Exception) -> None:
    told = issuance(tmp_path / "tls", Down(why)).run([wanted("b.test"), wanted("a.test", "down")], NOTHING, activate=False)
    assert told["refused"] == {"a.test": str(why)}
    assert (told["issued"], told["staged"]) == (["b.test"], ["b.test"])


def test_a_chain_that_is_wrong_stops_no_other(tmp_path: Path) -> None:
    passes = issuance(tmp_path / "tls", Wrong())
    told = passes.run([wanted("a.test", "wrong"), wanted("b.test")], NOTHING, activate=True)
    assert list(told["refused"]) == ["a.test"]
    assert "does not belong to the private key" in told["refused"]["a.test"]
    assert told["issued"] == ["b.test"]
    assert list(passes.run([wanted("b.test")], NOTHING, activate=True)["due"]) == []


def test_a_pair_that_cannot_be_used_stops_no_other(tmp_path: Path) -> None:
    for name in ("key", "certificate"):
        (tmp_path / name).touch(0o600)
    existing = {"name": "a.test", "names": ["a.test"], "key_file": f"{tmp_path}/key", "certificate_file": f"{tmp_path}/certificate"}
    told = issuance(tmp_path / "tls").run([wanted("a.test"), wanted("b.test")], {"certificates": [existing]}, activate=False)
    assert list(told["refused"]) == ["a.test"]
    assert f"{tmp_path}/key" in told["refused"]["a.test"]
    assert told["staged"] == ["b.test"]


def test_an_open_request_is_asked_after_while_nothing_is_due(tmp_path: Path) -> None:
    slow = Slow()
    passes, bought = issuance(tmp_path / "tls", slow), replace(wanted("a.test", "slow"), awaits=True)
    first, second = (passes.run([bought], NOTHING, activate=True) for _run in range(2))
    assert [one["changed"] for one in (first, second)] == [True, False]
    assert slow.seen[0] == slow.seen[1]
    assert second["awaited"] == {"a.test": "have it signed"}


def test_each_run_tells_how_long_the_certificate_in_place_is_valid(tmp_path: Path) -> None:
    bought = replace(wanted("a.test", "self_signed"), awaits=True)
    assert issuance(tmp_path / "tls").run([bought], NOTHING, activate=True)["warnings"] == []
    for days, told in [(85, r"is valid until \d{4}-\d\d-\d\d \(4 days left\)"), (91, r"expired on \d{4}-\d\d-\d\d")]:
        later = replace(issuance(tmp_path / "tls", Slow("self_signed")), now=NOW + timedelta(days=days))
        for _run in range(2):
            (warning,) = later.run([bought], NOTHING, activate=True)["warnings"]
            assert re.fullmatch(f"a.test: the certificate in place {told}; have it signed", warning), warning


def test_issuers_are_told_of_the_challenge(tmp_path: Path) -> None:
    slow = Slow()
    by_dns = replace(wanted("a.test", "slow"), names=("*.a.test",), challenge="dns-01")
    issuance(tmp_path / "tls", slow).run([by_dns, wanted("b.test", "slow")], NOTHING, activate=False)
    assert slow.challenges == ["dns-01", "http-01"]


def test_a_new_key_waits_for_the_answer_to_an_open_request(tmp_path: Path) -> None:
    slow = Slow()
    passes, bought = issuance(tmp_path / "tls", slow), replace(wanted("a.test", "slow"), awaits=True)
    rekey = [replace(one, asked="a new key is asked for") for one in (bought, wanted("b.test"))]
    passes.run([bought, wanted("b.test")], NOTHING, activate=True)
    told = passes.run(rekey, NOTHING, activate=True)
    assert list(told["refused"]) == ["a.test"]
    assert re.search(f"its request waits for the CA.* remove {tmp_path}/tls/a.test/pending", told["refused"]["a.test"])
    assert told["issued"] == ["b.test"]
    shutil.rmtree(tmp_path / "tls" / "a.test" / "pending")
    assert list(passes.run(rekey, NOTHING, activate=True)["awaited"]) == ["a.test"]
    assert len(set(slow.seen)) == 2


@dataclass
class Busy:
    """An issuer that orders later, or never came to it."""

    deferred: bool
    label: str = "busy"

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        del check_mode
        return [Refused(request.name, "later", passing=True, deferred=self.deferred) for request in requests]


@pytest.mark.parametrize("deferred", [True, False])
def test_whose_turn_has_not_come_is_no_failure(tmp_path: Path, deferred: bool) -> None:
    told = issuance(tmp_path / "tls", Busy(deferred)).run([wanted("b.test"), wanted("a.test", "busy")], NOTHING, activate=True)
    assert (bool(told["deferred"]), bool(told["refused"])) == (deferred, not deferred)
    assert told["issued"] == ["b.test"]
    assert (told["warnings"] == ["a.test: not issued yet: later"]) is deferred


def test_names_with_the_same_reason_share_a_line() -> None:
    problem = Problem("compound", "some names", "", (Problem("rejectedIdentifier", "blocked", "b.test"), Problem("dns", "none", "c.test")))
    refused = {**{f"{number}.test": "down" for number in range(7)}, "a.test": str(RefusedError("", problem))}
    assert refusal(refused).splitlines() == [
        "8 certificate(s) were not issued; what is in place stays.",
        "  0.test, 1.test, 2.test, 3.test, 4.test and 2 more: down",
        "  a.test: some names (compound)",
        "    - b.test: blocked (rejectedIdentifier)",
        "    - c.test: none (dns)",
        "    next step: leave the name out, or ask the CA why it does not serve it",
        "    next step: see that the name has a public address record, and that its name servers answer",
    ]


def test_all_earlier_certificates_of_this_ca_are_revocable(tmp_path: Path) -> None:
    passes = issuance(tmp_path / "tls")
    for _run in range(3):
        passes.run([replace(wanted("a.test"), asked="again")], NOTHING, activate=True)
    (found,) = on_host("certificate_info", {"directory": str(tmp_path / "tls"), "certificates": ["a.test"], "chains": True})["certificates"]
    before = [("a.test", one["chain"]) for one in found["previous"]]
    assert len(set(before)) == 2
    assert revocable(found, "previous", "self_signed", NOW) == (before, "")
    assert revocable(found, "previous", "self_signed", NOW.replace(year=NOW.year + 1)) == ([], "")
    assert revocable(found, "previous", "another", NOW) == ([], "")
    assert revocable(found, "current", "self_signed", NOW) == ([("a.test", found["current"]["chain"])], "")
    assert "only who signed it" in revocable(found, "current", "another", NOW)[1]
