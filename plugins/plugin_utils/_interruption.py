# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An end that leaves nothing behind, when the user presses Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error


class StoppedError(Error):
    """The user wants no more."""


def pause(seconds: float, stopping: threading.Event) -> None:
    """Sleep, but no longer than the user wants. Raises StoppedError then."""
    if stopping.wait(seconds):
        raise StoppedError("stopped before the CA was done; the next run asks again")


@contextlib.contextmanager
def ending_well() -> Iterator[threading.Event]:
    """Within it SIGINT and SIGTERM only set the event, and take effect at the end.

    Ansible ends its worker processes by several of them, one right after the other, and these would end where they stand. Elsewhere
    than in the main thread it does nothing.
    """
    stopping = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    received: list[int] = []

    def note(signum: int, _frame: Any) -> None:
        received.append(signum)
        stopping.set()

    before: dict[int, Any] = {}
    for one in (signal.SIGINT, signal.SIGTERM):
        before[one] = signal.getsignal(one) or signal.SIG_DFL
        signal.signal(one, note)
    try:
        yield stopping
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
        if received:
            signal.raise_signal(received[0])
