# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an issuer is: signing requests in, chains out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestions

#: Runs a module of the collection on the host: its name, its arguments; gives its result. Raises ModuleError when it fails.
OnHost = Callable[[str, dict[str, Any]], dict[str, Any]]


class ModuleError(Error):
    """A module failed on the host; *result* is all that it returned."""

    def __init__(self, module: str, result: dict[str, Any]) -> None:
        super().__init__(result.get("msg") or f"{module} failed")
        self.result = result


@dataclass(frozen=True)
class SigningRequest:
    """A PEM certificate signing request, and the name it goes by. In check mode it is empty when it would be made."""

    name: str
    csr: str
    #: How the names are proven to an ACME server.
    challenge: str = "http-01"
    #: The names that it asks for.
    names: tuple[str, ...] = ()
    #: The certificate that the new one replaces, by its identifier of RFC 9773; empty for none.
    replaces: str = ""


@dataclass(frozen=True)
class Issued:
    """A signed chain in PEM, leaf first; empty in check mode when it would be signed. *note* is what a person should know of it."""

    name: str
    chain: str
    note: str = ""
    #: Who signed, when that is another one than was asked first.
    label: str = ""


@dataclass(frozen=True)
class Refused:
    """Why there is no chain: for a CA's problem, with a line for each name that it names."""

    name: str
    reason: str
    #: Whether the issuer alone is to blame and a later run may succeed, so that a valid certificate in place does for now.
    passing: bool = False
    #: Whether it was not asked for yet, as it is not its turn: nothing is wrong, and a later run asks.
    deferred: bool = False
    #: What it was, for those who tell apart by class.
    error: Error | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Awaited:
    """A person has to do something first: what, and whether this run changed (or would change) anything about it."""

    name: str
    todo: str
    changed: bool


Answer = Issued | Refused | Awaited


class Issuer(Protocol):
    """Signs, whoever it is."""

    @property
    def label(self) -> str:
        """What the host remembers of who signed; a certificate of another label is due."""

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        """The answers, in the order of the requests. In check mode nothing is written and nobody is asked.

        Raises Error when nothing can be signed at all.
        """


@runtime_checkable
class Suggesting(Protocol):
    """An issuer that tells when it wants what it signed to be renewed, or that it has revoked it."""

    def suggestions(self, found: Sequence[InPlace], now: datetime, *, check_mode: bool) -> Suggestions:
        """For those of *found* that it signed, as far as it tells. What goes wrong is no failure. In check mode nothing is written."""
