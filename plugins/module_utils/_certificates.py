# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, chains and signing requests: make, read, check."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from ._errors import CertificateError
from ._keys import PrivateKey, PublicKey, fingerprint, key_type_of

Chain = tuple[x509.Certificate, ...]

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class CertificateInfo:
    """What a person or a decision needs to know of a leaf certificate. Times are UTC."""

    names: tuple[str, ...]
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_type: str
    key_fingerprint: str
    fingerprint: str
    chain_length: int

    def to_dict(self) -> dict[str, Any]:
        """As a module returns it: times as ISO 8601 texts, names as a list."""
        times = {"not_before": self.not_before.isoformat(), "not_after": self.not_after.isoformat()}
        return {**asdict(self), **times, "names": list(self.names)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CertificateInfo:
        """The way back from :meth:`to_dict`."""
        times = {field: datetime.fromisoformat(values[field]) for field in ("not_before", "not_after")}
        return cls(**{**values, **times, "names": tuple(values["names"])})


def load_chain(pem: bytes, where: str) -> Chain:
    """Read the certificates of a PEM text in the order they stand. Raises CertificateError naming *where*."""
    try:
        chain = tuple(x509.load_pem_x509_certificate(block) for block in _PEM.findall(pem))
    except ValueError as error:
        raise CertificateError(f"{where}: a certificate in it cannot be read ({error})") from error
    if not chain:
        raise CertificateError(f"{where}: there is no PEM certificate in it")
    return chain


def describe(chain: Chain) -> CertificateInfo:
    """Tell what the leaf (the first certificate) of a chain says."""
    leaf = chain[0]
    return CertificateInfo(
        names=dns_names(leaf),
        subject=leaf.subject.rfc4514_string(),
        issuer=_common_name(leaf.issuer),
        serial=format(leaf.serial_number, "x"),
        not_before=_utc(leaf, "not_valid_before"),
        not_after=_utc(leaf, "not_valid_after"),
        key_type=key_type_of(leaf.public_key()),
        key_fingerprint=_key_fingerprint(leaf),
        fingerprint=leaf_fingerprint(leaf.public_bytes(serialization.Encoding.DER)),
        chain_length=len(chain),
    )


def topmost_issuer(chain_pem: str) -> str:
    """Common name of who signed the last certificate of a chain: the root that it leads to."""
    return _common_name(load_chain(chain_pem.encode(), "signed chain")[-1].issuer)


def leaf_fingerprint(der: bytes) -> str:
    """SHA-256 of a DER certificate, as in "SHA256:" and lower-case hex."""
    return f"SHA256:{hashlib.sha256(der).hexdigest()}"


def make_request(key: PrivateKey, names: Sequence[str]) -> bytes:
    """Make a PEM signing request (RFC 2986) for DNS names. The subject is empty: CAs take the names of the extension."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = request.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return request.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


def load_request(pem: bytes, where: str) -> x509.CertificateSigningRequest:
    """Read a PEM signing request. Raises CertificateError naming *where*."""
    try:
        return x509.load_pem_x509_csr(pem)
    except ValueError as error:
        raise CertificateError(f"{where}: this is no PEM certificate signing request") from error


def check_issued(chain_pem: str, csr_pem: str) -> None:
    """Check that a signed chain answers the request: its key, its names, in order (RFC 8555 7.4.2).

    Raises CertificateError that says what differs.
    """
    request = load_request(csr_pem.encode(), "signing request")
    chain = load_chain(chain_pem.encode(), "signed chain")
    check_chain(chain, _key_fingerprint(request), dns_names(request))


def check_chain(chain: Chain, key_fingerprint: str, names: Sequence[str]) -> None:
    """Check that the leaf comes first, belongs to the key and has exactly the names, and that each next one signed.

    Raises CertificateError that says what differs.
    """
    leaf = chain[0]
    if _key_fingerprint(leaf) != key_fingerprint:
        if any(_key_fingerprint(other) == key_fingerprint for other in chain[1:]):
            raise CertificateError("the chain is in the wrong order: the certificate of the key must come first")
        raise CertificateError("the certificate does not belong to the private key: its public key is another one")
    if set(dns_names(leaf)) != set(names):
        raise CertificateError(f"the certificate is for {', '.join(dns_names(leaf)) or 'no DNS name'}, asked was {', '.join(names)}")
    for lower, upper in zip(chain, chain[1:]):
        if not _signed_by(lower, upper):
            raise CertificateError(
                f"the chain is in the wrong order: {upper.subject.rfc4514_string()} did not sign "
                f"{lower.subject.rfc4514_string() or ', '.join(dns_names(lower))}"
            )


def check_dates(chain: Chain, now: datetime) -> None:
    """Raise CertificateError when a certificate of the chain is not valid at *now* (aware, UTC)."""
    for certificate in chain:
        start, end = _utc(certificate, "not_valid_before"), _utc(certificate, "not_valid_after")
        subject = certificate.subject.rfc4514_string() or ", ".join(dns_names(certificate))
        if now < start:
            raise CertificateError(f"{subject} is not valid before {start:%Y-%m-%d %H:%M} UTC; check the host's clock")
        if now >= end:
            raise CertificateError(f"{subject} expired on {end:%Y-%m-%d %H:%M} UTC")


def dns_names(signed: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...]:
    """The DNS names of a certificate or request, in lower case, as they stand."""
    try:
        extension = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))


def _signed_by(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    if lower.issuer != upper.subject:
        return False
    if not hasattr(lower, "verify_directly_issued_by"):  # cryptography < 40, as in Debian 12
        return True
    try:
        lower.verify_directly_issued_by(upper)
    except Exception:  # the kinds differ by key type; each means "not signed by"
        return False
    return True


def _key_fingerprint(signed: x509.Certificate | x509.CertificateSigningRequest) -> str:
    public_key: PublicKey = signed.public_key()  # type: ignore[assignment]
    return fingerprint(public_key)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _utc(certificate: x509.Certificate, which: str) -> datetime:
    aware: datetime | None = getattr(certificate, f"{which}_utc", None)
    if aware is not None:
        return aware
    naive: datetime = getattr(certificate, which)  # cryptography < 42
    return naive.replace(tzinfo=timezone.utc)
