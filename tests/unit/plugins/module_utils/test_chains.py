# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _authority as authority
from ansible_collections.encrypt.httpd.plugins.module_utils import _chains as chains
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import make_request
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .authority import NOW, Authority, pem

NAMES = ["www.example.org", "example.org"]
ROOT = Authority("Test Root")
MIDDLE = Authority("Test Intermediate", ROOT)
KEY = keys.generate("ecdsa-p256")
LEAF = MIDDLE.sign(KEY.public_key(), NAMES)
REQUEST = make_request(KEY, NAMES).decode()


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
    with pytest.raises(CertificateError) as raised:
        chains.check_issued(pem(*chain), REQUEST)
    assert told in str(raised.value)


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


@pytest.mark.parametrize(
    ("found", "asked", "exact", "has"),
    [
        (["a.example", "b.example"], ["b.example", "a.example"], True, True),
        (["a.example", "b.example"], ["a.example"], True, False),
        (["a.example", "b.example"], ["a.example"], False, True),
        (["*.example"], ["a.example"], True, False),
        (["*.example"], ["a.example"], False, True),
        (["*.example"], ["a.b.example"], False, False),
        (["*.example"], ["example"], False, False),
        (["a.example"], ["a.example", "b.example"], False, False),
        (["192.0.2.7", "a.example"], ["a.example", "192.0.2.7"], True, True),
        (["192.0.2.7", "2001:db8::7"], ["2001:db8::7"], False, True),
        (["*.0.2.7"], ["192.0.2.7"], False, False),
    ],
)
def test_names_exactly_or_at_least(found: list[str], asked: list[str], exact: bool, has: bool) -> None:
    assert chains.has_names(found, asked, exact=exact) is has


@pytest.mark.parametrize("key_type", ["rsa-2048", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519"])
def test_a_name_alone_signs_nothing(key_type: str) -> None:
    right, wrong = (authority.make_root("Root", key_type, 30, [], NOW) for _root in range(2))
    below = authority.make_intermediate(right, "Below", "ecdsa-p256", 10, NOW).chain[0]
    assert chains.signed_by(below, right.root)
    assert not chains.signed_by(below, wrong.root)
    other_type = authority.make_root("Root", "ed25519" if key_type != "ed25519" else "rsa-2048", 30, [], NOW)
    assert not chains.signed_by(below, other_type.root)


@pytest.mark.skipif(not hasattr(LEAF, "signature_algorithm_parameters"), reason="cryptography before 41 does not sign so")
def test_signatures_by_rsassa_pss_are_verified() -> None:
    right, wrong = (authority.make_root("Root", "rsa-2048", 30, [], NOW) for _root in range(2))
    builder = x509.CertificateBuilder(
        right.root.subject, x509.Name([]), KEY.public_key(), 1, LEAF.not_valid_before_utc, LEAF.not_valid_after_utc
    )
    how = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    signed = builder.sign(right.key, hashes.SHA256(), rsa_padding=how)  # type: ignore[arg-type]
    assert chains.signed_by(signed, right.root)
    assert not chains.signed_by(signed, wrong.root)
