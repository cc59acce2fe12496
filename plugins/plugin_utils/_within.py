# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have work that may wait without end give up in time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any


def within(timeout: float, work: Callable[[], Any]) -> Any:
    """What it gives or raises. What has not ended in time raises TimeoutError, and is left alone in its thread."""
    results: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except Exception as error:
            results.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        done, error = results.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError(f"no answer after {timeout:.0f} seconds") from None
    if error:
        raise error
    return done
