# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the values that users give to options. Each function raises ArgumentError, which starts with *where*. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ._errors import ArgumentError


def text(value: object, where: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise ArgumentError(f"{where}: {value!r} is no text")
    return value


def secret(value: object, where: str) -> str:
    """Text that no error shows."""
    if not isinstance(value, str):
        raise ArgumentError(f"{where}: this is no text; put quotes around it")
    return value


def listed(value: object, where: str) -> list[object]:
    """A list."""
    if not isinstance(value, list):
        raise ArgumentError(f"{where}: {value!r} is no list; write one such as [www.example.org]")
    return value


def truth(value: object, where: str) -> bool:
    """True or false; a variable out of a template or off the command line is text."""
    found = {"true": True, "yes": True, "false": False, "no": False}.get(str(value).lower())
    if found is None:
        raise ArgumentError(f"{where}: {value!r} is not allowed; allowed are true and false")
    return found


def choice(value: object, where: str, allowed: Sequence[str]) -> str:
    """One out of a few."""
    if value not in allowed:
        raise ArgumentError(f"{where}: {value!r} is not allowed; allowed are {', '.join(allowed)}")
    return str(value)


def seconds(value: object, where: str) -> int:
    """How long a browser shall keep to https."""
    try:
        found = int(str(value))
    except ValueError:
        found = -1
    if found < 0:
        raise ArgumentError(f"{where}: {value!r} is no number of seconds; 0 sends no header, 63072000 are two years")
    return found


def absolute_path(value: object, where: str) -> str:
    """A path from the root; empty for none."""
    found = _one_line(value, where)
    if found and not found.startswith("/"):
        raise ArgumentError(f"{where}: {found!r} is no absolute path")
    return found


def place(value: object, where: str, schemes: tuple[str, ...]) -> str:
    """A URL that "/" is mapped to; empty for none. Without a slash at its end, httpd would join "/a" to "backenda"."""
    found = _one_line(value, where)
    if found and not found.startswith(schemes):
        raise ArgumentError(f"{where}: {found!r} must start with {' or '.join(schemes)}")
    if "?" in found or "#" in found:
        raise ArgumentError(f"{where}: {found!r}: the path of each request is added at its end; leave out what follows the path")
    return found if not found or found.endswith("/") else f"{found}/"


def _one_line(value: object, where: str) -> str:
    found = text(value, where)
    if any(character in found for character in '\n\r"'):
        raise ArgumentError(f"{where}: {found!r} has a quote or line break, which httpd would read as something else")
    return found
