# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask many at once, and go on without those that do not answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

#: A name that nobody knows may take seconds.
_SIDE_BY_SIDE = 16
#: Seconds for all items together.
_PATIENCE = 30.0

Item = TypeVar("Item", bound=Hashable)
Given = TypeVar("Given")


def side_by_side(work: Callable[[Item], Given], items: Iterable[Item]) -> dict[Item, Given]:
    """What came in time, by item."""
    pool = ThreadPoolExecutor(_SIDE_BY_SIDE)
    running = {item: pool.submit(work, item) for item in items}
    wait(running.values(), _PATIENCE)
    pool.shutdown(wait=False, cancel_futures=True)
    return {item: one.result() for item, one in running.items() if one.done() and not one.cancelled()}
