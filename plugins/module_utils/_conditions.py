# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a RewriteCond makes of a request, as far as that can be told from what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from ._config_tree import Directive

_PART = re.compile(r"%\{([^}]+)\}|([$%])(\d)|\$\{")
#: The flags of rules and conditions that have a long name, too.
_SHORT = {
    "CHAIN": "C",
    "COOKIE": "CO",
    "DISCARDPATH": "DPI",
    "ENV": "E",
    "FORBIDDEN": "F",
    "GONE": "G",
    "HANDLER": "H",
    "LAST": "L",
    "NEXT": "N",
    "NOCASE": "NC",
    "NOESCAPE": "NE",
    "NOSUBREQ": "NS",
    "NOVARY": "NV",
    "ORNEXT": "OR",
    "PASSTHROUGH": "PT",
    "PROXY": "P",
    "QSAPPEND": "QSA",
    "QSDISCARD": "QSD",
    "QSLAST": "QSL",
    "REDIRECT": "R",
    "SKIP": "S",
    "TYPE": "T",
}
_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True)
class Request:
    """A request of a client. *forwarded*: what a proxy in front says of the scheme (none is there; None: one may say anything)."""

    scheme: str
    host: str
    path: str
    forwarded: Optional[str] = ""

    def variable(self, name: str) -> Optional[str]:
        """A variable of mod_rewrite; None when it cannot be told beforehand."""
        upper = name.upper()
        known = {
            "HTTPS": "on" if self.scheme == "https" else "off",
            "REQUEST_SCHEME": self.scheme,
            "SERVER_PORT": _PORTS[self.scheme],
            "HTTP_HOST": self.host,
            "SERVER_NAME": self.host,
            "REQUEST_URI": self.path,
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": "",
            "THE_REQUEST": f"GET {self.path} HTTP/1.1",
            "HTTP:X-FORWARDED-PROTO": self.forwarded,
            "ENV:HTTPS": "",  # mod_ssl sets it after the rules have been gone through
        }
        return known.get(upper, "" if upper.startswith("HTTP:X-FORWARDED-") else None)


def flags(words: Iterable[str]) -> frozenset[str]:
    """The flags in brackets, in their short spelling, with what some of them say: "R=301"."""
    found = [one.strip().partition("=") for one in "".join(words).strip("[]").split(",")]
    return frozenset(f"{_SHORT.get(name.upper(), name.upper())}{equals}{value}" for name, equals, value in found)


def search(pattern: str, text: str, any_case: bool) -> Optional[re.Match[str]]:
    """Raises re.error when the pattern is not one of Python's."""
    return re.search(pattern, text, re.IGNORECASE if any_case else 0)


def expand(text: str, request: Request, match: object, captured: object) -> Optional[str]:
    """Replace variables, $1 and %1; None when one of them cannot be told."""
    pieces, end = [], 0
    for part in _PART.finditer(text):
        group = match if part[2] == "$" else captured
        if part[1]:
            value = request.variable(part[1])
        elif isinstance(group, re.Match) and part[3] and int(part[3]) <= (group.re.groups):
            value = group[int(part[3])] or ""
        else:
            value = None
        if value is None:
            return None
        pieces += [text[end : part.start()], value]
        end = part.end()
    return "".join([*pieces, text[end:]])


def holds(
    condition: Directive, request: Request, match: Optional[re.Match[str]], captured: Optional[re.Match[str]]
) -> tuple[Optional[bool], Optional[re.Match[str]]]:
    """Whether a RewriteCond holds (None: that cannot be told), and what it captured."""
    test, pattern, *told = [*condition.words, "", ""][: max(len(condition.words), 2)]
    value = expand(test, request, match, captured)
    negative, wanted = pattern.startswith("!"), pattern.lstrip("!")
    if value is None or test.lower() == "expr" or wanted.startswith(("-", "<", ">")):
        return None, None
    any_case = "NC" in flags(told)
    if wanted.startswith("="):
        same = value.lower() == wanted[1:].strip('"').lower() if any_case else value == wanted[1:].strip('"')
        return same != negative, None
    try:
        found = search(wanted, value, any_case)
    except re.error:
        return None, None
    return bool(found) != negative, found
