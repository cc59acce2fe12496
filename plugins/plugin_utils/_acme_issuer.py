# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer acme: an ACME server such as Let's Encrypt, asked by the controller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_request, names_of
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestion, Suggestions

from ._acme_errors import BusyError, OutageError
from ._acme_refusals import refused
from ._acme_settings import Settings
from ._dns_provider import DnsError
from ._issuers import Answer, Issued, ModuleError, OnHost, Refused, SigningRequest

#: Asks one CA.
Ask = Callable[[Settings, Sequence[SigningRequest]], list[Issued | Refused]]


@dataclass(frozen=True)
class Acme:
    """See Issuer."""

    settings: Settings
    on_host: OnHost
    #: Asked when the first is out of order.
    second: Settings | None = None

    @property
    def label(self) -> str:
        """See Issuer."""
        return self.settings.label

    @property
    def also(self) -> tuple[str, ...]:
        """Whose certificates do, too."""
        return (self.second.label,) if self.second else ()

    @property
    def test(self) -> bool:
        """Whether it is a test CA, and shall keep off the certificates of others."""
        return self.settings.test

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        """Order all, after the host saw itself answer the http-01 challenges of each name."""
        if check_mode:
            return self._asking(_foreseen, requests)
        from ._acme_account import thumbprint

        by_http = [request for request in requests if request.challenge == "http-01"]
        names = {request.name: names_of(load_request(request.csr.encode(), request.name)) for request in by_http}
        problems = self._problems(sorted({name for several in names.values() for name in several}), thumbprint(self.settings))
        unseen = {one: "; ".join(problems[name] for name in several if name in problems) for one, several in names.items()}
        good = [request for request in requests if not unseen.get(request.name)]
        answers = {answer.name: answer for answer in self._asking(_issue, good)} if good else {}
        return [answers.get(request.name) or Refused(request.name, unseen[request.name]) for request in requests]

    def _asking(self, ask: Ask, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
        """The answers of the CA; of the second one for those that the first is not in order for."""
        answers = ask(self.settings, requests)
        late = {answer.name: answer for answer in answers if isinstance(answer, Refused) and _is_of_the_ca(answer)}
        if not late or self.second is None:
            return answers
        again = [replace(request, replaces="") for request in requests if request.name in late]
        try:
            seconds = ask(self.second, again)
        except (Error, OSError) as error:  # as where it wants a binding that was not given: what the first signed is not lost for that
            seconds = [refused(request.name, error) for request in again]
        second = {answer.name: _seconded(answer, late[answer.name], self.second) for answer in seconds}
        return [second.get(answer.name, answer) for answer in answers]

    def suggestions(self, found: Sequence[InPlace], now: datetime, *, check_mode: bool) -> Suggestions:
        """See Suggesting."""
        from ._acme_crl import revoked
        from ._acme_ledger import Ledger
        from ._acme_renewal_info import suggestions

        told: dict[str, Suggestion] = {}
        for settings in filter(None, (self.settings, self.second)):
            signed = [one.certificate for one in found if one.certificate and one.issuer == settings.label]
            if signed and settings.ari:
                told.update(suggestions(settings, signed, now, remember=not check_mode))
                silent = [one for one in signed if one.renewal_id not in told]
                told.update(revoked(Ledger(settings.ledger), silent, now, remember=not check_mode))
        return told

    def _problems(self, names: Sequence[str], thumbprint: str) -> dict[str, str]:
        """Why the challenges of which names would not be answered, as the host sees it."""
        if not names:
            return {}
        try:
            self.on_host("challenge_check", {"names": names, "thumbprint": thumbprint})
        except ModuleError as error:
            if not error.result.get("problems"):
                raise
            return dict(error.result["problems"])
        return {}


def _foreseen(settings: Settings, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
    """What is over a limit would not be ordered."""
    from ._acme_gate import Gate

    deferred = Gate(settings).look(requests)
    return [deferred.get(request.name) or Issued(request.name, "") for request in requests]


def _issue(settings: Settings, requests: Sequence[SigningRequest]) -> list[Issued | Refused]:
    """A CA that is out of order is an answer, too."""
    from ._acme_orders import issue

    try:
        return issue(settings, requests)
    except OutageError as error:
        return [refused(request.name, error) for request in requests]


def _is_of_the_ca(answer: Refused) -> bool:
    """Whether another CA helps: DNS that is out of order is so for all, and what another run has under way comes."""
    return answer.passing and not isinstance(answer.error, (DnsError, BusyError))


def _seconded(answer: Issued | Refused, first: Refused, settings: Settings) -> Issued | Refused:
    """The answer of the second CA, with what the first one said."""
    if isinstance(answer, Refused):
        return replace(first, reason=f"{first.reason}; and the second CA: {answer.reason}")
    note = f"{settings.directory} {'signed' if answer.chain else 'would sign'} it, since {first.reason}"
    return replace(answer, label=settings.label, note="; ".join(filter(None, [answer.note, note])))
