# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and chains on their way to another host: sealed for the host that asked, so that nobody between the two can read a key.

A key travels as encrypted PKCS#8 (RFC 5958) under a random passphrase, and the passphrase encrypted by RSA-OAEP (RFC 8017
section 7.1) to a key that the receiving host made for this one journey. Hands on a host.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import _files as files
from . import _store as store
from ._certificates import load_chain, names_of
from ._chains import check_dates
from ._errors import CertificateError, PrivateKeyError
from ._keys import encode, generate, load
from ._layout import CHAIN, KEY, Layout

#: Below the directory of all certificates, while a journey lasts.
TRANSPORT_KEY = ".transport.key"
_TRANSPORT_TYPE = "rsa-3072"
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


@dataclass(frozen=True)
class Sealed:
    """One certificate on its way: chain in PEM, key in encrypted PEM, and the encrypted passphrase in base64."""

    name: str
    issuer: str
    chain: str
    key: str = field(repr=False)
    passphrase: str = field(repr=False)


def make_recipient(directory: str) -> str:
    """Make the key for one journey. Returns its public key in PEM."""
    files.make_private_directory(directory)
    key = generate(_TRANSPORT_TYPE)
    files.write_private(f"{directory}/{TRANSPORT_KEY}", encode(key))
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(*form).decode()


def seal(layout: Layout, version: str, recipient: str) -> Sealed:
    """Seal what lies in the directory *version* of a certificate ("current" or "pending") for a recipient.

    Raises Error that names the certificate when there is nothing that could be served.
    """
    directory = f"{layout.site}/{version}"
    found = store.in_place(directory)
    if found.certificate is None:
        raise CertificateError(f"certificate {layout.name!r}: nothing to give away at {directory}: {found.problem or 'no chain'}")
    key = load(files.read_private(f"{directory}/{KEY}"), f"{directory}/{KEY}")
    passphrase = secrets.token_hex(32)
    return Sealed(
        name=layout.name,
        issuer=found.issuer,
        chain=(files.read(f"{directory}/{CHAIN}") or b"").decode(),
        key=encode(key, passphrase).decode(),
        passphrase=base64.b64encode(_public_key(recipient).encrypt(passphrase.encode(), _OAEP)).decode(),
    )


def receive(directory: str, sealed: Sequence[Sealed], now: datetime) -> None:
    """Put what was sealed for this host into ``pending`` of each certificate, and forget the key of the journey.

    Raises Error that names the certificate when it cannot be opened or served.
    """
    with _journey(directory) as transport:
        for one in sealed:
            _adopt(Layout(directory, one.name), one, transport, now)


@contextmanager
def _journey(directory: str) -> Iterator[rsa.RSAPrivateKey]:
    path = f"{directory}/{TRANSPORT_KEY}"
    key = load(files.read_private(path), path)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise PrivateKeyError(f"{path}: this is no RSA key; remove it, and run again")
    try:
        yield key
    finally:
        files.remove(path)


def _adopt(layout: Layout, sealed: Sealed, transport: rsa.RSAPrivateKey, now: datetime) -> None:
    where = f"certificate {layout.name!r}"
    chain = load_chain(sealed.chain.encode(), where)
    try:
        check_dates(chain, now)
        passphrase = transport.decrypt(base64.b64decode(sealed.passphrase), _OAEP).decode()
    except CertificateError as error:
        raise CertificateError(f"{where}: {error}") from error
    except ValueError as error:
        raise PrivateKeyError(f"{where}: the key was not sealed for this host") from error
    key = load(sealed.key.encode(), where, passphrase)
    store.adopt(layout, key, names_of(chain[0]), sealed.chain, sealed.issuer)


def _public_key(recipient: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(recipient.encode())
    except ValueError as error:
        raise PrivateKeyError("recipient: this is no PEM public key") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise PrivateKeyError("recipient: this is no RSA public key; encrypt.httpd.certificate_import makes one")
    return key
