# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revocation by the keys of certificates themselves, which stay on their host (RFC 8555 section 7.6). No account is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import requests
from acme import client, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import AcmeError
from ._acme_failures import told
from ._acme_network import MAX_NONCES, Network
from ._acme_settings import Settings

#: A name, and a chain in PEM whose leaf is meant. A name may have several.
Named = tuple[str, str]
#: Runs the module revocation_request on the host: its option "requests", and what it returns of that name. Raises Error.
Sign = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


class UndecidedError(Exception):
    """Nothing came of it yet; there is another way to ask."""


class Courier(Network):
    """Carries what was signed elsewhere."""

    def nonce(self, url: str) -> str:
        """A nonce for one request."""
        return self._persistently(lambda: self._check_response(self.head(url))).headers[self.REPLAY_NONCE_HEADER]

    def carry(self, url: str, signed: dict[str, str]) -> None:
        """Post it. Raises UndecidedError when its nonce is not taken, so that it has to be signed once more."""

        def once() -> requests.Response:
            try:
                headers = {"Content-Type": self.JOSE_CONTENT_TYPE}
                return self._check_response(self._send_request("POST", url, data=json.dumps(signed), headers=headers))
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
                raise UndecidedError from error

        self._persistently(once)


class KeyRevocation:
    """Has certificates revoked, for the reason of a code; *settle* notes what becomes of each, also when none can be asked for."""

    def __init__(self, settings: Settings, reason: int, sign: Sign, settle: Callable[[str, Callable[[], object]], None]) -> None:
        self._settings = settings
        self._reason = reason
        self._sign = sign
        self._settle = settle
        self._network = Courier(settings, None)

    def revoke(self, chains: Sequence[Named]) -> None:
        """The host is asked once for all, and once more for those whose nonces are not taken."""
        why = f"the CA takes none of {MAX_NONCES} fresh nonces"
        try:
            with told(self._settings):
                directory = client.ClientV2.get_directory(self._settings.directory, self._network)
                self._url, self._nonces = directory["revokeCert"], directory["newNonce"]
            for _round in range(MAX_NONCES):
                chains = self._ask(chains) if chains else []
        except Error as error:
            why = str(error)
        for name, _pem in chains:
            self._settle(name, partial(_fail, why))

    def _ask(self, chains: Sequence[Named]) -> list[Named]:
        """Those that are undecided. Raises Error before any is decided."""
        with told(self._settings):
            asked = [self._request(name, pem) for name, pem in chains]
        signed = self._sign(asked)
        undecided: list[Named] = []
        for one, answer in zip(chains, signed, strict=True):
            try:
                self._settle(one[0], partial(self._carry, answer))
            except UndecidedError:
                undecided.append(one)
        return undecided

    def _request(self, name: str, pem: str) -> dict[str, Any]:
        nonce = self._network.nonce(self._nonces)
        return {"name": name, "certificate": pem, "reason": self._reason, "url": self._url, "nonce": nonce}

    def _carry(self, answer: dict[str, Any]) -> None:
        if answer["problem"]:
            _fail(f"{answer['problem']}, and the controller has no account that may revoke it")
        self._network.carry(self._url, answer["signed"])


def _fail(told: str) -> None:
    raise AcmeError(told)
