# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revocation by the key of a certificate (RFC 8555 section 7.6), which stays on its host: only what it signed travels."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization

from . import _files as files
from ._certificates import key_fingerprint, load_chain
from ._errors import CertificateError, Error
from ._jws import encode, sign
from ._keys import PrivateKey, fingerprint, load
from ._layout import KEY, Layout
from ._versions import previous


@dataclass(frozen=True)
class Revocation:
    """What shall be revoked: a certificate in PEM, the code of the reason, and where and with what nonce the server is told."""

    certificate: str
    reason: int
    url: str
    nonce: str


def sign_revocation(layout: Layout, wanted: Revocation) -> dict[str, str]:
    """Signed by the key of the certificate, which lies below *layout*. Raises Error that names the certificate."""
    leaf = load_chain(wanted.certificate.encode(), f"certificate {layout.name!r}")[0]
    key = _key_of(layout, key_fingerprint(leaf))
    payload = {"certificate": encode(leaf.public_bytes(serialization.Encoding.DER)), "reason": wanted.reason}
    return sign(key, payload, wanted.url, wanted.nonce)


def _key_of(layout: Layout, wanted: str) -> PrivateKey:
    """Whoever else can read the key: that may be why."""
    for path in (f"{place}/{KEY}" for place in (layout.current, *previous(layout), layout.pending)):
        with contextlib.suppress(Error):  # one that does not parse is another one's
            key = load(files.read(path) or b"", path)
            if fingerprint(key.public_key()) == wanted:
                return key
    raise CertificateError(f"certificate {layout.name!r}: its private key is not below {layout.site}")
