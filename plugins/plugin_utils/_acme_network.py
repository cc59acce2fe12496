# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an ACME server, made again where that helps."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from typing import Any

import requests
from acme import client, errors, messages

from ._acme_errors import OutageError, RateLimitedError
from ._acme_failures import UNREADABLE, code, failure, retry_after
from ._acme_retry import wait
from ._acme_settings import Settings
from ._acme_transport import InTime

USER_AGENT = "encrypt.httpd"
#: Seconds for a connection, and for the answer to one request.
CONNECT_TIMEOUT, ANSWER_TIMEOUT = 10.0, 30.0
#: A server that refuses this many fresh nonces is treated as one that fails.
MAX_NONCES = 10


class Network(client.ClientNetwork):
    """The network half of the ``acme`` client. One for each thread: its nonces are not shared.

    *deadline*, of time.monotonic(), bounds all attempts of all requests; while it is None each request has the time of an order.
    """

    def __init__(self, settings: Settings, key: Any, account: Any = None, pause: Callable[[float], None] = time.sleep) -> None:
        from josepy.jwa import ES256, RS256
        from josepy.jwk import JWKRSA

        # requests takes a path here, too
        verify: Any = settings.ca_bundle or True
        algorithm = RS256 if isinstance(key, JWKRSA) else ES256
        super().__init__(key, account, alg=algorithm, verify_ssl=verify, user_agent=USER_AGENT)
        self.session.mount("https://", InTime())
        self.deadline: float | None = None
        self._settings = settings
        self._pause = pause
        self._end = 0.0
        self._last: requests.Response | None = None

    def get(self, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        """As acme's, persistently. Raises AcmeError, or messages.Error for a CA's refusal that another attempt would not change."""
        return self._persistently(lambda: client.ClientNetwork.get(self, url, *args, **kwargs))

    def post(self, url: str, *args: Any, limits_stand: bool = False, **kwargs: Any) -> requests.Response:
        """See get. Each attempt has a nonce of its own. A 429 that tells no time is not tried again when *limits_stand*."""
        return self._persistently(lambda: self._post_once(url, *args, **dict(kwargs)), limits_stand)

    def _persistently(self, once: Callable[[], requests.Response], limits_stand: bool = False) -> requests.Response:
        self._end = time.monotonic() + self._settings.timeout if self.deadline is None else self.deadline
        attempts = nonces = 0
        while True:
            try:
                return once()
            except UNREADABLE as error:
                if code(error) == "badNonce" and nonces < MAX_NONCES and self._last is not None:
                    nonces += 1
                    self._add_nonce(self._last)
                    continue
                attempts += 1
                told = failure(self._settings, error, self._last)
                asked = None if self._last is None else retry_after(self._last)
                final = limits_stand and asked is None and isinstance(told, RateLimitedError)
                passes = isinstance(told, OutageError) and not final
                pause = wait(attempts, asked, self._end - time.monotonic(), random.random()) if passes else None
                if told is error:
                    raise
                if pause is None:
                    raise told from error
            self._pause(pause)

    def _send_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        self._last = None
        left = max(self._end - time.monotonic(), 0.1)
        kwargs["timeout"] = (min(CONNECT_TIMEOUT, left), min(ANSWER_TIMEOUT, left))
        self._last = super()._send_request(method, url, *args, **kwargs)
        return self._last

    @classmethod
    def _check_response(cls, response: requests.Response, content_type: str | None = None) -> requests.Response:
        # acme takes each 409 for an account that is there already; others are problems, such as alreadyReplaced (RFC 9773 section 7.4)
        if response.status_code == 409 and "Location" not in response.headers:
            raise messages.Error.from_json(response.json())
        return super()._check_response(response, content_type)

    def _add_nonce(self, response: requests.Response) -> None:
        # What was done is done, with a nonce in the answer or without: the next request can ask for one.
        with contextlib.nullcontext() if response.request.method == "HEAD" else contextlib.suppress(errors.NonceError):
            super()._add_nonce(response)
