# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, chains and signing requests: make, read, describe."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from ._errors import CertificateError
from ._keys import PrivateKey, PublicKey, fingerprint, key_type_of
from ._names import is_address

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
    #: How an ACME server's renewalInfo names it (RFC 9773 section 4.1); empty when it tells no key of its issuer.
    renewal_id: str = ""
    #: Where the CA publishes what it has revoked (RFC 5280 section 4.2.1.13), by http; empty when it does not say.
    crl_url: str = ""
    #: The CA's own certificate in PEM, with which a CRL is verified; empty without a CRL, or when it is not in the chain.
    issuer_certificate: str = ""

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
    leaf, url = chain[0], crl_url(chain[0])
    return CertificateInfo(
        names=names_of(leaf),
        subject=leaf.subject.rfc4514_string(),
        issuer=common_name(leaf.issuer),
        serial=format(leaf.serial_number, "x"),
        not_before=not_before(leaf),
        not_after=not_after(leaf),
        key_type=key_type_of(leaf.public_key()),
        key_fingerprint=key_fingerprint(leaf),
        fingerprint=leaf_fingerprint(leaf.public_bytes(serialization.Encoding.DER)),
        chain_length=len(chain),
        renewal_id=renewal_id(leaf),
        crl_url=url,
        issuer_certificate=to_pem(*chain[1:2]) if url else "",
    )


def renewal_id(leaf: x509.Certificate) -> str:
    """The identifier of a certificate by RFC 9773 section 4.1; empty when it tells no key of its issuer."""
    try:
        authority = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return ""
    # The serial number as DER has it: with a zero in front where its first bit would be a sign.
    serial = leaf.serial_number.to_bytes(leaf.serial_number.bit_length() // 8 + 1, "big")
    return f"{_base64url(authority)}.{_base64url(serial)}" if authority else ""


def crl_url(leaf: x509.Certificate) -> str:
    """The first http URL of a certificate's CRL distribution points; empty when there is none."""
    try:
        points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ""
    urls = [str(name.value) for point in points for name in point.full_name or () if isinstance(name, x509.UniformResourceIdentifier)]
    return next((url for url in urls if url.lower().startswith("http://")), "")


def topmost_issuer(chain_pem: str) -> str:
    """Common name of who signed the last certificate of a chain: the root that it leads to."""
    return common_name(load_chain(chain_pem.encode(), "signed chain")[-1].issuer)


def leaf_fingerprint(der: bytes) -> str:
    """SHA-256 of a DER certificate, as in "SHA256:" and lower-case hex."""
    return f"SHA256:{hashlib.sha256(der).hexdigest()}"


def make_request(key: PrivateKey, names: Sequence[str]) -> bytes:
    """Make a PEM signing request (RFC 2986). The subject is empty: CAs take the names of the extension."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = request.add_extension(alternative_names(names), critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return request.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


def load_request(pem: bytes, where: str) -> x509.CertificateSigningRequest:
    """Read a PEM signing request. Raises CertificateError naming *where*."""
    try:
        return x509.load_pem_x509_csr(pem)
    except ValueError as error:
        raise CertificateError(f"{where}: this is no PEM certificate signing request") from error


def alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """DNS names and IP addresses as certificates have them (RFC 5280 4.2.1.6)."""
    return x509.SubjectAlternativeName([x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name) for name in names])


def names_of(signed: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...]:
    """The DNS names (in lower case) and IP addresses of a certificate or request, in the order in which they stand."""
    try:
        extension = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value).lower() for name in extension.value if isinstance(name, (x509.DNSName, x509.IPAddress)))


def common_name(name: x509.Name) -> str:
    """What people call it."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def to_pem(*certificates: x509.Certificate) -> str:
    """The certificates as one PEM text, in the order given."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)


def not_before(certificate: x509.Certificate) -> datetime:
    """The begin of a certificate's lifetime, aware, UTC."""
    return _utc(certificate, "not_valid_before")


def not_after(certificate: x509.Certificate) -> datetime:
    """The end of a certificate's lifetime, aware, UTC."""
    return _utc(certificate, "not_valid_after")


def key_fingerprint(signed: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Fingerprint of the public key, as of the private key that belongs to it."""
    public_key: PublicKey = signed.public_key()  # type: ignore[assignment]
    return fingerprint(public_key)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _utc(certificate: x509.Certificate, which: str) -> datetime:
    aware: datetime | None = getattr(certificate, f"{which}_utc", None)
    if aware is not None:
        return aware
    naive: datetime = getattr(certificate, which)  # cryptography < 42
    return naive.replace(tzinfo=timezone.utc)
