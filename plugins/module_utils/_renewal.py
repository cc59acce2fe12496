# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether a certificate is due, from what is wanted and what is in place. Pure: the time is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Optional

from ._certificates import CertificateInfo
from ._chains import has_names
from ._renewal_window import NO_SUGGESTIONS, Suggestions, why_renewed
from ._test_servers import is_test

_TEST = (
    "{} is a test CA, which clients do not trust, and what {} signed is valid until {}; name a CA for production, or say "
    "test_over_production: true (in the role https_acme_test_over_production)"
)
_OPEN = (
    "its request waits for the CA, and with a new key what the CA signs would be of no use; install that first, or remove {pending} "
    "on the host and run again"
)


@dataclass(frozen=True)
class Wanted:
    """What the user asks for. *issuer* tells who shall sign, as "acme https://ca.example/directory"."""

    name: str
    names: tuple[str, ...]
    key_type: str
    issuer: str
    #: How the names are proven to an ACME server.
    challenge: str = "http-01"
    #: Why it is due whatever is in place; empty for the usual.
    asked: str = ""
    #: Whether the certificate shall have these names alone; those that people buy often have more, or wildcards.
    exact: bool = True
    #: Whether any type of key does: somebody else made it.
    any_key: bool = False
    #: Whether a person gets it, so that a request of it may be open while nothing is due.
    awaits: bool = False
    #: Whether it only stands in: then a valid certificate of another issuer stays.
    stands_in: bool = False
    #: Further issuers whose certificates do, too: those that are asked when the first is out of order.
    also: tuple[str, ...] = ()
    #: Whether the issuer is a test CA, whose certificates no client trusts: then a valid certificate of a real one stays.
    test: bool = False


@dataclass(frozen=True)
class InPlace:
    """What lies on the host, in ``current`` or in ``pending``. *problem* tells why it cannot be used, if so."""

    certificate: Optional[CertificateInfo] = None
    issuer: str = ""
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As a module returns it; the certificate is None when there is none."""
        certificate = self.certificate.to_dict() if self.certificate else None
        return {"certificate": certificate, "issuer": self.issuer, "problem": self.problem}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> InPlace:
        """The way back from :meth:`to_dict`."""
        found = values["certificate"]
        certificate = CertificateInfo.from_dict(found) if found else None
        return cls(certificate, values["issuer"], values["problem"])


class Action(str, Enum):
    """What is to be done for a certificate."""

    NOTHING = "nothing"
    #: A signed chain waits in ``pending``: a run before this one was stopped between issuance and activation.
    ACTIVATE = "activate"
    ISSUE = "issue"


@dataclass(frozen=True)
class Decision:
    """What to do, and why (empty when nothing is to be done).

    *note* is what a person should know of the certificate in place, *refusal* why what was asked for is not done, with
    {pending} for its directory there. *spare* is how long
    the certificate in place does for all that is asked, zero when it does not.
    """

    action: Action
    reason: str = ""
    note: str = ""
    refusal: str = ""
    spare: timedelta = timedelta(0)
    #: The certificate that the new one replaces for its CA, by its identifier of RFC 9773; empty for none.
    replaces: str = ""

    @property
    def issues(self) -> bool:
        """Whether the issuer has to be asked."""
        return self.action is Action.ISSUE


def decide(
    wanted: Wanted, current: InPlace, pending: InPlace, now: datetime, *, requested: bool = False, suggested: Suggestions = NO_SUGGESTIONS
) -> Decision:
    """Tell what to do for one certificate at the moment *now* (aware, UTC).

    *requested* tells whether a request waits for a signature, *suggested* when CAs want certificates to be renewed, by their identifiers.
    """
    kept = _kept(wanted, current, now)
    if kept is not None:
        return kept
    if wanted.asked and wanted.awaits and requested:
        return Decision(Action.NOTHING, refusal=_OPEN)
    reason = wanted.asked or why_due(wanted, current, now, suggested)
    signed = not wanted.asked and not why_due(wanted, pending, now)
    if not reason and wanted.awaits and (signed or requested):
        reason = "its request was signed" if signed else "its request waits for the CA"
    if not reason:
        return Decision(Action.NOTHING)
    if signed:
        return Decision(Action.ACTIVATE, reason)
    note = _time_left(current, now) if wanted.awaits else ""
    replaces = current.certificate.renewal_id if current.certificate and current.issuer == wanted.issuer else ""
    return Decision(Action.ISSUE, reason, note, spare=_spare(wanted, current, now, suggested), replaces=replaces)


def why_due(wanted: Wanted, found: InPlace, now: datetime, suggested: Suggestions = NO_SUGGESTIONS) -> str:
    """Tell why what was found does not do (any more) for what is wanted; empty when it does."""
    reason = why_other(wanted, found, now)
    if reason or found.certificate is None:
        return reason
    return why_renewed(found.certificate, now, suggested.get(found.certificate.renewal_id))


def why_other(wanted: Wanted, found: InPlace, now: datetime) -> str:
    """Tell why what was found cannot serve for what is wanted, renewals apart; empty when it can."""
    if found.problem:
        return found.problem
    certificate = found.certificate
    if certificate is None:
        return "no certificate yet"
    if not has_names(certificate.names, wanted.names, exact=wanted.exact):
        return f"names differ: {_difference(certificate.names, wanted.names)}"
    if certificate.key_type != wanted.key_type and not wanted.any_key:
        return f"key type is {certificate.key_type}, asked is {wanted.key_type}"
    if found.issuer not in (wanted.issuer, *wanted.also):
        return f"issuer is {found.issuer or 'unknown'}, asked is {wanted.issuer}"
    if now >= certificate.not_after:
        return f"expired on {certificate.not_after:%Y-%m-%d}"
    return ""


def _kept(wanted: Wanted, current: InPlace, now: datetime) -> Optional[Decision]:
    """The decision, when what shall not replace the certificate in place is asked for."""
    if not current.certificate or not _is_valid_of_another(wanted, current, now):
        return None
    until = f"{current.certificate.not_after:%Y-%m-%d}"
    if wanted.stands_in:
        return Decision(Action.NOTHING, note=f"the certificate of {current.issuer} stays, which is valid until {until}; name its issuer")
    if wanted.test and current.issuer != "self_signed" and not is_test(current.issuer):
        return Decision(Action.NOTHING, refusal=_TEST.format(wanted.issuer, current.issuer or "an unknown CA", until))
    return None


def _spare(wanted: Wanted, current: InPlace, now: datetime, suggested: Suggestions) -> timedelta:
    found = current.certificate
    if found is None or wanted.asked or why_other(wanted, current, now):
        return timedelta(0)
    told = suggested.get(found.renewal_id)
    return timedelta(0) if told and told.revoked else found.not_after - now


def _time_left(found: InPlace, now: datetime) -> str:
    """For a person who has to get another one; empty when there is none in place."""
    if found.certificate is None:
        return ""
    end = found.certificate.not_after
    left = f"is valid until {end:%Y-%m-%d} ({(end - now).days} days left)" if now < end else f"expired on {end:%Y-%m-%d}"
    return f"the certificate in place {left}"


def _is_valid_of_another(wanted: Wanted, found: InPlace, now: datetime) -> bool:
    valid = found.certificate is not None and not found.problem and now < found.certificate.not_after
    return valid and found.issuer != wanted.issuer


def _difference(have: tuple[str, ...], want: tuple[str, ...]) -> str:
    added, gone = sorted(set(want) - set(have)), sorted(set(have) - set(want))
    return ", ".join([f"+{name}" for name in added] + [f"-{name}" for name in gone])
