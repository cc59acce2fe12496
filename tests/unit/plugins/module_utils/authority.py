# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small certificate authority for the tests: root, intermediate, and any leaf. It stands alone, as the lab uses it, too."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=timezone.utc)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Authority:
    """Signs what it is asked to, with any dates."""

    def __init__(self, common_name: str, parent: Authority | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(common_name)
        signer = parent or self
        self.certificate = (
            _builder(self.name, signer.name, self.key.public_key(), NOW - timedelta(days=1), NOW + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(signer.key, hashes.SHA256())
        )

    def sign(self, public_key: object, names: list[str], start: datetime = NOW, days: float = 90) -> x509.Certificate:
        """A leaf for DNS names and IP addresses."""
        return (
            _builder(x509.Name([]), self.name, public_key, start, start + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=True)
            .sign(self.key, hashes.SHA256())
        )


def _builder(subject: x509.Name, issuer: x509.Name, public_key: object, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start.replace(tzinfo=None))
        .not_valid_after(end.replace(tzinfo=None))
    )


def pem(*certificates: x509.Certificate) -> str:
    """The certificates as one PEM text."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)
