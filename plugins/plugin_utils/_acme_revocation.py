# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have certificates revoked by the ACME server that signed them (RFC 8555 section 7.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_chain
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace

from ._acme_account import sign_in
from ._acme_errors import RefusedError
from ._acme_failures import told
from ._acme_network import Network
from ._acme_settings import Settings

#: Reasons that an ACME server takes from a subscriber, and their codes (RFC 5280 section 5.3.1).
REASONS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
}


@dataclass
class Outcome:
    """What became of the certificates, by name: those that are revoked now, those that were before, and why others are not."""

    revoked: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def revoke(settings: Settings, chains: Sequence[tuple[str, str]], reason: str) -> Outcome:
    """Revoke the leaf of each chain (name and PEM; a name may have several). One that the CA refuses does not stop the others.

    Raises Error when the CA cannot be asked at all.
    """
    session = sign_in(settings)
    acme = client.ClientV2(session.directory, Network(settings, session.key, session.registration))
    outcome = Outcome()
    for name, chain in chains:
        try:
            with told(settings):
                acme.revoke(load_chain(chain.encode(), name)[0], REASONS[reason])
            outcome.revoked.append(name)
        except Error as error:
            if isinstance(error, RefusedError) and error.problem.code == "alreadyRevoked":
                outcome.already.append(name)
            else:
                outcome.refused[name] = str(error)
    return outcome


def revocable(found: Mapping[str, Any], version: str, issuer: str, now: datetime) -> tuple[list[tuple[str, str]], str]:
    """Of one name as certificate_info tells it: its chains that *issuer* signed, with the name, and why there is none if one is missed.

    Of *version* "previous" all that are kept and have not expired, be there any or not; of "current" the one that is in place.
    """
    if version == "previous":
        mine = [one for one in found["previous"] if one["chain"] and one["issuer"] == issuer]
        return [(found["name"], one["chain"]) for one in mine if not _expired(one, now)], ""
    current = found["current"]
    if not current["chain"]:
        return [], "there is no current certificate on the host"
    if current["issuer"] != issuer:
        return [], f"it was signed by {current['issuer']}, not by {issuer}; only who signed it can revoke it"
    return [(found["name"], current["chain"])], ""


def _expired(found: Mapping[str, Any], now: datetime) -> bool:
    certificate = InPlace.from_dict(dict(found)).certificate
    return certificate is not None and certificate.not_after <= now
