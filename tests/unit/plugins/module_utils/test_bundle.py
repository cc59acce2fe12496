# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _bundle as bundle
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import key_fingerprint
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from .authority import Authority, pem

ROOT = Authority("Root")
OTHER_ROOT = Authority("Other Root")
ISSUING = Authority("Issuing CA", ROOT)
KEY = generate("ecdsa-p256")
LEAF = ISSUING.sign(KEY.public_key(), ["www.example.org"])
OLD_LEAF = ISSUING.sign(KEY.public_key(), ["www.example.org"], days=10)
GOOD = (LEAF, ISSUING.certificate)
TEXT = pem(*GOOD).encode()
DER = LEAF.public_bytes(Encoding.DER)
FINGERPRINT = key_fingerprint(LEAF)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TEXT, GOOD),
        (TEXT.replace(b"\n", b"\r\n"), GOOD),
        (b"\xef\xbb\xbf" + TEXT, GOOD),
        (TEXT.decode().encode("utf-16"), GOOD),
        (TEXT.replace(b"\n", b" \t\n   "), GOOD),
        (b"Certificate:\n    Data: as openssl x509 -text prints it\n" + TEXT, GOOD),
        (
            TEXT.replace(b"-CERTIFICATE-", b"-TRUSTED CERTIFICATE-")
            .replace(b"BEGIN CERT", b"BEGIN TRUSTED CERT")
            .replace(b"END CERT", b"END TRUSTED CERT"),
            GOOD,
        ),
        (DER, (LEAF,)),
        (pkcs7.serialize_certificates(list(GOOD), Encoding.PEM), GOOD),
        (pkcs7.serialize_certificates(list(GOOD), Encoding.DER), GOOD),
    ],
)
def test_every_form_of_certificates_is_read(data: bytes, expected: tuple[x509.Certificate, ...]) -> None:
    assert set(bundle.read_certificates(data, "file")) == set(expected)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "neither PEM, DER nor PKCS#7"),
        (b"\x00\x01garbage", "neither PEM, DER nor PKCS#7"),
        (TEXT.replace(b"MII", b"MIX"), "neither PEM, DER nor PKCS#7"),
        (DER[:-20], "neither PEM, DER nor PKCS#7"),
        (TEXT + encode(KEY), "there is a private key in it"),
    ],
)
def test_what_is_no_certificate_is_named(data: bytes, told: str) -> None:
    with pytest.raises(CertificateError, match=f"^www.pem: .*{told}"):
        bundle.read_certificates(data, "www.pem")


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        (GOOD, [ROOT.certificate]),
        (GOOD[::-1], [ROOT.certificate]),
        ((ROOT.certificate, *GOOD), []),
        ((ISSUING.certificate, ROOT.certificate, LEAF, ISSUING.certificate), []),
        ((OLD_LEAF, *GOOD), [ROOT.certificate]),
        ((*GOOD, OTHER_ROOT.certificate), [ROOT.certificate]),
    ],
)
def test_any_order_becomes_leaf_first(given: tuple[x509.Certificate, ...], trusted: list[x509.Certificate]) -> None:
    assert bundle.arrange(given, FINGERPRINT, trusted, "file") == GOOD


def test_a_leaf_right_below_a_root_is_a_chain() -> None:
    leaf = ROOT.sign(KEY.public_key(), ["www.example.org"])
    assert bundle.arrange((ROOT.certificate, leaf), FINGERPRINT, [], "file") == (leaf,)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((LEAF,), "the certificate of 'CN=Issuing CA', which signed .* is missing; put that intermediate certificate beside it"),
        (GOOD, "the certificate of 'CN=Root', which signed 'CN=Issuing CA', is missing"),
        ((ISSUING.certificate,), "no certificate in it belongs to the private key"),
        ((), "no certificate in it belongs to the private key"),
    ],
)
def test_what_is_missing_is_named(given: tuple[x509.Certificate, ...], told: str) -> None:
    with pytest.raises(CertificateError, match=f"^www.pem: .*{told}"):
        bundle.arrange(given, FINGERPRINT, [OTHER_ROOT.certificate], "www.pem")
