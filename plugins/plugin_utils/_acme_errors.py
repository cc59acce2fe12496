# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with an ACME server: one root, and a class for each way out."""

from __future__ import annotations

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
