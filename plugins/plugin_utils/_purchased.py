# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer purchased: requests lie in a directory of the controller, where a person puts what a CA signed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _chains as chains
from ansible_collections.encrypt.httpd.plugins.module_utils._bundle import SYSTEM_ROOTS, arrange, read_certificates, read_roots
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, CertificateError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._files import read, write_public
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import file_name
from cryptography import x509

from ._issuers import Answer, Awaited, Issued, Refused, SigningRequest

_README = "README.txt"
_INSTRUCTION = """\
How to buy the certificate of {name}

1. At the CA of your choice order a certificate for: {names}
2. Where it asks for a certificate signing request (CSR), paste or upload this file:
     {request}
   The private key was made on the host and stays there. No CA ever needs it: give it to nobody.
3. Prove that the names are yours, the way the CA asks for it (mail, DNS or a file).
4. Put what the CA gives you into this directory, under any file name: the certificate and its intermediate certificates,
   as PEM, DER or PKCS#7.
5. Run the playbook again. It checks the certificate and installs it; until then the site is served as before.
"""


@dataclass(frozen=True)
class Purchased:
    """See Issuer. *directory* belongs to one host (or group that shares certificates); *ca_bundle* has further roots."""

    directory: Path
    ca_bundle: str | None
    now: datetime
    label: str = "purchased"

    def __post_init__(self) -> None:
        if self.ca_bundle and not os.access(self.ca_bundle, os.R_OK):
            raise ArgumentError(f"purchased: ca_bundle: there is no readable file {self.ca_bundle} on the controller")

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> Sequence[Answer]:
        """Take what lies there."""
        return [self._answer(request, check_mode) for request in requests]

    def _answer(self, request: SigningRequest, check_mode: bool) -> Answer:
        folder = self.directory / file_name(request.name)
        if not request.csr:
            return Awaited(request.name, f"a signing request would be written to {folder}", changed=True)
        csr = certificates.load_request(request.csr.encode(), request.name)
        file = folder / f"request-{certificates.key_fingerprint(csr)[7:15]}.csr"
        try:
            # The same key may have a request for other names by now.
            changed = read(str(file)) != request.csr.encode()
            if changed and not check_mode:
                _write_request(file, request, certificates.names_of(csr))
            chain = self._chain(folder, certificates.key_fingerprint(csr))
            if not chain:
                return Awaited(
                    request.name, f"have {file} signed by a CA, and put the certificate beside it ({_README} tells how)", changed
                )
            chains.check_chain(chain, certificates.key_fingerprint(csr), certificates.names_of(csr), exact=False)
            chains.check_dates(chain, self.now)
        except Error as error:
            return Refused(request.name, str(error) if str(folder) in str(error) else f"{folder}: {error}")
        except OSError as error:
            told = f"{error.strerror} ({error.filename}); the user who runs Ansible has to read and write there"
            return Refused(request.name, f"{folder}: {told}")
        return Issued(request.name, certificates.to_pem(*chain))

    def _chain(self, folder: Path, key: str) -> certificates.Chain:
        """The chain of the key out of all files of the folder; empty when there is none for it yet."""
        found = {file: read_certificates(file.read_bytes(), str(file)) for file in _given(folder)}
        everything = [one for several in found.values() for one in several]
        if any(certificates.key_fingerprint(one) == key for one in everything):
            return arrange(everything, key, _roots(self.ca_bundle), str(folder))
        known = {certificates.key_fingerprint(certificates.load_request(file.read_bytes(), str(file))) for file in folder.glob("*.csr")}
        for file, several in found.items():
            for one in several:
                if not _is_authority(one) and certificates.key_fingerprint(one) not in known:
                    raise CertificateError(
                        f"{file}: this certificate belongs to no request made here; let the CA sign the file request-{key[7:15]}.csr"
                    )
        return ()


@cache
def _roots(ca_bundle: str | None) -> list[x509.Certificate]:
    import certifi

    places = [*filter(None, [ca_bundle]), certifi.where(), *filter(os.path.exists, SYSTEM_ROOTS)]
    return [root for place in places for root in read_roots(Path(place).read_bytes())]


def _given(folder: Path) -> list[Path]:
    """The files that a person put there."""
    ours = {_README}
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    return [file for file in there if file.is_file() and file.name not in ours and file.suffix != ".csr" and not file.name.startswith(".")]


def _write_request(file: Path, request: SigningRequest, names: Sequence[str]) -> None:
    write_public(str(file), request.csr.encode())
    text = _INSTRUCTION.format(name=request.name, names=", ".join(names), request=file)
    write_public(str(file.with_name(_README)), text.encode())


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
