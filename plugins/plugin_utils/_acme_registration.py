# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the CA knows of an account (RFC 8555 section 7.3), and what the controller remembers of that."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files

from ._acme_binding import proof
from ._acme_errors import AcmeError, DeactivatedError
from ._acme_failures import told
from ._acme_key import KNOWN, beside, place_of
from ._acme_network import Network
from ._acme_settings import Settings


@dataclass(frozen=True)
class Remembered:
    """A registration, as it lies beside the account key; the key may have one at several servers."""

    directory: str
    uri: str
    contact: list[str]
    thumbprint: str


def remembered(settings: Settings) -> Remembered | None:
    """What was registered last at this server with the key file; None when that is not known."""
    return next((one for one in _all(settings) if one.directory == settings.directory), None)


def elsewhere(settings: Settings) -> list[str]:
    """The other servers that the key file is registered at."""
    return [one.directory for one in _all(settings) if one.directory != settings.directory]


def remember(settings: Settings, registration: Remembered | None) -> None:
    """Keep it beside the key file, or none of this server; only by who is alone. What is in a variable is remembered nowhere."""
    before = _all(settings)
    others = [one for one in before if one.directory != settings.directory]
    after = [*others, registration] if registration else others
    if settings.account_key and after != before:
        path = str(beside(settings.account_key, KNOWN))
        text = json.dumps([asdict(one) for one in after], indent=2) + "\n"
        files.write_private(path, text.encode()) if after else files.remove(path)


def _all(settings: Settings) -> list[Remembered]:
    text = files.read(str(beside(settings.account_key, KNOWN))) if settings.account_key else None
    try:
        told = json.loads(text or b"[]")
        several = [told] if isinstance(told, dict) else told  # one alone, as it was written before there were several
        return [Remembered(*(one[name] for name in ("directory", "uri", "contact", "thumbprint"))) for one in several]
    except (ValueError, KeyError, TypeError):
        return []


def telling(settings: Settings) -> AbstractContextManager[None]:
    """What goes wrong with the server about an account is raised as AcmeError."""
    return told(settings, f"the CA at {settings.directory} refuses the account: ")


def connect(settings: Settings, key: Any) -> client.ClientV2:
    """A client that speaks with *key*, and has no account yet."""
    network = Network(settings, key)
    return client.ClientV2(client.ClientV2.get_directory(settings.directory, network), network)


def find(acme: client.ClientV2, settings: Settings) -> messages.RegistrationResource | None:
    """The account of the client's key, as which it speaks from now on; None when the CA knows none. Raises DeactivatedError."""
    try:
        return _ask(acme, settings, messages.NewRegistration(only_return_existing=True))[0]
    except messages.Error as error:
        if error.code == "accountDoesNotExist":
            return None
        raise


def register(acme: client.ClientV2, settings: Settings, *, agreed: bool) -> tuple[messages.RegistrationResource, bool]:
    """Register the client's key, and tell whether nobody else did meanwhile. *agreed* is whether its terms were agreed to before."""
    meta = getattr(acme.directory, "meta", None)  # may be missing (RFC 8555 section 7.1.1)
    terms = getattr(meta, "terms_of_service", None)
    if terms and not (settings.terms_agreed or agreed):
        raise AcmeError(
            f"the CA asks you to agree to its terms of service, {terms}; when you do, say terms_agreed: true "
            "(in the role https_acme_terms_agreed: true)"
        )
    if getattr(meta, "external_account_required", False) and settings.binding is None:
        raise AcmeError(
            f"the CA at {settings.directory} takes no account without an external account binding; have it give you a key identifier "
            "and HMAC key, and say binding: with kid and hmac (in the role https_acme_binding)"
        )
    binding = proof(settings.binding, acme.net.key, acme.directory["newAccount"]) if settings.binding else None
    wanted = {"terms_of_service_agreed": settings.terms_agreed or agreed, "external_account_binding": binding}
    return _ask(acme, settings, messages.NewRegistration(contact=contact_of(settings), **wanted))


def update_contact(acme: client.ClientV2, settings: Settings, before: messages.RegistrationResource) -> bool:
    """Tell the CA who to write to, if it knows others. Returns whether it has something new then: some keep no addresses."""
    if tuple(before.body.contact or ()) == contact_of(settings):
        return False
    after = post(acme, before.uri, messages.UpdateRegistration(contact=contact_of(settings))).json()
    return tuple(after.get("contact") or ()) != tuple(before.body.contact or ())


def contact_of(settings: Settings) -> tuple[str, ...]:
    """As URLs."""
    return tuple(f"mailto:{address}" for address in settings.contact)


def post(acme: client.ClientV2, url: str, body: Any) -> Any:
    """A signed request; gives the response."""
    return acme.net.post(url, body, new_nonce_url=acme.directory["newNonce"])


def _ask(acme: client.ClientV2, settings: Settings, wanted: messages.NewRegistration) -> tuple[messages.RegistrationResource, bool]:
    try:
        response = post(acme, acme.directory["newAccount"], wanted)
    except messages.Error as error:
        if error.code == "unauthorized" and "deactivated" in str(error.detail):
            raise deactivated(settings) from error
        raise
    body = messages.Registration.from_json(response.json())
    if str(body.status) == "deactivated":
        raise deactivated(settings)
    acme.net.account = messages.RegistrationResource(uri=response.headers["Location"], body=body)
    return acme.net.account, response.status_code == 201


def deactivated(settings: Settings) -> DeactivatedError:
    """The error for an account that was deactivated."""
    remedy = "run acme_account with state: absent, which puts its key away, and the next run makes another account"
    if settings.account_key is None:
        remedy = "give another key"
    return DeactivatedError(f"the account of {place_of(settings)} at {settings.directory} was deactivated, for good; {remedy}")
