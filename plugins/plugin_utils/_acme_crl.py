# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask which certificates their CA has revoked, by its CRL (RFC 5280 section 5). What goes wrong is no failure."""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import CertificateInfo, leaf_fingerprint
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestion
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from ._acme_ledger import Ledger
from ._acme_network import USER_AGENT
from ._acme_renewal_info import AFTER_FAILURE, USUAL, is_soon
from ._acme_transport import InTime
from ._within import within

#: Seconds for a connection and for the rest of the answer, and those to wait for another run that asks for the same.
TIMEOUTS, OTHERS = (5.0, 10.0), 30.0
#: What cryptography and requests raise at what is no CRL, or none that can be read; those of x509 have no ancestor in common.
_OF_X509 = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
_UNREADABLE = (requests.RequestException, ValueError, TypeError, UnsupportedAlgorithm, *_OF_X509)


class _InTime(InTime):
    """The lists of CAs that have not split them have some millions of bytes."""

    most = 10 << 20


def revoked(ledger: Ledger, certificates: Sequence[CertificateInfo], now: datetime, *, remember: bool) -> dict[str, Suggestion]:
    """Those of the certificates that are revoked, by their identifiers.

    A CRL that the *ledger* knows is not asked for again for some hours; *remember* tells whether to keep what is fetched now.
    """
    lists, told = _Lists(ledger, now, remember), {}
    for one in certificates:
        if one.renewal_id and one.crl_url and one.issuer_certificate and now < one.not_after:
            with contextlib.suppress(*_UNREADABLE):
                entry = lists.entry(one)
                if entry:
                    told[one.renewal_id] = entry
    return told


@dataclass
class _Lists:
    """The CRLs of one run; *silent* are the servers that left a question open, and are not asked any more."""

    ledger: Ledger
    now: datetime
    remember: bool
    silent: set[str] = field(default_factory=set)
    read: dict[str, x509.CertificateRevocationList | None] = field(default_factory=dict)

    def entry(self, found: CertificateInfo) -> Suggestion | None:
        """What the CRL says of a certificate, if it is in it."""
        issuer = x509.load_pem_x509_certificate(found.issuer_certificate.encode())
        # With the issuer, so that a host whose certificate names another CA's CRL spoils it for nobody.
        key = f"{found.crl_url} {leaf_fingerprint(issuer.public_bytes(Encoding.DER))}"
        if key not in self.read:
            self.read[key] = self._get(key, found.crl_url, issuer)
        crl = self.read[key]
        entry = crl.get_revoked_certificate_by_serial_number(int(found.serial, 16)) if crl is not None else None
        reason = _reason(entry) if entry else ""
        removed = reason == x509.ReasonFlags.remove_from_crl.value
        return Suggestion(entry.revocation_date_utc, reason, revoked=True) if entry and not removed else None

    def _get(self, key: str, url: str, issuer: x509.Certificate) -> x509.CertificateRevocationList | None:
        """The CRL as kept or fetched; None when there is none that counts."""
        kept = self.ledger.renewal(key)
        if not is_soon(kept.get("again"), self.now):
            alone = self.ledger.asking(key, time.monotonic() + OTHERS) if self.remember else contextlib.nullcontext()
            with contextlib.suppress(Error), alone:
                kept = self.ledger.renewal(key)  # meanwhile another run may have fetched it
                if not is_soon(kept.get("again"), self.now) and urlsplit(url).netloc not in self.silent:
                    # One that was fetched before outlives a server that does not answer now.
                    kept = {**kept, **self._fetch(url, issuer)}
                    if self.remember:
                        self.ledger.keep_renewal(key, kept)
        return _crl(base64.b64decode(str(kept.get("crl", ""))), issuer, self.now)

    def _fetch(self, url: str, issuer: x509.Certificate) -> dict[str, Any]:
        """What to keep of it."""
        nothing = {"again": self.now.timestamp() + AFTER_FAILURE}
        try:
            # A server that sends a head without end, or has many addresses that do not answer, takes no longer either.
            answer = within(sum(TIMEOUTS), lambda: _download(url))
            crl = _crl(answer.content, issuer, self.now)
        except (requests.ConnectionError, requests.Timeout, TimeoutError):
            self.silent.add(urlsplit(url).netloc)
            return nothing
        except _UNREADABLE:
            return nothing
        if crl is None or answer.status_code != requests.codes.ok:
            return nothing
        usual = self.now + timedelta(seconds=USUAL)
        until = min(usual, crl.next_update_utc or usual)
        return {"again": until.timestamp(), "crl": base64.b64encode(answer.content).decode()}


def _download(url: str) -> requests.Response:
    """The URL comes from a host: it leads nowhere else, and nobody is given what ~/.netrc has for it."""
    with requests.Session() as session:
        session.mount("http://", _InTime())
        headers = {"User-Agent": USER_AGENT}
        return session.get(url, headers=headers, timeout=TIMEOUTS, allow_redirects=False, auth=lambda request: request)


def _crl(der: bytes, issuer: x509.Certificate, now: datetime) -> x509.CertificateRevocationList | None:
    """Read a CRL; None when it is not of this issuer, not signed by it, or out of date. Raises one of _UNREADABLE when it is none."""
    if not der:
        return None
    crl = x509.load_der_x509_crl(der)
    late = crl.next_update_utc is not None and crl.next_update_utc <= now
    signed = crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    return crl if signed and not late and not _is_of_others(crl) else None


def _is_of_others(crl: x509.CertificateRevocationList) -> bool:
    """Whether serial numbers of other issuers are in it, too."""
    try:
        return crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.indirect_crl
    except x509.ExtensionNotFound:
        return False


def _reason(entry: x509.RevokedCertificate) -> str:
    """As RFC 5280 section 5.3.1 calls it; empty when none is said."""
    try:
        return str(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value)
    except x509.ExtensionNotFound:
        return ""
