# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _chains as chains
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError
from cryptography import x509

from .authority import NOW, Authority, pem

NAMES = ["www.example.org", "example.org"]
ROOT = Authority("Test Root")
MIDDLE = Authority("Test Intermediate", ROOT)
KEY = keys.generate("ecdsa-p256")
LEAF = MIDDLE.sign(KEY.public_key(), NAMES)
REQUEST = certificates.make_request(KEY, NAMES).decode()


def test_a_request_carries_names_and_no_subject() -> None:
    request = x509.load_pem_x509_csr(REQUEST.encode())
    assert request.is_signature_valid
    assert certificates.dns_names(request) == tuple(NAMES)
    assert request.subject == x509.Name([])


@pytest.mark.parametrize("key_type", ["ed25519", "rsa-2048", "ecdsa-p384"])
def test_requests_of_all_key_types_are_signed(key_type: str) -> None:
    request = x509.load_pem_x509_csr(certificates.make_request(keys.generate(key_type), NAMES))
    assert request.is_signature_valid


def test_what_the_leaf_says() -> None:
    info = certificates.describe(certificates.load_chain(pem(LEAF, MIDDLE.certificate).encode(), "here"))
    assert info.names == tuple(NAMES)
    assert info.issuer == "Test Intermediate"
    assert info.key_type == "ecdsa-p256"
    assert info.key_fingerprint == keys.fingerprint(KEY.public_key())
    assert (info.not_before, info.not_after) == (NOW, NOW + timedelta(days=90))
    assert info.chain_length == 2
    assert certificates.CertificateInfo.from_dict(info.to_dict()) == info


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ([LEAF, MIDDLE.certificate], None),
        ([LEAF, MIDDLE.certificate, ROOT.certificate], None),
        ([LEAF], None),
        ([MIDDLE.certificate, LEAF], "wrong order: the certificate of the key must come first"),
        ([LEAF, ROOT.certificate, MIDDLE.certificate], "wrong order: CN=Test Root did not sign"),
        ([MIDDLE.sign(keys.generate("ecdsa-p256").public_key(), NAMES)], "does not belong to the private key"),
        ([MIDDLE.sign(KEY.public_key(), ["www.example.org"])], "is for www.example.org, asked was www.example.org, example.org"),
        ([MIDDLE.sign(KEY.public_key(), [*NAMES, "evil.example"])], "evil.example"),
        ([LEAF, Authority("Test Intermediate").certificate], "did not sign"),
    ],
)
def test_a_chain_answers_its_request_or_not(chain: list[x509.Certificate], told: str | None) -> None:
    if told is None:
        chains.check_issued(pem(*chain), REQUEST)
        return
    if chain[1:] and "did not sign" in told and not hasattr(LEAF, "verify_directly_issued_by"):
        pytest.skip("cryptography before 40 compares names only")
    with pytest.raises(CertificateError) as raised:
        chains.check_issued(pem(*chain), REQUEST)
    assert told in str(raised.value)


@pytest.mark.parametrize("text", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_garbage_is_named(text: str) -> None:
    with pytest.raises(CertificateError, match="/etc/chain.pem"):
        certificates.load_chain(text.encode(), "/etc/chain.pem")


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, None), (89.9, None), (90, "expired on 2027-01-30 12:00 UTC"), (-0.1, "not valid before 2026-11-01 12:00 UTC")],
)
def test_dates(days: float, told: str | None) -> None:
    now = NOW + timedelta(days=days)
    if told is None:
        chains.check_dates((LEAF,), now)
        return
    with pytest.raises(CertificateError, match=told):
        chains.check_dates((LEAF,), now)
