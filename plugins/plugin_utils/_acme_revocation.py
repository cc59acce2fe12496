# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have certificates revoked by the ACME server that signed them (RFC 8555 section 7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_chain
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_account import sign_in
from ._acme_network import UNREADABLE, Network, explain, nonsense
from ._acme_settings import Settings

#: Reasons that an ACME server takes from a subscriber, and their codes (RFC 5280 section 5.3.1).
REASONS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
}


@dataclass(frozen=True)
class Outcome:
    """What became of each certificate, by name; *refused* tells why."""

    revoked: tuple[str, ...]
    already: tuple[str, ...]
    refused: Mapping[str, str]


def revoke(settings: Settings, chains: Mapping[str, str], reason: str) -> Outcome:
    """Revoke the leaf of each chain (PEM, by name). One that the CA refuses does not stop the others.

    Raises Error when the CA cannot be asked at all.
    """
    session = sign_in(settings)
    acme = client.ClientV2(session.directory, Network(settings, session.key, session.registration))
    revoked, already, refused = [], [], {}
    for name, chain in chains.items():
        try:
            acme.revoke(load_chain(chain.encode(), name)[0], REASONS[reason])
            revoked.append(name)
        except messages.Error as error:
            if error.code == "alreadyRevoked":
                already.append(name)
            else:
                refused[name] = explain(error)
        except Error as error:
            refused[name] = str(error)
        except UNREADABLE as error:
            refused[name] = nonsense(settings.directory, error)
    return Outcome(tuple(revoked), tuple(already), refused)
