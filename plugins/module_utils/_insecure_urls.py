# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs that begin with ``http:`` (or ``ws:``) in a text, also as JSON, JavaScript and HTML encode them. Pure."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache

from ._arguments import host_name
from ._errors import ArgumentError
from ._names import address_of, covering

#: The most URLs that are looked at in one text, and characters of one that are shown.
MOST_URLS = 5000
SHOWN = 200

_COLON = r"(?::|&#0*58;|&#[xX]0*3[aA];|&colon;|\\+u003[aA])"
_SLASH = r"(?:\\{0,8}/|\\+u002[fF]|&#0*47;|&#[xX]0*2[fF];|&sol;)"
#: In a text within a text, what goes before may be an escape, such as \\n or \\u0022.
_BEFORE = r"(?:(?<![A-Za-z0-9_])|(?<=\\[bfnrtv])|(?<=\\x[0-9a-fA-F]{2})|(?<=\\u[0-9a-fA-F]{4}))"
#: What www.w3.org stands for is the names of XML: nobody loads them, and most old pages have some.
_URL = re.compile(
    rf"{_BEFORE}(?:[hH][tT][tT][pP]|([wW][sS])){_COLON}{_SLASH}{_SLASH}(?!www\.w3\.org)"
    r"([^\s/\\\"'<>?#()`,;|{}&*]{1,300})((?:[^\s\"'<>?#()`\\|&]|\\{1,8}/){0,2000})([?&#]?)"
)
#: Plain searches are many times quicker than the pattern, and most texts have nothing of it.
_BEGINNINGS = ("http:", "http&", "http\\", "ws:")
_HINTS = tuple(beginning.encode() for beginning in _BEGINNINGS)


@dataclass(frozen=True)
class Url:
    """Where a URL starts in a text, and what it is: *target* is for people, without user, password and what follows a "?".

    *known* tells whether its host has https. *socket* is for ``ws:``.
    """

    start: int
    target: str
    path: str
    known: bool
    socket: bool


def may_have_urls(data: bytes) -> bool:
    """Whether it is worth to look closer. (In UTF-16 each letter has a zero beside it.)"""
    lower = data.lower()
    return any(hint in lower for hint in _HINTS) or b"\0" in data[:4]


def insecure_urls(text: str, secure: Set[str], others: bool) -> list[Url]:
    """The first URLs by ``http:`` in a text: to the hosts *secure*, names as of certificates, or with *others* to any host but this one."""
    found: list[Url] = []
    for match in filter(None, (_URL.match(text, start) for start in _starts(text))):
        host, port = _host_and_port(match[2])
        known = port in ("", "80") and not secure.isdisjoint(covering(host))
        if host and (known or (others and not _is_loopback(host))):
            socket = match[1] is not None
            path = match[3].replace("\\", "").rstrip(".,;:*")
            shown = f"{'ws' if socket else 'http'}://{_shown(host, port)}{path}"
            found.append(Url(match.start(), f"{shown[:SHOWN]}…" if match[4] or len(shown) > SHOWN else shown, path, known, socket))
            if len(found) == MOST_URLS:
                break
    return found


def _starts(text: str) -> list[int]:
    lower = text.replace("\u0130", "I").lower()  # the one letter that is two in lower case
    found = []
    for beginning in _BEGINNINGS:
        start = lower.find(beginning)
        while start >= 0:
            found.append(start)
            start = lower.find(beginning, start + 1)
    return sorted(found)


@lru_cache(maxsize=4096)
def _host_and_port(authority: str) -> tuple[str, str]:
    """The name, as it stands in a certificate, and the port, if one is given; no name when there is none."""
    place = authority.rpartition("@")[2]
    name, colon, port = place.rpartition(":")
    if not colon or not (port.isdigit() or not port) or (":" in name and not name.endswith("]")):
        name, port = place, ""
    try:
        return host_name(name, ""), port.lstrip("0")
    except ArgumentError:
        return "", ""


def _shown(host: str, port: str) -> str:
    named = f"[{host}]" if ":" in host else host
    return named if port in ("", "80") else f"{named}:{port}"


def _is_loopback(host: str) -> bool:
    """Browsers trust these (W3C Secure Contexts 3.1)."""
    address = address_of(host)
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")
