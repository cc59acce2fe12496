# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys to look for."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

TYPES = ("ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048", "encrypted")


def pair(key_type: str) -> tuple[bytes, bytes]:
    """Private key in PEM, and public key in DER; that of an encrypted one is not known."""
    made = {
        "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    }
    key = made.get(key_type, made["ecdsa-p256"])()
    lock = form.BestAvailableEncryption(b"open sesame") if key_type == "encrypted" else form.NoEncryption()
    public = key.public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock), b"" if key_type == "encrypted" else public
