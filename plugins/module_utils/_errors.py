# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, by kind. The text of an error is the whole message: what, where, and the next step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Error(Exception):
    """Root of all errors that the collection raises on purpose."""


class ArgumentError(Error):
    """A value that the user gave cannot be used."""


class FileError(Error):
    """A file or directory on this machine is not as safe or as readable as it has to be."""


class PrivateKeyError(Error):
    """A private key cannot be made, read or used."""


class CertificateError(Error):
    """A certificate or chain does not parse or does not fit."""


class HttpdError(Error):
    """httpd refuses the configuration, or does not run or serve as it should."""


class HandshakeError(Error):
    """A TLS handshake failed or showed another certificate than expected."""


@contextlib.contextmanager
def refusing(refused: dict[str, str], name: str, *, tolerant: bool) -> Iterator[None]:
    """When *tolerant*, an Error is kept in *refused* under *name*, so that others go on."""
    try:
        yield
    except Error as error:
        if not tolerant:
            raise
        refused[name] = str(error)
