# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _jws as jws
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

TYPES = {"ecdsa-p256": "ES256", "ecdsa-p384": "ES384", "ecdsa-p521": "ES512", "rsa-2048": "RS256", "ed25519": "EdDSA"}
DIGESTS = {"ES256": hashes.SHA256(), "ES384": hashes.SHA384(), "ES512": hashes.SHA512()}


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(key: object, data: bytes, signature: bytes, algorithm: str) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, data)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        half = len(signature) // 2
        both = encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
        key.verify(both, data, ec.ECDSA(DIGESTS[algorithm]))


@pytest.mark.parametrize("key_type", TYPES)
def test_a_request_says_what_was_signed(key_type: str) -> None:
    key = keys.generate(key_type)
    for _time in range(20 if key_type.startswith("ecdsa") else 1):  # numbers with leading zeros come by chance
        signed = jws.sign(key, {"reason": 1}, "https://ca.example/revoke", "bm9uY2U")
        assert set(signed) == {"protected", "payload", "signature"}
        header = json.loads(decode(signed["protected"]))
        assert header == {"alg": TYPES[key_type], "jwk": jws.jwk(key.public_key()), "nonce": "bm9uY2U", "url": "https://ca.example/revoke"}
        assert json.loads(decode(signed["payload"])) == {"reason": 1}
        assert "=" not in "".join(signed.values())
        verify(key.public_key(), f"{signed['protected']}.{signed['payload']}".encode(), decode(signed["signature"]), header["alg"])


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_coordinates_have_the_size_of_the_curve(curve: ec.EllipticCurve) -> None:
    """RFC 7518 section 6.2.1.2: leading zeros stay."""
    size = (curve.key_size + 7) // 8
    for number in range(1, 600):
        told = jws.jwk(ec.derive_private_key(number, curve).public_key())
        assert [len(decode(told[axis])) for axis in ("x", "y")] == [size, size]


def test_a_key_of_rfc_8037() -> None:
    """Appendix A.1 and A.2."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    assert jws.jwk(key.public_key()) == {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
