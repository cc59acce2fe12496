# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new key for the account (RFC 8555 section 7.3.5).

The new key lies beside the old one before the CA is asked, and takes its place when the CA has it. A run that was cut off in
between is finished by the next one, which finds out which of the two the CA knows.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from acme import client, errors, jws, messages
from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files

from ._acme_errors import AcmeError, OutageError
from ._acme_key import NEXT, beside, make, read, thumbprint_of
from ._acme_registration import connect, elsewhere, find, post, remember, remembered, telling
from ._acme_settings import Settings


def next_of(path: Path) -> Path:
    """Where the key lies that shall take the place of the one at *path*."""
    return beside(path, NEXT)


def is_unfinished(path: Path) -> bool:
    """Whether a new key waits for the place of the one at *path*."""
    return os.path.lexists(next_of(path))


def begin(path: Path) -> None:
    """Make the new key, unless one waits already."""
    with contextlib.suppress(FileExistsError):
        make(next_of(path))


def finish(settings: Settings, path: Path) -> None:
    """Have the CA take the key that waits, unless it has, and put it in the place of the one at *path*.

    Raises AcmeError: when the CA refuses, the old key stays and none waits any more; when it is out of reach, the key waits on.
    """
    others = elsewhere(settings)
    if others:  # it was begun there: none is begun while there are several
        raise AcmeError(f"a new account key waits until {others[0]} has it; have acme_account run with that acme_directory")
    with telling(settings):
        acme = connect(settings, read(next_of(path)))
        registration = find(acme, settings) or _change(acme, settings, path)
    before = remembered(settings)
    if before is not None:
        # When the CA knows neither key, what was agreed to before holds for the new one.
        uri = registration.uri if registration else before.uri
        remember(settings, replace(before, uri=uri, thumbprint=thumbprint_of(acme.net.key)))
    os.rename(next_of(path), path)
    files.sync_directory(str(path.parent))


def _change(acme: client.ClientV2, settings: Settings, path: Path) -> messages.RegistrationResource | None:
    """Have the key at *path* hand its account over to the one of *acme*; None when it has none."""
    former = connect(settings, read(path)) if os.path.lexists(path) else None
    registration = find(former, settings) if former else None
    if former is None or registration is None:
        return None
    url = getattr(former.directory, "keyChange", None)
    try:
        if url is None:
            raise AcmeError(f"the CA at {settings.directory} has no way to change the key of an account; the old one stays")
        post(former, url, _handover(registration.uri, former.net.key, acme.net, url))
    except (messages.Error, errors.ConflictError, AcmeError) as error:
        found = find(acme, settings)  # an answer that was lost on the way, and the next attempt refused
        if found is None and not isinstance(error, OutageError):
            files.remove(str(next_of(path)))
        if found is None:
            raise
    return registration


def _handover(account: str, old: Any, new: client.ClientNetwork, url: str) -> jws.JWS:
    """Signed by the new key; the request that carries it is signed by the old one."""
    payload = json.dumps({"account": account, "oldKey": old.public_key().to_partial_json()}).encode()
    signed: jws.JWS = jws.JWS.sign(payload, key=new.key, alg=new.alg, nonce=None, url=url)
    return signed
