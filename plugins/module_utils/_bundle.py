# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as CAs hand them over (PEM in any order, CRLF, BOM, DER, PKCS#7), made the chain that httpd serves. Pure."""

from __future__ import annotations

import codecs
import contextlib
import re
import warnings
from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID

from ._certificates import Chain, key_fingerprint, not_after
from ._chains import signed_by
from ._errors import CertificateError

#: Where systems keep the roots that clients trust.
SYSTEM_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")

_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.+?)-----END (?:X509 |TRUSTED )?CERTIFICATE-----", re.DOTALL)
_PKCS7 = re.compile(rb"-----BEGIN (?:PKCS7|CMS)-----(.+?)-----END (?:PKCS7|CMS)-----", re.DOTALL)
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def read_certificates(data: bytes, where: str) -> tuple[x509.Certificate, ...]:
    """All certificates of a file, in the order they stand.

    Raises CertificateError naming *where* for garbage, and for a private key, which is nobody's but the host's.
    """
    data = _without_mark(data)
    if b"PRIVATE KEY-----" in data:
        raise CertificateError(f"{where}: there is a private key in it, which nobody but the host may have; remove it from this file")
    try:
        found = _read_pem(data) or _read_der(data)
    except ValueError as error:
        raise CertificateError(f"{where}: this is no certificate: neither PEM, DER nor PKCS#7 ({error})") from error
    return found


def read_roots(data: bytes) -> list[x509.Certificate]:
    """The certificates of a trust store, but for those that are too odd to be read (there are some with a serial number of 0)."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for body in _PEM.findall(data):
            with contextlib.suppress(ValueError):
                found.append(x509.load_pem_x509_certificate(_block(b"CERTIFICATE", body)))
    return found


def arrange(certificates: Sequence[x509.Certificate], fingerprint: str, roots: Sequence[x509.Certificate], where: str) -> Chain:
    """The chain of the key with this fingerprint: its leaf first, each next one signed the one before; the root is left out.

    *roots* are certificates that clients trust. Raises CertificateError naming *where* when no leaf belongs to the key, or
    the certificate that signed one is missing.
    """
    leaves = [one for one in certificates if key_fingerprint(one) == fingerprint]
    if not leaves:
        raise CertificateError(f"{where}: no certificate in it belongs to the private key: their public keys are other ones")
    chain = [max(leaves, key=not_after)]
    while not _self_issued(chain[-1]):
        # the root last: a cross-signed authority has a certificate below another root, too
        above = sorted((one for one in certificates if one not in chain and signed_by(chain[-1], one)), key=_self_issued)
        if above:
            chain.append(above[0])
        elif any(signed_by(chain[-1], root) for root in roots):
            break
        else:
            raise CertificateError(f"{where}: {_missing(chain[-1])}")
    return tuple(chain[:-1] if len(chain) > 1 and _self_issued(chain[-1]) else chain)


def check_complete(chain: Chain, roots: Callable[[], Sequence[x509.Certificate]]) -> None:
    """Raise CertificateError when a leaf stands alone whose CA says where its certificate is, and that is none of the trusted *roots*."""
    leaf = chain[0]
    if len(chain) == 1 and not _self_issued(leaf) and _offered_at(leaf) and not any(signed_by(leaf, root) for root in roots()):
        raise CertificateError(_missing(leaf))


def _without_mark(data: bytes) -> bytes:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace").encode()
    return data


def _read_pem(data: bytes) -> tuple[x509.Certificate, ...]:
    found = [x509.load_pem_x509_certificate(_block(b"CERTIFICATE", body)) for body in _PEM.findall(data)]
    for body in _PKCS7.findall(data):
        found += pkcs7.load_pem_pkcs7_certificates(_block(b"PKCS7", body))
    return tuple(found)


def _block(kind: bytes, body: bytes) -> bytes:
    # mail programs and editors leave blanks, tabs and carriage returns
    lines = [b"".join(line.split()) for line in body.splitlines()]
    return b"\n".join([b"-----BEGIN " + kind + b"-----", *filter(None, lines), b"-----END " + kind + b"-----", b""])


def _read_der(data: bytes) -> tuple[x509.Certificate, ...]:
    try:
        return (x509.load_der_x509_certificate(data),)
    except ValueError:
        return tuple(pkcs7.load_der_pkcs7_certificates(data))


def _self_issued(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _missing(certificate: x509.Certificate) -> str:
    name = certificate.subject.rfc4514_string() or "the certificate"
    text = f"the chain is not complete: the certificate of {certificate.issuer.rfc4514_string()!r}, which signed {name!r}, is missing"
    return f"{text}; put that intermediate certificate beside it{_offered_at(certificate)}"


def _offered_at(certificate: x509.Certificate) -> str:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ""
    places = [one.access_location.value for one in access if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS]
    return f" (the CA offers it at {places[0]})" if places else ""
