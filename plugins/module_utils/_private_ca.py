# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private CA on disk: made once, never overwritten, its keys encrypted under a passphrase."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Optional

from . import _authority as authority
from . import _files as files
from . import _keys as keys
from ._arguments import check_key_type
from ._authority import Signer
from ._certificates import Chain, common_name, key_fingerprint, load_chain, not_after, to_pem
from ._errors import ArgumentError, CertificateError, PrivateKeyError

#: File names. The root is for clients, the chain for signing; a root's key may be locked away once there is an intermediate.
ROOT, ROOT_KEY = "root.pem", "root.key"
INTERMEDIATE, INTERMEDIATE_KEY = "intermediate.pem", "intermediate.key"


@dataclass(frozen=True)
class Wish:
    """A private CA as a person asks for it. Raises ArgumentError for what cannot be."""

    common_name: str
    key_type: str
    days: int
    permitted: tuple[str, ...]
    #: Common name; empty for none.
    intermediate: str
    intermediate_days: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.common_name) <= 64 or len(self.intermediate) > 64:
            raise ArgumentError("common_name: 1 to 64 characters are allowed (RFC 5280, upper bounds)")
        if self.intermediate == self.common_name:
            raise ArgumentError("intermediate: its name must differ from common_name, or clients take it for the root")
        if self.days < 1 or self.intermediate_days < 1:
            raise ArgumentError("days: at least 1 is allowed")
        check_key_type(self.key_type, "key_type")


def make(directory: str, wish: Wish, passphrase: str, now: datetime) -> tuple[str, ...]:
    """Make what is missing of the CA; returns the files that were made. Raises Error for one that is not as asked."""
    made: list[str] = []
    files.make_private_directory(directory)
    for key_file in _orphans(directory):
        raise PrivateKeyError(
            f"{directory}/{key_file}: this key lies there without its certificate, and is never overwritten; put the certificate back "
            "beside it, or (if a run was stopped while it made it) remove the key"
        )
    if files.read(f"{directory}/{ROOT}") is None:
        root = authority.make_root(wish.common_name, wish.key_type, wish.days, wish.permitted, now)
        _write(directory, ROOT_KEY, ROOT, root, passphrase)
        made.append(ROOT)
    if wish.intermediate and files.read(f"{directory}/{INTERMEDIATE}") is None:
        root = _load(directory, ROOT_KEY, root_chain(directory), passphrase)
        signer = authority.make_intermediate(root, wish.intermediate, wish.key_type, wish.intermediate_days, now)
        _write(directory, INTERMEDIATE_KEY, INTERMEDIATE, signer, passphrase)
        made.append(INTERMEDIATE)
    return tuple(made)


def missing(directory: str, wish: Wish) -> tuple[str, ...]:
    """The files that :func:`make` would make."""
    wanted = (ROOT, INTERMEDIATE) if wish.intermediate else (ROOT,)
    return tuple(name for name in wanted if files.read(f"{directory}/{name}") is None)


def _orphans(directory: str) -> list[str]:
    pairs = ((ROOT_KEY, ROOT), (INTERMEDIATE_KEY, INTERMEDIATE))
    return [key for key, certificate in pairs if os.path.lexists(f"{directory}/{key}") and files.read(f"{directory}/{certificate}") is None]


def check_as_wished(directory: str, wish: Wish) -> None:
    """Raise ArgumentError when the CA that is there is another one than asked for: it is never overwritten."""
    if files.read(f"{directory}/{ROOT}") is None:
        return
    (root,), between = root_chain(directory), intermediate(directory)
    pairs = {
        "common_name": (common_name(root.subject), wish.common_name),
        "key_type": (keys.key_type_of(root.public_key()), wish.key_type),
        "permitted_names": (authority.permitted_names(root), wish.permitted),
        # one that is not there yet can be made
        "intermediate": (common_name(between[0].subject) if between else wish.intermediate, wish.intermediate),
    }
    for option, (found, value) in pairs.items():
        if found != value:
            raise ArgumentError(
                f"{option}: the CA in {directory} has {found!r}, asked is {value!r}; "
                "a CA is never overwritten: name another directory, or say what it has"
            )


def open_signer(directory: str, passphrase: str, now: datetime) -> Signer:
    """What signs: the intermediate if there is one, else the root. Raises Error that names the file."""
    root, between = root_chain(directory), intermediate(directory)
    if not_after(root[0]) <= now:
        raise CertificateError(f"{directory}/{ROOT}: it expired on {not_after(root[0]):%Y-%m-%d}; make another CA in a new directory")
    if between is None:
        return _load(directory, ROOT_KEY, root, passphrase)
    if not_after(between[0]) <= now:
        raise CertificateError(
            f"{directory}/{INTERMEDIATE}: it expired on {not_after(between[0]):%Y-%m-%d}; move it and {INTERMEDIATE_KEY} away, and run "
            "encrypt.httpd.private_ca to have another made"
        )
    return _load(directory, INTERMEDIATE_KEY, (*between, *root), passphrase)


def root_chain(directory: str) -> Chain:
    """The root alone. Raises CertificateError when there is no CA in the directory."""
    pem = files.read(f"{directory}/{ROOT}")
    if pem is None:
        raise CertificateError(f"{directory}: there is no private CA here; make one with the module encrypt.httpd.private_ca")
    return load_chain(pem, f"{directory}/{ROOT}")[:1]


def intermediate(directory: str) -> Optional[Chain]:
    """The intermediate alone, if there is one."""
    pem = files.read(f"{directory}/{INTERMEDIATE}")
    return load_chain(pem, f"{directory}/{INTERMEDIATE}")[:1] if pem is not None else None


def _load(directory: str, key_file: str, chain: Chain, passphrase: str) -> Signer:
    path = os.path.join(directory, key_file)
    key = keys.load(files.read_private(path, replaceable=False), path, passphrase)
    if keys.fingerprint(key.public_key()) != key_fingerprint(chain[0]):
        raise PrivateKeyError(f"{path}: this key does not belong to the certificate beside it")
    return Signer(key, chain)


def _write(directory: str, key_file: str, certificate_file: str, signer: Signer, passphrase: str) -> None:
    # the key first: a certificate without its key would be of no use
    files.write_private(os.path.join(directory, key_file), keys.encode(signer.key, passphrase))
    files.write_public(os.path.join(directory, certificate_file), to_pem(signer.chain[0]).encode())
