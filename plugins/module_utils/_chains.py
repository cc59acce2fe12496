# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that a chain is what was asked for: key, names, order, dates. Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from ._certificates import Chain, key_fingerprint, load_chain, load_request, names_of, not_after, not_before
from ._errors import CertificateError
from ._names import covering


def check_issued(chain_pem: str, csr_pem: str) -> None:
    """Check that a signed chain answers the request: its key, its names, in order (RFC 8555 7.4.2).

    Raises CertificateError that says what differs.
    """
    request = load_request(csr_pem.encode(), "signing request")
    chain = load_chain(chain_pem.encode(), "signed chain")
    check_chain(chain, key_fingerprint(request), names_of(request))


def check_chain(chain: Chain, expected: str, names: Sequence[str], *, exact: bool = True) -> None:
    """Check that the leaf comes first, belongs to the key and has the names, and that each next one signed.

    Raises CertificateError that says what differs.
    """
    leaf = chain[0]
    if key_fingerprint(leaf) != expected:
        if any(key_fingerprint(other) == expected for other in chain[1:]):
            raise CertificateError("the chain is in the wrong order: the certificate of the key must come first")
        raise CertificateError("the certificate does not belong to the private key: its public key is another one")
    if not has_names(names_of(leaf), names, exact=exact):
        raise CertificateError(f"the certificate is for {', '.join(names_of(leaf)) or 'no name'}, asked was {', '.join(names)}")
    for lower, upper in zip(chain, chain[1:]):
        if not signed_by(lower, upper):
            raise CertificateError(
                f"the chain is in the wrong order: {upper.subject.rfc4514_string()} did not sign "
                f"{lower.subject.rfc4514_string() or ', '.join(names_of(lower))}"
            )


def check_dates(chain: Chain, now: datetime) -> None:
    """Raise CertificateError when a certificate of the chain is not valid at *now* (aware, UTC)."""
    for certificate in chain:
        start, end = not_before(certificate), not_after(certificate)
        subject = certificate.subject.rfc4514_string() or ", ".join(names_of(certificate))
        if now < start:
            raise CertificateError(f"{subject} is not valid before {start:%Y-%m-%d %H:%M} UTC; check the host's clock")
        if now >= end:
            raise CertificateError(f"{subject} expired on {end:%Y-%m-%d %H:%M} UTC")


def has_names(found: Sequence[str], asked: Sequence[str], *, exact: bool) -> bool:
    """Tell whether a certificate is for these names: for them alone, or for at least them, wildcards included (RFC 9525)."""
    if exact:
        return set(found) == set(asked)
    return all(not set(covering(name)).isdisjoint(found) for name in asked)


def signed_by(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    """Tell whether one certificate was signed by the key of another."""
    if lower.issuer != upper.subject:
        return False
    if lower.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS and not hasattr(lower, "signature_algorithm_parameters"):
        return True  # before cryptography 41 nothing tells how it was signed
    try:
        _verify(lower, upper.public_key())
    except Exception:  # the kinds differ by key type; each means "not signed by"
        return False
    return True


def _verify(signed: x509.Certificate, key: Any) -> None:
    """As verify_directly_issued_by, which cryptography has since version 40; Debian 12 has 38."""
    how: tuple[Any, ...] = ()
    if isinstance(key, rsa.RSAPublicKey):
        how = (getattr(signed, "signature_algorithm_parameters", padding.PKCS1v15()), signed.signature_hash_algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        how = (ec.ECDSA(signed.signature_hash_algorithm),)  # type: ignore[arg-type]
    key.verify(signed.signature, signed.tbs_certificate_bytes, *how)
