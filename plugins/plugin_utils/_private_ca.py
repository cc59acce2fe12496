# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer private_ca: a CA of one's own, on the controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.encrypt.httpd.plugins.module_utils import _private_ca as private_ca
from ansible_collections.encrypt.httpd.plugins.module_utils._authority import Signer, sign
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import describe
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error

from ._issuers import Answer, Issued, Refused, SigningRequest


@dataclass(frozen=True)
class PrivateCa:
    """See Issuer. *directory* is what the module private_ca made."""

    directory: str
    passphrase: str = field(repr=False)
    days: int
    now: datetime

    def __post_init__(self) -> None:
        if not self.directory:
            raise ArgumentError("private_ca: directory: name the directory of the private CA on the controller")
        if self.days < 1:
            raise ArgumentError(f"private_ca: days: {self.days} is not allowed; at least 1 is")

    @property
    def label(self) -> str:
        """The root, too: another one is another issuer. Where there is none, nothing can be signed, and :meth:`sign` tells why."""
        try:
            return f"private_ca {describe(private_ca.root_chain(self.directory)).fingerprint}"
        except Error:
            return "private_ca"

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        """Open the CA's key once, also in check mode, and sign all."""
        signer = private_ca.open_signer(self.directory, self.passphrase, self.now)
        if check_mode:
            return [Issued(request.name, "") for request in requests]
        return [self._answer(signer, request) for request in requests]

    def _answer(self, signer: Signer, request: SigningRequest) -> Answer:
        try:
            return Issued(request.name, sign(signer, request.csr, self.days, self.now))
        except Error as error:
            return Refused(request.name, str(error))
