# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of keys and chains on a host: what is in place, and what is pending."""

from __future__ import annotations

import os
import shutil

from cryptography import x509

from . import _files as files
from ._bundle import SYSTEM_ROOTS, read_roots
from ._certificates import Chain, describe, load_chain, load_request, make_request, names_of
from ._chains import check_chain
from ._errors import CertificateError, Error
from ._keys import PrivateKey, encode, fingerprint, generate, key_type_of, load
from ._layout import CHAIN, ISSUER, KEY, NAMES, REQUEST, Layout, file_name
from ._renewal import InPlace


def in_place(directory: str) -> InPlace:
    """Tell what lies in ``current``, ``pending`` or another directory of that shape. Never raises an Error."""
    pem = files.read(f"{directory}/{CHAIN}")
    if pem is None:
        return InPlace()
    issuer = (files.read(f"{directory}/{ISSUER}") or b"").decode().strip()
    try:
        chain = load_chain(pem, f"{directory}/{CHAIN}")
        key = load(files.read_private(f"{directory}/{KEY}"), f"{directory}/{KEY}")
        check_chain(chain, fingerprint(key.public_key()), names_of(chain[0]))
    except Error as error:
        return InPlace(issuer=issuer, problem=str(error))
    return InPlace(certificate=describe(chain), issuer=issuer)


def trusted_roots(ca_file: str = "") -> list[x509.Certificate]:
    """The roots that this host trusts, and those of a PEM file besides."""
    return [root for path in (ca_file, *SYSTEM_ROOTS) if path for root in read_roots(files.read(path) or b"")]


def chain_in(directory: str) -> str:
    """The PEM chain in ``current`` or another directory of that shape; empty when there is none."""
    return (files.read(f"{directory}/{CHAIN}") or b"").decode()


def prepare(layout: Layout, names: tuple[str, ...], key_type: str, *, rekey: bool = False) -> tuple[str, bool]:
    """Make the pending key and signing request, or (unless *rekey*) take those that are there when they fit.

    Returns the PEM request and whether something changed.
    """
    forget_promoted(layout)  # of a run that was cut off
    changed = files.make_private_directory(layout.directory)
    for directory in (layout.site, layout.pending):
        changed |= files.make_private_directory(directory, tighten=True)
    request = None if rekey else _pending_request(layout, names, key_type)
    if request is not None:
        return request, changed
    key = None if rekey else _pending_key(layout, key_type)
    if key is None:
        key = generate(key_type)
        files.write_private(f"{layout.pending}/{KEY}", encode(key))
    pem = make_request(key, names)
    files.remove(f"{layout.pending}/{CHAIN}")
    files.write_private(f"{layout.pending}/{REQUEST}", pem)
    return pem.decode(), True


def forget_promoted(layout: Layout) -> None:
    """What is current is pending no more."""
    if _is_promoted(layout):
        shutil.rmtree(layout.pending)


def _is_promoted(layout: Layout) -> bool:
    key, pending = f"{layout.current}/{KEY}", f"{layout.pending}/{KEY}"
    return os.path.exists(key) and os.path.exists(pending) and os.path.samefile(key, pending)


def fits(layout: Layout, names: tuple[str, ...], key_type: str) -> bool:
    """Tell whether :func:`prepare` would find a pending key and request that fit."""
    return _pending_request(layout, names, key_type) is not None


def _pending_request(layout: Layout, names: tuple[str, ...], key_type: str) -> str | None:
    pem = files.read(f"{layout.pending}/{REQUEST}")
    if pem is None or _is_promoted(layout):
        return None
    try:
        request = load_request(pem, layout.pending)
        key = load(files.read_private(f"{layout.pending}/{KEY}"), layout.pending)
    except Error:
        return None
    same_key = fingerprint(key.public_key()) == fingerprint(request.public_key())  # type: ignore[arg-type]
    fitting = set(names_of(request)) == set(names) and key_type_of(key) == key_type
    return pem.decode() if same_key and fitting else None


def _pending_key(layout: Layout, key_type: str) -> PrivateKey | None:
    path = f"{layout.pending}/{KEY}"
    try:
        key = load(files.read_private(path), path)
    except Error:
        return None  # none yet, unreadable, or open to others: a pending key is used by nobody, so another one will do
    return key if key_type_of(key) == key_type else None


def pending(layout: Layout) -> tuple[PrivateKey, tuple[str, ...]]:
    """The pending key, and the names of its request. Raises Error that names the certificate when there is none."""
    request = files.read(f"{layout.pending}/{REQUEST}")
    if request is None:
        raise CertificateError(f"certificate {layout.name!r}: there is no pending request at {layout.pending}; make one first")
    key = load(files.read_private(f"{layout.pending}/{KEY}"), f"{layout.pending}/{KEY}")
    return key, names_of(load_request(request, layout.pending))


def adopt(layout: Layout, key: PrivateKey, names: tuple[str, ...], chain_pem: str, issuer: str) -> None:
    """Put a key that was not made here, and its chain, into ``pending``. Raises CertificateError when they do not fit."""
    files.make_private_directory(layout.directory)
    for directory in (layout.site, layout.pending):
        files.make_private_directory(directory, tighten=True)
    files.remove(f"{layout.pending}/{CHAIN}")
    files.write_private(f"{layout.pending}/{KEY}", encode(key))
    files.write_private(f"{layout.pending}/{REQUEST}", make_request(key, names))
    stage(layout, chain_pem, issuer)


def check_staged(layout: Layout, chain: Chain) -> None:
    """Check that a signed chain answers the pending request and belongs to the pending key.

    Raises CertificateError that names the certificate and what differs.
    """
    key, names = pending(layout)
    try:
        check_chain(chain, fingerprint(key.public_key()), names, exact=False)
    except CertificateError as error:
        raise CertificateError(f"certificate {layout.name!r}: {error}") from error


def stage(layout: Layout, chain_pem: str, issuer: str) -> bool:
    """Put a signed chain beside its pending key. Returns True when it was not there yet.

    Raises CertificateError when it does not answer the pending request.
    """
    text = chain_pem.encode()
    chain = load_chain(text, f"certificate {layout.name!r}")
    check_staged(layout, chain)
    if files.read(f"{layout.pending}/{CHAIN}") == text:
        return False
    _mark(f"{layout.pending}/{NAMES}", names_of(chain[0]))
    files.write_private(f"{layout.pending}/{ISSUER}", issuer.encode() + b"\n")
    files.write_private(f"{layout.pending}/{CHAIN}", text)
    return True


def _mark(directory: str, names: tuple[str, ...]) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    files.make_private_directory(directory)
    for name in names:
        files.touch_private(f"{directory}/{file_name(name)}")
