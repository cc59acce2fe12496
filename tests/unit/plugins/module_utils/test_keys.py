# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import PrivateKeyError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa


@pytest.mark.parametrize("key_type", ["rsa-2048", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519"])
def test_what_is_made_is_read_back(key_type: str) -> None:
    key = keys.generate(key_type)
    pem = keys.encode(key)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    again = keys.load(pem, "here")
    assert keys.key_type_of(again) == key_type == keys.key_type_of(again.public_key())
    assert keys.fingerprint(again.public_key()) == keys.fingerprint(key.public_key())


def test_fingerprints_differ_between_keys() -> None:
    assert keys.fingerprint(keys.generate("ed25519").public_key()) != keys.fingerprint(keys.generate("ed25519").public_key())


def test_an_encrypted_key_is_told_apart() -> None:
    pem = keys.generate("ecdsa-p256").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(PrivateKeyError, match="encrypted"):
        keys.load(pem, "here")


def test_an_error_never_shows_what_was_read() -> None:
    with pytest.raises(PrivateKeyError) as raised:
        keys.load(b"-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n", "/etc/key.pem")
    assert str(raised.value) == "/etc/key.pem: this is no PEM private key"


def test_a_dsa_key_is_no_key_for_a_server() -> None:
    pem = dsa.generate_private_key(2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(PrivateKeyError, match="no key for a server"):
        keys.load(pem, "here")
