# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in talking to an ACME server, as one of _acme_errors: the one place that knows what other packages raise."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import josepy.errors
import requests
from acme import errors, messages
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import (
    AcmeError,
    NotAcmeError,
    Problem,
    RateLimitedError,
    RefusedError,
    ServerFailureError,
    TimedOutError,
    UnreachableError,
    UntrustedError,
)
from ._acme_retry import asked_pause
from ._acme_settings import Settings

#: What reading an answer raises that is not as RFC 8555 says: acme, josepy and json have no ancestor in common.
UNREADABLE = (errors.Error, josepy.errors.Error, requests.RequestException, ValueError, LookupError, TypeError, AttributeError)
#: Of requests: no answer came, or not all of it.
CUT_OFF = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@contextlib.contextmanager
def told(settings: Settings, what: str = "") -> Iterator[None]:
    """Whatever goes wrong with the server is raised as AcmeError. *what* begins the text of a refusal."""
    try:
        yield
    except messages.Error as error:
        raise RefusedError(what, problem(error)) from error
    except UNREADABLE as error:
        text = f"the ACME server {settings.directory} gave an answer that is not ACME's ({type(error).__name__}: {error})"
        raise NotAcmeError(f"{text}; check acme_directory") from error


@contextlib.contextmanager
def not_of_the_ca(what: str) -> Iterator[None]:
    """What goes wrong within is a mistake of ours or of a library, and raised as Error that says so; Error stays as it is."""
    try:
        yield
    except Error:
        raise
    except Exception as error:
        raise Error(f"{what} failed by a mistake that is not the CA's ({type(error).__name__}: {error})") from error


def failure(settings: Settings, error: Exception, answer: requests.Response | None) -> Exception:
    """What the error of one attempt is to callers; a messages.Error that no other attempt would change stays as it is.

    Texts name the server, not the resource: orders that fail for the same reason are told of in one line.
    """
    server = f"the ACME server {settings.directory}"
    if answer is None:
        return _no_answer(server, settings.ca_bundle, error)
    asked = retry_after(answer)
    until = None if asked is None else datetime.now(timezone.utc) + timedelta(seconds=asked)
    said = f": {explain(error)}" if isinstance(error, messages.Error) else ""
    said += f"; ask again after {until:%Y-%m-%d %H:%M} UTC" if until else ""
    if answer.status_code == 429 or code(error) == "rateLimited":
        return RateLimitedError(f"{server} limits requests{said}", until)
    if answer.status_code >= 500 or code(error) == "badNonce":
        return ServerFailureError(f"{server} fails with status {answer.status_code}{said}", until)
    if isinstance(error, errors.NonceError):
        return ServerFailureError(f"{server} gives no nonce")
    if isinstance(error, (messages.Error, errors.ConflictError)):
        return error
    kind = answer.headers.get("Content-Type", "nothing")
    return NotAcmeError(f"{server} answers {answer.status_code} with {kind} instead of ACME's JSON; check acme_directory")


def _no_answer(server: str, ca_bundle: str | None, error: Exception) -> AcmeError:
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = f"{ca_bundle} does not hold its CA" if ca_bundle else "for a private CA name its root with ca_bundle"
        return UntrustedError(f"the TLS certificate of {server} is not trusted; {hint}")
    if isinstance(error, requests.Timeout) or isinstance(cause, TimeoutError):
        return TimedOutError(f"{server} gave no answer in time")
    if isinstance(error, CUT_OFF):
        why = str(cause) or type(cause).__name__
        return UnreachableError(f"{server} cannot be reached: {why}; check acme_directory and the network")
    return NotAcmeError(f"{server} led to an address that cannot be asked ({error}); check acme_directory")


def retry_after(answer: requests.Response) -> float | None:
    """Seconds that an answer asks to wait, by its own date if it has one; None when it does not ask."""
    now = datetime.now(timezone.utc)
    with contextlib.suppress(ValueError, KeyError):
        now = parsedate_to_datetime(answer.headers["Date"])
    return asked_pause(answer.headers.get("Retry-After", ""), now)


def problem(error: Any) -> Problem:
    """The data of a messages.Error."""
    name = error.identifier.value if error.identifier else ""
    detail = str(error.detail or error.title or "no detail")
    return Problem(code(error), detail, name, tuple(problem(one) for one in error.subproblems or ()))


def code(error: Any) -> str:
    """The end of the type of a problem, also of one that ``acme`` does not know, such as alreadyReplaced; "" of other errors."""
    return str(error.typ or "").rpartition(":")[2] if isinstance(error, messages.Error) else ""


def explain(error: Any) -> str:
    """A messages.Error in words, with a line for each name."""
    return str(problem(error))
