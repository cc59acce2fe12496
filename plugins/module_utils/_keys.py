# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys: make, encode, read, tell the type and the fingerprint."""

from __future__ import annotations

import hashlib
from typing import Union

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ._arguments import KEY_TYPES, check_key_type
from ._errors import PrivateKeyError

PrivateKey = Union[rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey]
PublicKey = Union[rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey]

_CURVES: dict[str, ec.EllipticCurve] = {
    "ecdsa-p256": ec.SECP256R1(),
    "ecdsa-p384": ec.SECP384R1(),
    "ecdsa-p521": ec.SECP521R1(),
}
_TYPE_OF_CURVE = {curve.name: name for name, curve in _CURVES.items()}


def generate(key_type: str) -> PrivateKey:
    """Make a new private key of a type such as "ecdsa-p256" or "rsa-2048"."""
    check_key_type(key_type, "key type")
    if key_type in _CURVES:
        return ec.generate_private_key(_CURVES[key_type])
    if key_type == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=int(key_type.removeprefix("rsa-")))


def encode(key: PrivateKey, passphrase: str = "") -> bytes:
    """Encode the key as PEM, PKCS#8 (RFC 5958). Without a passphrase it is what ``SSLCertificateKeyFile`` reads."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def load(pem: bytes, where: str, passphrase: str = "") -> PrivateKey:
    """Read a PEM key; a passphrase is not needed for one that is not encrypted.

    Raises PrivateKeyError, which names *where* and never shows what was read.
    """
    encrypted = b"ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise PrivateKeyError(f"{where}: the private key is encrypted, and httpd starts unattended; give its passphrase to have it opened")
    try:
        key = serialization.load_pem_private_key(pem, password=passphrase.encode() if encrypted else None)
    except Exception as error:  # cryptography raises many kinds; their texts may quote what was read
        told = "the passphrase does not open this private key" if encrypted else "this is no PEM private key"
        raise PrivateKeyError(f"{where}: {told}") from error
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        raise PrivateKeyError(f"{where}: a {type(key).__name__} is no key for a server; allowed are {KEY_TYPES}")
    return key


def key_type_of(key: object) -> str:
    """Name the type of a private or public key in our words; "unknown" for others."""
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        return f"rsa-{key.key_size}"
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        return "ed25519"
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        return _TYPE_OF_CURVE.get(key.curve.name, key.curve.name)
    return "unknown"


def fingerprint(public_key: PublicKey) -> str:
    """SHA-256 of the DER SubjectPublicKeyInfo, "SHA256:" and lower-case hex: the same for key, CSR and certificate."""
    spki = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{hashlib.sha256(spki).hexdigest()}"
