# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Web Signatures (RFC 7515) by keys of certificates, as an ACME server takes them: with the public key in the header."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ._keys import PrivateKey, PublicKey

#: By curve: its name, and algorithm and digest (RFC 7518 section 3.4).
_CURVES: dict[str, tuple[str, str, hashes.HashAlgorithm]] = {
    "secp256r1": ("P-256", "ES256", hashes.SHA256()),
    "secp384r1": ("P-384", "ES384", hashes.SHA384()),
    "secp521r1": ("P-521", "ES512", hashes.SHA512()),
}


def sign(key: PrivateKey, payload: dict[str, Any], url: str, nonce: str) -> dict[str, str]:
    """The request that tells an ACME server *payload* (RFC 8555 section 6.2). There is no secret in it."""
    header = {"alg": _algorithm(key), "jwk": jwk(key.public_key()), "nonce": nonce, "url": url}
    protected, body = encode(json.dumps(header).encode()), encode(json.dumps(payload).encode())
    signature = _signature(key, f"{protected}.{body}".encode())
    return {"protected": protected, "payload": body, "signature": encode(signature)}


def encode(octets: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def jwk(key: PublicKey) -> dict[str, str]:
    """A public key as JSON (RFC 7517; RFC 8037 for Ed25519)."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}
    point, size = key.public_numbers(), _size(key.curve)
    return {"kty": "EC", "crv": _CURVES[key.curve.name][0], "x": _number(point.x, size), "y": _number(point.y, size)}


def _algorithm(key: PrivateKey) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return "EdDSA" if isinstance(key, ed25519.Ed25519PrivateKey) else _CURVES[key.curve.name][1]


def _signature(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_CURVES[key.curve.name][2])))
    size = _size(key.curve)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _size(curve: ec.EllipticCurve) -> int:
    return (curve.key_size + 7) // 8


def _number(number: int, size: int = 0) -> str:
    return encode(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))
