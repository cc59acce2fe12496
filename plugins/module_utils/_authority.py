# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority of one's own: root, intermediate, signed leaves (RFC 5280). Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_network
from typing import Any, Optional

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ._arguments import check_key_type
from ._certificates import Chain, alternative_names, load_request, names_of, not_after, to_pem
from ._errors import CertificateError
from ._keys import PrivateKey, generate
from ._names import address_of

#: Certificates start this much in the past, for clients whose clocks are slow.
CLOCK_SKEW = timedelta(minutes=5)
#: No host is in this domain (RFC 6761 6.4).
_NOWHERE = "invalid"


@dataclass(frozen=True)
class Signer:
    """A key that may sign, and the certificates that clients need to trust it: its own first, the root last."""

    key: PrivateKey
    chain: Chain

    @property
    def root(self) -> x509.Certificate:
        """What clients trust."""
        return self.chain[-1]


def make_root(common_name: str, key_type: str, days: int, permitted: Sequence[str], now: datetime) -> Signer:
    """Make a root. *permitted* domains, names below them, and networks are all that it can vouch for; none are no limit."""
    key = generate(check_key_type(key_type, "key_type"))
    name = _name(common_name)
    builder = _dated(name, name, key.public_key(), now, now + timedelta(days=days))
    builder = _authority(builder, key.public_key(), key.public_key(), path_length=None)
    if permitted:
        builder = builder.add_extension(_limit(permitted), critical=True)
    return Signer(key, (_signed(builder, key),))


def _limit(permitted: Sequence[str]) -> x509.NameConstraints:
    """Only these domains and networks, and no mail (RFC 5280 4.2.1.10): a kind of name that is not limited is free."""
    networks = [ip_network(one) for one in permitted if "/" in one]
    allowed = [x509.IPAddress(ip_network(one)) if "/" in one else x509.DNSName(one) for one in permitted]
    # There is no way to exclude all mail that every client understands, but nobody has mail at this host.
    nowhere = [x509.RFC822Name(_NOWHERE), *([x509.DNSName(_NOWHERE)] if len(networks) == len(permitted) else [])]
    everywhere = [ip_network(network) for network in ("0.0.0.0/0", "::/0")]
    forbidden = [x509.IPAddress(one) for one in everywhere if one.version not in [network.version for network in networks]]
    return x509.NameConstraints([*allowed, *nowhere], forbidden or None)


def make_intermediate(root: Signer, common_name: str, key_type: str, days: int, now: datetime) -> Signer:
    """Make an authority below a root, so that the root's key can be locked away. It has the limits, too: clients may not ask a root."""
    key = generate(check_key_type(key_type, "key_type"))
    end = min(now + timedelta(days=days), not_after(root.root))
    builder = _dated(_name(common_name), root.root.subject, key.public_key(), now, end)
    builder = _authority(builder, key.public_key(), root.key.public_key(), path_length=0)
    limit = _constraints(root.root)
    if limit:
        builder = builder.add_extension(limit, critical=True)
    return Signer(key, (_signed(builder, root.key), *root.chain))


def sign(signer: Signer, csr_pem: str, days: float, now: datetime) -> str:
    """Sign a request for a TLS server: the chain in PEM, leaf first, without the root.

    Raises CertificateError for a request that is not signed by its own key, or for names that the root may not vouch for.
    """
    request = load_request(csr_pem.encode(), "signing request")
    names = names_of(request)
    if not request.is_signature_valid or not names:
        raise CertificateError("the signing request is not signed by its own key, or names no host")
    check_permitted(signer.root, names)
    end = min(now + timedelta(days=days), *(not_after(one) for one in signer.chain))
    public_key: Any = request.public_key()
    builder = _dated(x509.Name([]), signer.chain[0].subject, public_key, now, end)
    builder = builder.add_extension(alternative_names(names), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(
        _key_usage(digital_signature=True, key_encipherment=isinstance(public_key, rsa.RSAPublicKey)), critical=True
    )
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = _identified(builder, public_key, signer.key.public_key())
    return to_pem(_signed(builder, signer.key), *signer.chain[:-1])


def sign_oneself(key: PrivateKey, names: Sequence[str], days: float, now: datetime) -> str:
    """A certificate that its own key signed, in PEM: clients do not trust it, but it does encrypt."""
    builder = _dated(_name(names[0][:64]), _name(names[0][:64]), key.public_key(), now, now + timedelta(days=days))
    builder = builder.add_extension(alternative_names(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return to_pem(_signed(_identified(builder, key.public_key(), key.public_key()), key))


def permitted_names(root: x509.Certificate) -> tuple[str, ...]:
    """The domains and networks of the name constraints; none when there are no constraints."""
    found = _constraints(root)
    subtrees = (found.permitted_subtrees or ()) if found else ()
    values = [str(one.value) for one in subtrees if isinstance(one, (x509.DNSName, x509.IPAddress))]
    return tuple(value for value in values if value != _NOWHERE)


def check_permitted(root: x509.Certificate, names: Sequence[str]) -> None:
    """Raise CertificateError for the first name that the root may not vouch for."""
    permitted = permitted_names(root)
    for name in names:
        if permitted and not any(_within(name, limit) for limit in permitted):
            raise CertificateError(
                f"the private CA may vouch for names of {', '.join(permitted)} alone (its name constraints), not for {name}"
            )


def _within(name: str, limit: str) -> bool:
    address = address_of(name)
    if address is None:
        return name == limit or name.endswith(f".{limit}")
    return "/" in limit and address in ip_network(limit)


def _constraints(root: x509.Certificate) -> Optional[x509.NameConstraints]:
    try:
        return root.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _dated(subject: x509.Name, issuer: x509.Name, public_key: Any, now: datetime, end: datetime) -> x509.CertificateBuilder:
    start = now - CLOCK_SKEW
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(_naive(start)).not_valid_after(_naive(end))


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


def _authority(builder: x509.CertificateBuilder, public_key: Any, signer_key: Any, path_length: Optional[int]) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return _identified(builder, public_key, signer_key)


def _identified(builder: x509.CertificateBuilder, public_key: Any, signer_key: Any) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key), critical=False)


def _key_usage(**used: bool) -> x509.KeyUsage:
    kinds = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign")
    unused = dict.fromkeys((*kinds, "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**{**unused, **used})


def _signed(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
