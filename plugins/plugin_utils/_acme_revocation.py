# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have certificates revoked by the ACME server that signed them (RFC 8555 section 7.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_chain
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace

from ._acme_account import existing
from ._acme_errors import RefusedError
from ._acme_failures import told
from ._acme_key_revocation import KeyRevocation, Named, Sign, UndecidedError
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

    def add(self, other: Outcome) -> None:
        """With what became of others."""
        self.revoked += other.revoked
        self.already += other.already
        self.refused.update(other.refused)

    def settle(self, settings: Settings, name: str, ask: Callable[[], object]) -> None:
        """Ask, and note what becomes of one of them. Raises UndecidedError as *ask* does."""
        try:
            with told(settings):
                ask()
            self.revoked.append(name)
        except Error as error:
            if isinstance(error, RefusedError) and error.problem.code == "alreadyRevoked":
                self.already.append(name)
            else:
                self.refused[name] = str(error)


def revoke(settings: Settings, chains: Sequence[Named], reason: str, sign: Sign, *, by_account: bool = True) -> Outcome:
    """Revoke the leaf of each chain. What goes wrong with some, or from some on, hides nothing of what became of the others.

    What the account may not revoke, or all unless *by_account*, is asked for by the certificate's own key, which *sign*s where it lies.
    No account is made for it.
    """
    outcome, code = Outcome(), REASONS[reason]
    try:
        session = existing(settings) if by_account else None
    except (Error, OSError) as error:
        return Outcome(refused={name: str(error) for name, _pem in chains})
    if session is not None:
        chains = _not_of_account(settings, session.client(settings), chains, code, outcome)
    if chains:
        KeyRevocation(settings, code, sign, partial(outcome.settle, settings)).revoke(chains)
    return outcome


def _not_of_account(settings: Settings, acme: client.ClientV2, chains: Sequence[Named], code: int, outcome: Outcome) -> list[Named]:
    """Those that the account may not have revoked; the others are."""
    left: list[Named] = []

    def ask(name: str, pem: str) -> None:
        try:
            acme.revoke(load_chain(pem.encode(), name)[0], code)
        except messages.Error as error:
            if error.code != "unauthorized":
                raise
            raise UndecidedError from error

    for name, pem in chains:
        try:
            outcome.settle(settings, name, partial(ask, name, pem))
        except UndecidedError:
            left.append((name, pem))
    return left


def by_issuer(
    found: Sequence[Mapping[str, Any]], version: str, issuers: Sequence[str], now: datetime
) -> tuple[dict[str, list[tuple[str, str]]], dict[str, str]]:
    """The chains that each of some issuers signed, and why there are none of a name that any of them could revoke. See revocable."""
    chains: dict[str, list[tuple[str, str]]] = {}
    refused = {}
    for one in found:
        told = {issuer: revocable(one, version, issuer, now) for issuer in issuers}
        for issuer, (some, _why) in told.items():
            if some:
                chains.setdefault(issuer, []).extend(some)
        if all(why for _some, why in told.values()):
            refused[one["name"]] = told[issuers[0]][1]
    return chains, refused


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
