# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an ACME server: retried where that helps, failing with errors that a person can act on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import josepy.errors
import requests
from acme import client, errors, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import AcmeError, OutageError
from ._acme_settings import Settings

USER_AGENT = "encrypt.httpd"
#: Seconds for one request.
REQUEST_TIMEOUT = 30
#: A server that refuses this many fresh nonces in a row does not work.
MAX_NONCES = 10
#: Attempts for what may pass: resets, 5xx, 429.
MAX_ATTEMPTS = 5
#: Seconds; a server that asks for a longer pause is told about instead of waited for.
MAX_PAUSE = 60.0
#: What reading an answer raises that is not as RFC 8555 says: acme, josepy and json have no ancestor in common.
UNREADABLE = (errors.Error, josepy.errors.Error, requests.RequestException, ValueError, LookupError, TypeError, AttributeError)


class Network(client.ClientNetwork):
    """The network half of the ``acme`` client. One for each thread: its nonces are not shared."""

    def __init__(self, settings: Settings, key: Any, account: Any = None, pause: Callable[[float], None] = time.sleep) -> None:
        from josepy.jwa import ES256, RS256
        from josepy.jwk import JWKRSA

        # requests takes a path here, too
        verify: Any = settings.ca_bundle or True
        algorithm = RS256 if isinstance(key, JWKRSA) else ES256
        super().__init__(key, account, alg=algorithm, verify_ssl=verify, user_agent=USER_AGENT, timeout=REQUEST_TIMEOUT)
        self._settings = settings
        self._pause = pause
        self._last: requests.Response | None = None

    def get(self, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        """As acme's, with retries. Raises AcmeError."""
        return self._persistently(url, lambda: client.ClientNetwork.get(self, url, *args, **kwargs))

    def post(self, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        """As acme's, with retries, each with a nonce of its own. Raises AcmeError, or messages.Error for a CA's refusal."""
        return self._persistently(url, lambda: self._post_once(url, *args, **dict(kwargs)))

    def _send_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        self._last = None
        self._last = super()._send_request(method, url, *args, **kwargs)
        return self._last

    @classmethod
    def _check_response(cls, response: requests.Response, content_type: str | None = None) -> requests.Response:
        if response.status_code == 409:  # acme would drop the problem that it comes with
            raise messages.Error.from_json(response.json())
        return super()._check_response(response, content_type)

    def _persistently(self, url: str, once: Callable[[], requests.Response]) -> requests.Response:
        nonces = attempts = 0
        while True:
            try:
                return once()
            except messages.Error as error:
                if error.code == "badNonce" and nonces < MAX_NONCES:
                    nonces += 1
                    continue
                wait = self._wait(attempts)
                if wait is None:
                    raise
            except (errors.ClientError, requests.RequestException) as error:
                wait = self._wait(attempts)
                if wait is None or isinstance(error, requests.exceptions.SSLError):
                    raise self._told(url, error) from error
            attempts += 1
            self._pause(wait)

    def _wait(self, attempts: int) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        status = self._last.status_code if self._last is not None else 0
        if (status and status != 429 and status < 500) or attempts + 1 >= MAX_ATTEMPTS:
            return None
        asked = retry_after(self._last) if self._last is not None else None
        if asked is not None and asked > MAX_PAUSE:
            return None
        return asked if asked is not None else random.uniform(0.5, 1.0) * 0.4 * 2**attempts

    def _told(self, url: str, error: Exception) -> Error:
        if isinstance(error, requests.exceptions.SSLError):
            bundle = self._settings.ca_bundle
            hint = f"{bundle} does not hold its CA" if bundle else "for a private CA name its root with ca_bundle"
            return AcmeError(f"the TLS certificate of the ACME server {url} is not trusted; {hint}")
        if isinstance(error, requests.RequestException):
            return OutageError(f"the ACME server {url} cannot be reached: {_cause(error)}; check acme_directory and the network")
        status = self._last.status_code if self._last is not None else "no status"
        kind = self._last.headers.get("Content-Type", "nothing") if self._last is not None else "nothing"
        return AcmeError(f"{url} answers {status} with {kind} instead of ACME's JSON; check acme_directory")


def _cause(error: BaseException) -> str:
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


def retry_after(response: requests.Response) -> float | None:
    """Seconds that a response asks to wait (RFC 9110 10.2.3: seconds or a date in any zone); None when it does not."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0.0, (aware - datetime.now(timezone.utc)).total_seconds())


def nonsense(server: str, error: Exception) -> str:
    """The words for one of UNREADABLE."""
    return f"{server} gave an answer that is not ACME's ({type(error).__name__}: {error}); check acme_directory"


def kind_of(error: Any) -> str:
    """The last word of a problem's type, such as "rateLimited"; acme's own "code" knows a part of them alone."""
    return str(error.typ or "").rpartition(":")[2]


def explain(error: Any) -> str:
    """A problem document (RFC 7807) in words, with its subproblems by name (RFC 8555 section 6.7.1)."""
    kind = kind_of(error)
    text = f"{error.detail or error.title or 'no detail'} ({kind})" if kind else str(error.detail)
    for problem in error.subproblems or ():
        name = problem.identifier.value if problem.identifier else "?"
        text += f"; {name}: {explain(problem)}"
    return text
