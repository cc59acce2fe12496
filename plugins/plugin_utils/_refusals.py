# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person is told of certificates that were refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping

#: Names in a line; of more only the number is told.
SHOWN = 5


def refusal(refused: Mapping[str, str], what: str = "issued") -> str:
    """The error for what was refused, reasons by name; names with the same reason share it.

    Further lines of a reason, such as a CA's problems with single names and the next step, stand below it.
    """
    shared: dict[str, list[str]] = {}
    for name, reason in refused.items():
        shared.setdefault(reason, []).append(name)
    lines = [f"{_named(names)}: {reason}".replace("\n", "\n    ") for reason, names in shared.items()]
    return "\n  ".join([f"{len(refused)} certificate(s) were not {what}; what is in place stays.", *lines])


def _named(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
