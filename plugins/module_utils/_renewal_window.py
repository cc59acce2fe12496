# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate is to be renewed: as its CA says, else by its lifetime. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Optional

from ._certificates import CertificateInfo

#: Certificates that live shorter than this are renewed at half, others at two thirds of their lifetime.
SHORT_LIVED = timedelta(days=10)
#: No certificate is left until less than this, though its CA suggests so: a run each week comes in time. See latest_time.
SPARE = timedelta(days=7)


@dataclass(frozen=True)
class Suggestion:
    """When the CA wants a certificate to be renewed (RFC 9773): a moment of its window, and a page that explains it, if there is one.

    Or, when it is *revoked*, since when and for what reason, as the CA's CRL says.
    """

    at: datetime
    explanation: str = ""
    revoked: bool = False


#: By the identifiers of certificates (RFC 9773 section 4.1).
Suggestions = Mapping[str, Suggestion]
NO_SUGGESTIONS: Suggestions = MappingProxyType({})


def why_renewed(certificate: CertificateInfo, now: datetime, told: Optional[Suggestion] = None) -> str:
    """Tell why a certificate is to be renewed now, by what its CA *told*; empty when it is not."""
    if told is None:
        due = renewal_time(certificate)
        return f"renewal due since {due:%Y-%m-%d %H:%M} UTC" if now >= due else ""
    explained = f" ({told.explanation})" if told.explanation else ""
    if told.revoked:
        return f"was revoked on {told.at:%Y-%m-%d}{explained}, as its CA's CRL says"
    return f"the CA suggests to renew since {told.at:%Y-%m-%d %H:%M} UTC{explained}" if now >= told.at else ""


def renewal_time(certificate: CertificateInfo) -> datetime:
    """The moment (UTC) from which a certificate is due: 2/3 of its lifetime, 1/2 when shorter than 10 days."""
    lifetime = certificate.not_after - certificate.not_before
    return certificate.not_before + (lifetime / 2 if lifetime < SHORT_LIVED else lifetime * 2 / 3)


def latest_time(certificate: CertificateInfo) -> datetime:
    """The moment (UTC) from which a certificate is due whatever its CA suggests: SPARE before its end, or in half of what is left when due.

    So one of 6 days has 40 hours left, in which a run each day has an attempt, and mostly another when that fails.
    """
    due = renewal_time(certificate)
    return certificate.not_after - min(SPARE, (certificate.not_after - due) / 2)


def suggestion(found: CertificateInfo, start: datetime, end: datetime, explanation: str = "") -> Optional[Suggestion]:
    """A moment of the window (aware, UTC) in which the CA suggests to renew (RFC 9773 section 4.2).

    It is drawn out of the certificate's own identifier, so that certificates spread over the window, and each run comes to the same.
    One that is later than latest_time is taken for that. None when the window is none, or would have the certificate expire.
    """
    if end <= start:
        return None
    drawn = hashlib.sha256(f"{found.renewal_id} {start.isoformat()} {end.isoformat()}".encode()).digest()
    at = start + (end - start) * (int.from_bytes(drawn[:4], "big") / 2**32)
    return Suggestion(min(at, latest_time(found)), explanation) if at < found.not_after else None
