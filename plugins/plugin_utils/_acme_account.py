# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ACME account: its key on the controller, its registration, remembered so that most runs need no request."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from ._acme_errors import AcmeError
from ._acme_settings import Settings

#: What stands for the thumbprint in check mode, while there is no key yet.
NO_THUMBPRINT = "made-with-the-account-key"


@dataclass(frozen=True)
class Account:
    """Thumbprint of the key (RFC 7638), URL of the account, and whether it was (or would be) registered or changed."""

    thumbprint: str
    uri: str
    changed: bool


@dataclass(frozen=True)
class Session:
    """All that an ACME client of any thread needs."""

    directory: Any
    registration: Any
    key: Any


def account(settings: Settings, *, check_mode: bool) -> Account:
    """The account of the controller; key and registration are made when there are none. Raises Error."""
    known = _remembered(settings)
    if known is not None:
        return Account(thumbprint(settings), known, changed=False)
    if check_mode:
        made = os.path.lexists(settings.account_key)
        return Account(thumbprint(settings) if made else NO_THUMBPRINT, "", changed=True)
    with _alone(settings.account_key):
        known = _remembered(settings)  # another process may have been faster
        uri = known or sign_in(settings).registration.uri
    return Account(thumbprint(settings), uri, changed=known is None)


def thumbprint(settings: Settings) -> str:
    """The thumbprint of the account key that is there."""
    from josepy import b64

    return str(b64.b64encode(_jwk(settings.account_key).thumbprint()).decode())


def look(settings: Settings) -> None:
    """Raise AcmeError unless the server answers with its directory: one request, without an account."""
    from acme import client

    from ._acme_failures import told
    from ._acme_network import Network

    with told(settings):
        client.ClientV2.get_directory(settings.directory, Network(settings, None))


def sign_in(settings: Settings) -> Session:
    """Register the account, or find it registered: one request either way. Raises AcmeError."""
    from acme import client

    from ._acme_failures import told
    from ._acme_network import Network

    key = _jwk(settings.account_key)
    network = Network(settings, key)
    with told(settings, f"the CA at {settings.directory} refuses the account: "):
        directory = client.ClientV2.get_directory(settings.directory, network)
        known = _remembered(settings) is not None
        if not known:
            _check_terms(settings, directory)
        registration = _register(settings, client.ClientV2(directory, network), known)
    _remember(settings, registration.uri)
    return Session(directory, registration, key)


def _register(settings: Settings, acme: Any, known: bool) -> Any:
    from acme import errors, messages

    contact = tuple(f"mailto:{address}" for address in settings.contact)
    wanted = messages.NewRegistration(contact=contact, terms_of_service_agreed=settings.terms_agreed or known)
    try:
        return acme.new_account(wanted)
    except errors.ConflictError as there:
        registration = messages.RegistrationResource(uri=there.location, body=wanted)
        acme.net.account = registration
        if known:
            return registration
        return acme.update_registration(registration, messages.Registration(contact=contact))


def _check_terms(settings: Settings, directory: Any) -> None:
    # "meta" may be missing (RFC 8555 section 7.1.1)
    terms = getattr(getattr(directory, "meta", None), "terms_of_service", None)
    if terms and not settings.terms_agreed:
        raise AcmeError(
            f"the CA asks you to agree to its terms of service, {terms}; when you do, say terms_agreed: true "
            "(in the role https_acme_terms_agreed: true)"
        )


def _jwk(path: Path) -> Any:
    """The account key. Raises Error that names the file."""
    from josepy.jwk import JWKEC, JWKRSA

    key = keys.load(_key_pem(path), str(path))
    key_type = keys.key_type_of(key)
    if key_type != "ecdsa-p256" and not key_type.startswith("rsa-"):
        raise ArgumentError(f"{path}: an ACME account key of type {key_type}; allowed are ecdsa-p256 (as is made by default) and rsa")
    return JWKEC(key=key) if key_type == "ecdsa-p256" else JWKRSA(key=key)


def _key_pem(path: Path) -> bytes:
    """The account key; made when there is none."""
    with contextlib.suppress(FileExistsError):
        _make_key(path)
    return files.read_private(str(path), replaceable=False)


def _make_key(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(path)
    _make_directory(path.parent)
    files.write_private(str(path), keys.encode(keys.generate("ecdsa-p256")))


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        files.make_private_directory(str(path))


@contextlib.contextmanager
def _alone(key: Path) -> Iterator[None]:
    """One process at a time: Ansible runs many hosts' actions at once."""
    _make_directory(key.parent)
    descriptor = os.open(key.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remembered(settings: Settings) -> str | None:
    """URL of the account, if the server, contact and key are those that were registered."""
    text = files.read(str(settings.account_key.with_suffix(".json")))
    if text is None or not os.path.lexists(settings.account_key):
        return None
    try:
        known = json.loads(text)
        same = known["directory"] == settings.directory and known["contact"] == list(settings.contact)
        return str(known["uri"]) if same and known["thumbprint"] == thumbprint(settings) else None
    except (ValueError, KeyError, TypeError):
        return None


def _remember(settings: Settings, uri: str) -> None:
    known = {
        "directory": settings.directory,
        "uri": uri,
        "contact": list(settings.contact),
        "thumbprint": thumbprint(settings),
    }
    text = json.dumps(known, indent=2) + "\n"
    files.write_private(str(settings.account_key.with_suffix(".json")), text.encode())
