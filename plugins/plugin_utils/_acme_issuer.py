# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer acme: an ACME server such as Let's Encrypt, asked by the controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import dns_names, load_request

from ._acme_settings import Settings
from ._issuers import Answer, Issued, ModuleError, OnHost, Refused, SigningRequest


@dataclass(frozen=True)
class Acme:
    """See Issuer."""

    settings: Settings
    on_host: OnHost

    @property
    def label(self) -> str:
        """The server, too: another one is another issuer."""
        return f"acme {self.settings.directory}"

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        """Order all, after the host saw itself answer the http-01 challenges of each name."""
        if check_mode:
            return [Issued(request.name, "") for request in requests]
        from ._acme_account import account
        from ._acme_orders import issue

        thumbprint = account(self.settings, check_mode=False).thumbprint
        by_http = [request for request in requests if request.challenge == "http-01"]
        names = {request.name: dns_names(load_request(request.csr.encode(), request.name)) for request in by_http}
        problems = self._problems(sorted({name for several in names.values() for name in several}), thumbprint)
        refused = {one: "; ".join(problems[name] for name in several if name in problems) for one, several in names.items()}
        good = [request for request in requests if not refused.get(request.name)]
        answers = {answer.name: answer for answer in issue(self.settings, good)} if good else {}
        return [answers.get(request.name) or Refused(request.name, refused[request.name]) for request in requests]

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
