# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer acme: an ACME server such as Let's Encrypt, asked by the controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import dns_names, load_request

from ._acme_settings import Settings
from ._issuers import Answer, Issued, OnHost, SigningRequest


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
        """Order all, after the host saw itself answer the challenges of each name."""
        if check_mode:
            return [Issued(request.name, "") for request in requests]
        from ._acme_account import account
        from ._acme_orders import issue

        thumbprint = account(self.settings, check_mode=False).thumbprint
        names = {name for request in requests for name in dns_names(load_request(request.csr.encode(), request.name))}
        self.on_host("challenge_check", {"names": sorted(names), "thumbprint": thumbprint})
        return issue(self.settings, requests)
