# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a solver of challenges is: it lets the CA see the proof for each name, and takes it away again (RFC 8555 section 8)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from ._interruption import pause


@dataclass(frozen=True)
class Proof:
    """What the CA wants to see for one identifier. *name* is without "*.", *challenge* is acme's, and *key* is the account's."""

    name: str
    challenge: Any
    key: Any


class Solver(Protocol):
    """Solves one type of challenge."""

    @property
    def type(self) -> str:
        """As the CA names it, such as "http-01"."""

    @property
    def patience(self) -> float:
        """Seconds that it may take until all can see the proofs; an order has these besides its own."""

    def pause(self, seconds: float) -> None:
        """Wait for the CA. Raises Error when the user wants no more, and so what is presented has to go."""

    def presented(self, proofs: Sequence[Proof], deadline: float, tell: Callable[[str], None]) -> AbstractContextManager[None]:
        """Within the context the CA can see all proofs; after it, however it ends, nothing is left of them.

        *deadline* is of time.monotonic(). What could not be taken away again is no error: a person is told by *tell*.
        Raises Error when the proofs cannot be shown in time.
        """


class Http01:
    """See Solver. httpd answers for every token out of its configuration, so there is nothing to do for one."""

    type = "http-01"
    patience = 0.0

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def pause(self, seconds: float) -> None:
        """See Solver. Orders by dns-01 may be under way at the same time."""
        pause(seconds, self._stopping)

    def presented(self, proofs: Sequence[Proof], deadline: float, tell: Callable[[str], None]) -> AbstractContextManager[None]:
        """See Solver."""
        del proofs, deadline, tell
        return nullcontext()
