# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key and certificate that a host has already, brought into the store. A hand on a host."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from . import _files as files
from . import _store as store
from ._bundle import arrange, read_certificates
from ._certificates import CertificateInfo, Chain, describe, to_pem
from ._chains import check_chain, check_dates, has_names
from ._errors import CertificateError, FileError
from ._keys import PrivateKey, fingerprint, load
from ._layout import Layout
from ._renewal import InPlace

#: What the store remembers: a person had it signed.
ISSUER_LABEL = "purchased"


@dataclass(frozen=True)
class Existing:
    """Where key, certificate and (if not in the same file) intermediates lie, and what opens the key."""

    key_file: str
    certificate_file: str
    chain_file: str = ""
    ca_file: str = ""
    passphrase: str = field(default="", repr=False)

    def load(self, names: Sequence[str]) -> tuple[PrivateKey, Chain]:
        """Key and chain, checked for the names. Raises Error that names the file."""
        key_file = os.path.realpath(self.key_file)  # as certbot's, it may be a link
        key = load(files.read_private(key_file, replaceable=False, group=True), self.key_file, self.passphrase)
        given = [path for path in (self.certificate_file, self.chain_file) if path]
        found = [one for path in given for one in read_certificates(_read(path), path)]
        chain = arrange(found, fingerprint(key.public_key()), store.trusted_roots(self.ca_file), self.certificate_file)
        with self._named():
            check_chain(chain, fingerprint(key.public_key()), names, exact=False)
        return key, chain

    def check_dates(self, chain: Chain, now: datetime) -> None:
        """Raise CertificateError that names the file when the chain is not valid now."""
        with self._named():
            check_dates(chain, now)

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except CertificateError as error:
            raise CertificateError(f"{self.certificate_file}: {error}") from error


def bring_in(layout: Layout, existing: Existing, names: Sequence[str], now: datetime, check_mode: bool) -> str:
    """Put the pair into ``pending``, unless a bought certificate is in place that is as good.

    Returns why it is to be activated, empty when it is not. Raises Error that names the file.
    """
    key, chain = existing.load(names)
    if _is_as_good(store.in_place(layout.current), describe(chain), names, now):
        return ""
    existing.check_dates(chain, now)
    if not check_mode:
        store.adopt(layout, key, tuple(names), to_pem(*chain), ISSUER_LABEL)
    return f"{existing.certificate_file} is to be brought in"


def _is_as_good(found: InPlace, given: CertificateInfo, names: Sequence[str], now: datetime) -> bool:
    """Tell whether what is in place stays: of two that have not expired the one that was issued later does."""
    current = found.certificate
    if current is None or found.issuer != ISSUER_LABEL or not has_names(current.names, names, exact=False):
        return False
    have, get = ((now < one.not_after, one.not_before, one.not_after) for one in (current, given))
    return current == given or have > get


def _read(path: str) -> bytes:
    data = files.read(path)
    if data is None:
        raise FileError(f"{path}: there is no such file on the host")
    return data
