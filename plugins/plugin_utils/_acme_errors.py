# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with an ACME server: one root, and a class for each way out. Callers look at the class, people read the text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error


class AcmeError(Error):
    """The ACME server refuses, or what it says cannot be."""


class OutageError(AcmeError):
    """The server is to blame, and it passes: out of reach, failing, or too busy. *until* is when to ask again, if it tells."""

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class DeactivatedError(AcmeError):
    """The account was deactivated, and the server takes nothing from it any more."""


class UnreachableError(OutageError):
    """No connection: refused, reset, cut off, or the name is not found."""


class TimedOutError(OutageError):
    """No answer, or none that settles the matter, before the deadline."""


class RateLimitedError(OutageError):
    """Too many requests, or too many orders (RFC 8555 section 6.6)."""


class ServerFailureError(OutageError):
    """A status of 500 or more, or no nonce that the server itself takes."""


class BusyError(OutageError):
    """Another run of this controller has the same order under way; no server is to blame."""


class UntrustedError(AcmeError):
    """The TLS certificate of the server is not trusted."""


class NotAcmeError(AcmeError):
    """An answer that is not as RFC 8555 says: a web page, broken JSON, fields that are missing or of another type."""


@dataclass(frozen=True)
class Problem:
    """A problem document (RFC 7807): the end of its type's URN, its detail, and the problems of single names (RFC 8555 section 6.7.1)."""

    code: str
    detail: str
    #: The identifier, of a subproblem.
    name: str = ""
    subproblems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        """With a line for each name."""
        text = f"{self.name}: " if self.name else ""
        text += self.detail + (f" ({self.code})" if self.code else "")
        return "\n- ".join([text, *map(str, self.subproblems)])


#: What a person can do about a problem, by its code (RFC 8555 section 6.7).
NEXT_STEPS = {
    "caa": "let the CAA record of the domain name this CA",
    "connection": "see that the CA reaches the host from the internet: address record, firewall, port 80",
    "dns": "see that the name has a public address record, and that its name servers answer",
    "externalAccountRequired": "get an account binding at the CA, and say binding: with its kid and hmac (in the role https_acme_binding)",
    "rejectedIdentifier": "leave the name out, or ask the CA why it does not serve it",
    "unauthorized": "see which server answers for this name: all of its addresses, IPv6 too, must lead to this host (with dns-01: "
    "all of its name servers must have the record)",
    "userActionRequired": "agree to what the CA asks for at the address that it gives",
}


class RefusedError(AcmeError):
    """The CA's own no. *what* says of what, such as "the CA refuses the account: "."""

    def __init__(self, what: str, problem: Problem) -> None:
        # Who is "unauthorized" without a name is the account: no server that answers for a name is to blame.
        codes = [one.code for one in (problem, *problem.subproblems) if one.name or one.code != "unauthorized"]
        steps = [NEXT_STEPS[code] for code in codes if code in NEXT_STEPS]
        super().__init__("\n".join([f"{what}{problem}", *(f"next step: {step}" for step in dict.fromkeys(steps))]))
        self.problem = problem


class AuthorizationError(RefusedError):
    """The CA could not validate a *name*, or several. It counts such failures of each of the *names*. The *others* have theirs in them."""

    def __init__(self, name: str, problem: Problem, *others: Problem) -> None:
        each = (replace(problem, name=name), *others)
        super().__init__("", Problem("", f"the CA could not validate {len(each)} names", "", each) if others else each[0])
        self.names = tuple(dict.fromkeys(one.name for one in each))
