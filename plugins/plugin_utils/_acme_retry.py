# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a request is made again. Pure: the clock and chance are passed in."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

#: Attempts in all for what may pass.
MAX_ATTEMPTS = 5
#: Seconds before the second attempt, doubled before each further one.
FIRST_PAUSE = 0.4
#: The longest pause that a server is believed to want.
MAX_ASKED = timedelta(days=30).total_seconds()


def wait(attempt: int, asked: float | None, remaining: float, jitter: float) -> float | None:
    """Seconds to wait before the next attempt at what failed and may pass; None when there shall be none.

    *attempt* counts from 1 those that were made. *asked* is how long the server wants to be left alone: at least that long it is.
    *remaining* are the seconds to the deadline, *jitter* is from 0 to 1.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    pause = (asked or 0.0) + FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + jitter / 2)
    return pause if pause < remaining else None


def asked_pause(retry_after: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After (RFC 9110 section 10.2.3): seconds, or a date, of any zone; None when it is neither."""
    text = retry_after.strip()
    if re.fullmatch("[0-9]+", text):
        return min(float(text), MAX_ASKED)
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return min(max((aware - now).total_seconds(), 0.0), MAX_ASKED)
    except (ValueError, TypeError, OverflowError):
        return None
