# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from .authority import NOW, Authority, pem

NAMES = ["www.example.org", "example.org"]
MIDDLE = Authority("Test Intermediate")
KEY = keys.generate("ecdsa-p256")
LEAF = MIDDLE.sign(KEY.public_key(), NAMES)
REQUEST = certificates.make_request(KEY, NAMES).decode()


def test_a_request_carries_names_and_no_subject() -> None:
    request = x509.load_pem_x509_csr(REQUEST.encode())
    assert request.is_signature_valid
    assert certificates.names_of(request) == tuple(NAMES)
    assert request.subject == x509.Name([])


def test_names_are_of_both_kinds_and_others_are_left_out() -> None:
    mixed = ["www.example.org", "192.0.2.7", "example.org", "2001:db8::7"]
    request = x509.load_pem_x509_csr(certificates.make_request(KEY, mixed))
    assert certificates.names_of(request) == tuple(mixed)
    found = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [type(one) for one in found] == [x509.DNSName, x509.IPAddress, x509.DNSName, x509.IPAddress]
    other = x509.SubjectAlternativeName([x509.RFC822Name("a@example.org"), *found])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(other, critical=True)
    assert certificates.names_of(builder.sign(KEY, SHA256())) == tuple(mixed)


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


@pytest.mark.parametrize("text", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_garbage_is_named(text: str) -> None:
    with pytest.raises(CertificateError, match="/etc/chain.pem"):
        certificates.load_chain(text.encode(), "/etc/chain.pem")
