# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes of an order that gives no certificate now: its answer, and what it means for other orders. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeGuard

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._acme_errors import OutageError, RateLimitedError, RefusedError
from ._acme_history import LONGEST
from ._issuers import Refused
from ._plan import Wait, set_of

#: How long to leave a CA alone that has had enough and does not say for how long.
UNTOLD = timedelta(minutes=5)


class DeferredError(Error):
    """It is not the turn of an order; *answer* tells until when."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def deferred_until(name: str, until: datetime, why: str) -> Refused:
    """The answer to the order of this name whose turn comes later."""
    return Refused(name, f"deferred until {until:%Y-%m-%d %H:%M} UTC, when a run orders it: {why}", passing=True, deferred=True)


def refused(name: str, error: Error | OSError, notes: Sequence[str] = ()) -> Refused:
    """The answer to the order of this name."""
    known = error if isinstance(error, Error) else None
    reason = "; ".join([str(error), *notes])
    return Refused(name, reason, passing=isinstance(error, OutageError), deferred=asks_to_wait(error), error=known)


def asks_to_wait(error: BaseException) -> TypeGuard[OutageError]:
    """Whether the CA asks to come again later: nothing is wrong with the order then."""
    return isinstance(error, RateLimitedError) or (isinstance(error, OutageError) and error.until is not None)


def is_unknown_account(error: object) -> bool:
    """Whether the CA does not know the account, and took no order."""
    return isinstance(error, RefusedError) and error.problem.code == "accountDoesNotExist"


def wait_of(error: OutageError, names: tuple[str, ...], now: datetime) -> Wait:
    """For how long a CA is left alone that asked to, by an order for these names."""
    return Wait(min(error.until or now + UNTOLD, now + LONGEST), _about(str(error), names))


def _about(text: str, names: tuple[str, ...]) -> str:
    """What a refusal of Let's Encrypt's server is about: the domain that it quotes, the set of names, or the account."""
    quoted = [name for name in re.findall(r'"([^"\s]+)"', text) if Wait(datetime.min, name).concerns(names)]
    return quoted[0] if quoted else set_of(names) if "exact set of" in text else ""
