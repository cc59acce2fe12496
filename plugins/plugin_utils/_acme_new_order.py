# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ACME server is told to make an order (RFC 8555 section 7.4)."""

from __future__ import annotations

from collections.abc import Sequence

import josepy.json_util
from acme import messages
from ansible_collections.encrypt.httpd.plugins.module_utils._names import is_address


class NewOrder(messages.NewOrder):
    """With the certificate that the new one replaces (RFC 9773 section 5), which ``acme`` has not."""

    replaces: str | None = josepy.json_util.field("replaces", omitempty=True)


def new_order(names: Sequence[str], replaces: str, profile: str) -> NewOrder:
    """An order for these names; *replaces* and *profile* are left out when they are empty."""
    identifiers = [messages.Identifier(typ=_type_of(name), value=name) for name in names]
    return NewOrder(identifiers=identifiers, replaces=replaces or None, profile=profile or None)


def _type_of(name: str) -> messages.IdentifierType:
    """RFC 8555 section 9.7.7; RFC 8738 for IP addresses."""
    return messages.IDENTIFIER_IP if is_address(name) else messages.IDENTIFIER_FQDN
