# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask an ACME server for a new order (RFC 8555 section 7.4), with what ``acme`` cannot say."""

from __future__ import annotations

from collections.abc import Callable

import josepy.json_util
import requests
from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_request, names_of
from ansible_collections.encrypt.httpd.plugins.module_utils._names import is_address

from ._acme_errors import ServerFailureError
from ._acme_failures import code
from ._acme_refusals import asks_to_wait
from ._issuers import SigningRequest

#: How servers refuse an order because of what it replaces. Some even fail over it.
REPLACES_NOT = ("alreadyReplaced", "conflict", "malformed", "notFound", "serverInternal", "unauthorized")


class NewOrder(messages.NewOrder):
    """With the certificate that the new one replaces (RFC 9773 section 5)."""

    replaces: str | None = josepy.json_util.field("replaces", omitempty=True)


def new_order(
    acme: client.ClientV2, request: SigningRequest, profile: str, allow: Callable[[bool], None] = lambda _replaces: None
) -> requests.Response:
    """The answer, with the order and its Location. What it shall replace is told to servers that renew by suggestion alone.

    *allow* is told before each attempt whether it replaces, and raises Error when it must not be.
    """
    names = names_of(load_request(request.csr.encode(), request.name))
    order = NewOrder(identifiers=[_identifier(name) for name in names], profile=profile or None)
    if request.replaces and "renewalInfo" in acme.directory.to_partial_json():
        allow(True)
        try:
            return _post(acme, order.update(replaces=request.replaces))
        except (messages.Error, ServerFailureError) as error:
            if asks_to_wait(error) or code(error.__cause__ or error) not in REPLACES_NOT:
                raise  # else it has been replaced already, or the server does not know it
    allow(False)
    return _post(acme, order)


def _post(acme: client.ClientV2, order: NewOrder) -> requests.Response:
    """A CA that has had enough and tells no time is not asked again: orders that try again side by side are what it has enough of."""
    return acme.net.post(acme.directory["newOrder"], order, new_nonce_url=acme.directory["newNonce"], limits_stand=True)


def _identifier(name: str) -> messages.Identifier:
    """RFC 8555 section 9.7.7; RFC 8738 for IP addresses."""
    return messages.Identifier(typ=messages.IDENTIFIER_IP if is_address(name) else messages.IDENTIFIER_FQDN, value=name)
