# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person buys a certificate: the request out, and whatever comes back in."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Answer, Awaited, Issued, Refused, SigningRequest
from ansible_collections.encrypt.httpd.plugins.plugin_utils._purchased import Purchased

from ..module_utils.authority import NOW, Authority, pem

NAMES = ["www.example.org", "example.org"]
KEY = generate("ecdsa-p256")
REQUEST = SigningRequest("www.example.org", certificates.make_request(KEY, NAMES).decode())
ROOT = Authority("Commercial Root")
CA = Authority("Commercial Issuing CA", ROOT)
LEAF = CA.sign(KEY.public_key(), NAMES)
OTHER = generate("ecdsa-p256")


@pytest.fixture
def purchased(tmp_path: Path) -> Purchased:
    (tmp_path / "root.pem").write_text(pem(ROOT.certificate))
    return Purchased(tmp_path / "web1", str(tmp_path / "root.pem"), NOW + timedelta(days=1))


def folder(purchased: Purchased) -> Path:
    return purchased.directory / "www.example.org"


def ask(purchased: Purchased, check_mode: bool = False, request: SigningRequest = REQUEST) -> Answer:
    (answer,) = purchased.sign([request], check_mode=check_mode)
    return answer


def place(purchased: Purchased, **texts: str) -> None:
    for name, text in texts.items():
        (folder(purchased) / f"{name}.crt").write_text(text)


def test_an_address_is_bought_as_any_name(purchased: Purchased) -> None:
    request = SigningRequest("2001:db8::7", certificates.make_request(KEY, ["2001:db8::7", "192.0.2.7"]).decode())
    assert isinstance(ask(purchased, request=request), Awaited)
    folder = purchased.directory / "2001_db8__7"
    assert "order a certificate for: 2001:db8::7, 192.0.2.7" in (folder / "README.txt").read_text()
    bought = CA.sign(KEY.public_key(), ["www.example.org", "192.0.2.7", "2001:db8::7"])
    (folder / "bought.crt").write_text(pem(bought, CA.certificate))
    assert isinstance(ask(purchased, request=request), Issued)
    (folder / "bought.crt").write_text(pem(CA.sign(KEY.public_key(), ["192.0.2.7"]), CA.certificate))
    refused = ask(purchased, request=request)
    assert isinstance(refused, Refused)
    assert "the certificate is for 192.0.2.7, asked was 2001:db8::7, 192.0.2.7" in refused.reason


def test_the_request_lies_ready_with_an_instruction(purchased: Purchased) -> None:
    would = ask(purchased, check_mode=True)
    assert isinstance(would, Awaited)
    assert would.changed
    assert not purchased.directory.exists()
    answer = ask(purchased)
    assert isinstance(answer, Awaited)
    assert answer.changed
    (csr,) = folder(purchased).glob("request-*.csr")
    assert csr.read_text() == REQUEST.csr
    assert str(csr) in answer.todo
    instruction = (folder(purchased) / "README.txt").read_text()
    assert all(word in instruction for word in [str(csr), *NAMES, "give it to nobody"])
    for check_mode in (True, False):
        again = ask(purchased, check_mode)
        assert isinstance(again, Awaited)
        assert not again.changed


def test_a_request_for_other_names_takes_the_place_of_the_one_before(purchased: Purchased) -> None:
    ask(purchased)
    more = SigningRequest(REQUEST.name, certificates.make_request(KEY, [*NAMES, "new.example.org"]).decode())
    (csr,) = folder(purchased).glob("*.csr")
    for check_mode, there in [(True, REQUEST), (False, more)]:
        answer = ask(purchased, check_mode, more)
        assert isinstance(answer, Awaited)
        assert answer.changed
        assert csr.read_text() == there.csr
        assert ("new.example.org" in (folder(purchased) / "README.txt").read_text()) is (there is more)
    place(purchased, all=pem(LEAF, CA.certificate))
    answer = ask(purchased, request=more)
    assert isinstance(answer, Refused)
    assert "asked was www.example.org, example.org, new.example.org" in answer.reason


def test_a_request_that_would_be_made_is_awaited(purchased: Purchased) -> None:
    answer = ask(purchased, check_mode=True, request=SigningRequest("www.example.org", ""))
    assert isinstance(answer, Awaited)
    assert answer.changed


@pytest.mark.parametrize(
    "texts",
    [
        {"all": pem(LEAF, CA.certificate)},
        {"all": pem(ROOT.certificate, CA.certificate, LEAF)},
        {"leaf": pem(LEAF), "bundle": pem(ROOT.certificate, CA.certificate)},
        {"new": pem(LEAF, CA.certificate), "old": pem(CA.sign(KEY.public_key(), NAMES, start=NOW - timedelta(days=300)))},
    ],
)
def test_what_the_ca_gave_is_installed_leaf_first(purchased: Purchased, texts: dict[str, str]) -> None:
    ask(purchased)
    place(purchased, **texts)
    answer = ask(purchased)
    assert answer == Issued("www.example.org", pem(LEAF, CA.certificate))


@pytest.mark.parametrize("names", [[*NAMES, "mail.example.org"], ["*.example.org", "example.org"]])
def test_more_names_than_asked_are_welcome(purchased: Purchased, names: list[str]) -> None:
    ask(purchased)
    place(purchased, all=pem(CA.sign(KEY.public_key(), names), CA.certificate))
    assert isinstance(ask(purchased), Issued)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"leaf": pem(LEAF)}, "the certificate of 'CN=Commercial Issuing CA', which signed .* is missing"),
        ({"all": pem(CA.sign(KEY.public_key(), NAMES, days=0.5), CA.certificate)}, "expired on 2026-11-02"),
        ({"all": pem(CA.sign(KEY.public_key(), NAMES, start=NOW + timedelta(days=9)), CA.certificate)}, "is not valid before 2026-11-10"),
        ({"all": pem(CA.sign(KEY.public_key(), NAMES[:1]), CA.certificate)}, "the certificate is for www.example.org, asked was"),
        ({"all": pem(CA.sign(OTHER.public_key(), NAMES), CA.certificate)}, "all.crt: this certificate belongs to no request made here"),
        ({"mail": "Dear customer, thank you for your order"}, "mail.crt: this is no certificate"),
        ({"all": pem(LEAF, CA.certificate) + encode(KEY).decode()}, "all.crt: there is a private key in it"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(purchased: Purchased, texts: dict[str, str], told: str) -> None:
    ask(purchased)
    place(purchased, **texts)
    answer = ask(purchased)
    assert isinstance(answer, Refused)
    assert re.search(f"{re.escape(str(folder(purchased)))}.*{told}", answer.reason), answer.reason


def test_a_directory_that_cannot_be_written_is_named(purchased: Purchased) -> None:
    purchased.directory.write_text("this is a file")
    answer = ask(purchased)
    assert isinstance(answer, Refused)
    assert answer.reason.startswith(f"{folder(purchased)}: Not a directory ({folder(purchased)}); the user who runs Ansible has to")


def test_the_next_period_has_a_request_of_its_own_beside_the_old_certificate(purchased: Purchased) -> None:
    ask(purchased)
    place(purchased, all=pem(LEAF, CA.certificate))
    assert isinstance(ask(purchased), Issued)
    following = SigningRequest("www.example.org", certificates.make_request(OTHER, NAMES).decode())
    assert isinstance(ask(purchased, request=following), Awaited)
    place(purchased, next=pem(CA.sign(OTHER.public_key(), NAMES), CA.certificate))
    assert isinstance(ask(purchased, request=following), Issued)


def test_only_what_belongs_here_is_read(purchased: Purchased) -> None:
    ask(purchased)
    (folder(purchased) / ".DS_Store").write_bytes(b"\x00")
    (folder(purchased) / "archive").mkdir()
    assert isinstance(ask(purchased), Awaited)
    shutil.rmtree(folder(purchased))
    assert isinstance(ask(purchased), Awaited)
