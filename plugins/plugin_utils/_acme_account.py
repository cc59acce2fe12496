# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ACME account: there when it is needed, remembered so that most runs need no request, deactivated when it is not wanted any more."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

from . import _acme_rollover as rollover
from ._acme_errors import DeactivatedError, OutageError
from ._acme_key import alone, is_there, load, read, thumbprint_of
from ._acme_network import Network
from ._acme_registration import Remembered, connect, elsewhere, find, register, remember, remembered, telling, update_contact
from ._acme_settings import Settings

#: What stands for the thumbprint in check mode, while there is no key yet.
NO_THUMBPRINT = "made-with-the-account-key"


@dataclass(frozen=True)
class Account:
    """Thumbprint of the key (RFC 7638), URL of the account, and whether it was (or would be) registered or changed.

    *note* is what a person should know.
    """

    thumbprint: str
    uri: str
    changed: bool
    note: str = ""


@dataclass(frozen=True)
class Session:
    """All that an ACME client of any thread needs."""

    directory: Any
    registration: Any
    key: Any = field(repr=False)
    #: Whether the CA knows something new now.
    changed: bool = False

    def client(self, settings: Settings) -> client.ClientV2:
        """A client for one thread."""
        return client.ClientV2(self.directory, Network(settings, self.key, self.registration))


def account(settings: Settings, *, check_mode: bool, rekey: bool = False) -> Account:
    """The account; key and registration are made when there are none, and a new key when *rekey* says so. Raises Error."""
    path = settings.account_key
    if path is None:
        return _of_variable(settings, check_mode, rekey)
    if rekey and elsewhere(settings):
        others = " and ".join(elsewhere(settings))
        raise ArgumentError(
            f"rekey: {path} is registered at {others}, too, where it would stay the key; deactivate that account first, with state: absent "
            "and that acme_directory"
        )
    known = None if rekey else _known(settings, path)
    if known is None and check_mode:
        return Account(predicted_thumbprint(path, rekey), "", changed=True)
    if known is None:
        with alone(settings):
            known = None if rekey else _known(settings, path)  # another process may have been faster
            known = known or _renewed(settings, path, rekey)
    return known


def thumbprint(settings: Settings) -> str:
    """The thumbprint of the account key that is there, or waits to take its place; made when there is none."""
    path = settings.account_key
    waits = path is not None and rollover.is_unfinished(path)
    return predicted_thumbprint(path) if path is not None and waits else thumbprint_of(load(settings))


def look(settings: Settings) -> None:
    """Raise AcmeError unless the server answers with its directory: one request, without an account."""
    with telling(settings):
        client.ClientV2.get_directory(settings.directory, Network(settings, None))


def sign_in(settings: Settings) -> Session:
    """Find the account registered, or register it: one request for what is registered. Raises AcmeError."""
    _settle(settings)
    session, registered = _signed_in(settings)
    if registered != remembered(settings):
        with alone(settings):
            remember(settings, registered)
    return session


def _signed_in(settings: Settings) -> tuple[Session, Remembered]:
    """See sign_in; with what is to be remembered."""
    key, before = load(settings), remembered(settings)
    mine = before is not None and before.thumbprint == thumbprint_of(key)
    with telling(settings):
        acme = connect(settings, key)
        registration, changed = find(acme, settings), False
        if registration is None:
            registration, changed = register(acme, settings, agreed=mine)
        elif before is None or not mine or before.contact != list(settings.contact):
            changed = update_contact(acme, settings, registration)
    registered = Remembered(settings.directory, registration.uri, list(settings.contact), thumbprint_of(key))
    return Session(acme.directory, registration, key, changed), registered


def existing(settings: Settings) -> Session | None:
    """The account, if there is one that the CA takes requests of; none is made."""
    if not is_there(settings):
        return None
    try:
        _settle(settings)
        with telling(settings):
            acme = connect(settings, load(settings))
            found = find(acme, settings)
    except DeactivatedError:
        return None
    return Session(acme.directory, found, acme.net.key) if found else None


def predicted_thumbprint(path: Path, rekey: bool = False) -> str:
    """The thumbprint after a run: of the key that is there, or waits to take its place."""
    there = [one for one in (rollover.next_of(path), path) if os.path.lexists(one)]
    return thumbprint_of(read(there[0])) if there and not rekey else NO_THUMBPRINT


def _settle(settings: Settings) -> None:
    """Finish what a run that was cut off had begun."""
    path = settings.account_key
    if path is not None and rollover.is_unfinished(path):
        with alone(settings):
            if rollover.is_unfinished(path):
                rollover.finish(settings, path)


def _known(settings: Settings, path: Path) -> Account | None:
    """The account, if the server, contact and key are those that were registered."""
    before = remembered(settings)
    if before is None or rollover.is_unfinished(path) or not os.path.lexists(path):
        return None
    mine = thumbprint(settings)
    same = (before.contact, before.thumbprint) == (list(settings.contact), mine)
    return Account(mine, before.uri, changed=False) if same else None


def _renewed(settings: Settings, path: Path, rekey: bool) -> Account:
    """Registered, or with what is new about it. Only one process at a time."""
    if rekey:
        rollover.begin(path)
    if rollover.is_unfinished(path):
        rollover.finish(settings, path)
    _session, registered = _signed_in(settings)
    remember(settings, registered)
    return Account(registered.thumbprint, registered.uri, changed=True)


def _of_variable(settings: Settings, check_mode: bool, rekey: bool) -> Account:
    """The account whose key is written nowhere, so that the CA has to be asked each time; one that is out of reach is no failure."""
    if rekey:
        raise ArgumentError(
            "account_key_content: a new key could not be put in the place of a variable; write the key to a file, name that as "
            "account_key, and put what the file has then into the variable"
        )
    key = load(settings)
    try:
        if check_mode:
            with telling(settings):
                found = find(connect(settings, key), settings)
            return Account(thumbprint_of(key), found.uri if found else "", changed=found is None)
        session = sign_in(settings)
    except OutageError as outage:
        return Account(thumbprint_of(key), "", changed=False, note=f"whether the account is registered is not known: {outage}")
    return Account(thumbprint_of(key), session.registration.uri, session.changed)
