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

#: Certificates that live shorter than this are renewed at half, others at two thirds of their lifetime.
SHORT_LIVED = timedelta(days=10)


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

    *note* is what a person should know of the certificate in place, *refusal* why what was asked for is not done.
    """

    action: Action
    reason: str = ""
    note: str = ""
    refusal: str = ""

    @property
    def issues(self) -> bool:
        """Whether the issuer has to be asked."""
        return self.action is Action.ISSUE


def renewal_time(certificate: CertificateInfo) -> datetime:
    """The moment (UTC) from which a certificate is due: 2/3 of its lifetime, 1/2 when shorter than 10 days."""
    lifetime = certificate.not_after - certificate.not_before
    return certificate.not_before + (lifetime / 2 if lifetime < SHORT_LIVED else lifetime * 2 / 3)


def decide(wanted: Wanted, current: InPlace, pending: InPlace, now: datetime, *, requested: bool = False) -> Decision:
    """Tell what to do for one certificate at the moment *now* (aware, UTC). *requested* tells whether a request waits for a signature."""
    if wanted.stands_in and current.certificate and _is_valid_of_another(wanted, current, now):
        until = f"{current.certificate.not_after:%Y-%m-%d}"
        return Decision(Action.NOTHING, note=f"the certificate of {current.issuer} stays, which is valid until {until}; name its issuer")
    if wanted.asked and wanted.awaits and requested:
        return Decision(Action.NOTHING, refusal="its request waits for the CA, and with a new key what the CA signs would be of no use")
    reason = wanted.asked or why_due(wanted, current, now)
    signed = not wanted.asked and not why_due(wanted, pending, now)
    if not reason and wanted.awaits and (signed or requested):
        reason = "its request was signed" if signed else "its request waits for the CA"
    if not reason:
        return Decision(Action.NOTHING)
    if signed:
        return Decision(Action.ACTIVATE, reason)
    return Decision(Action.ISSUE, reason, note=_time_left(current, now) if wanted.awaits else "")


def why_due(wanted: Wanted, found: InPlace, now: datetime) -> str:
    """Tell why what was found does not do (any more) for what is wanted; empty when it does."""
    if found.problem:
        return found.problem
    certificate = found.certificate
    if certificate is None:
        return "no certificate yet"
    if not has_names(certificate.names, wanted.names, exact=wanted.exact):
        return f"names differ: {_difference(certificate.names, wanted.names)}"
    if certificate.key_type != wanted.key_type and not wanted.any_key:
        return f"key type is {certificate.key_type}, asked is {wanted.key_type}"
    if found.issuer != wanted.issuer:
        return f"issuer is {found.issuer or 'unknown'}, asked is {wanted.issuer}"
    if now >= certificate.not_after:
        return f"expired on {certificate.not_after:%Y-%m-%d}"
    if now >= renewal_time(certificate):
        return f"renewal due since {renewal_time(certificate):%Y-%m-%d %H:%M} UTC"
    return ""


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
