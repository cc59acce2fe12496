# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of certificates: DNS names, and IP addresses (RFC 8738), each as the one text that they are compared by. Pure."""

from __future__ import annotations

import ipaddress
from typing import Optional, Union
from urllib.parse import SplitResult, urlsplit

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def address_of(text: str) -> Optional[Address]:
    """The IP address that a text is, IPv6 also in brackets; None when it is none."""
    bracketed = text.startswith("[") and text.endswith("]")
    try:
        found = ipaddress.ip_address(text[1:-1] if bracketed else text)
    except ValueError:
        return None
    return None if bracketed and found.version == 4 else found


def is_address(name: str) -> bool:
    """Tell whether a name is an IP address."""
    return address_of(name) is not None


def in_url(name: str) -> str:
    """The name as in a URL or Host header: IPv6 in brackets (RFC 3986 3.2.2)."""
    return f"[{name}]" if ":" in name else name


def split_url(url: str) -> SplitResult:
    """The parts of a URL out of a configuration; none of what is no URL, as where no IPv6 address is in brackets."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def covering(name: str) -> tuple[str, ...]:
    """The names that a certificate may have to be valid for *name*: this one, or the wildcard (RFC 9525 6.3), which no address has."""
    parent = "" if is_address(name) else name.partition(".")[2]
    return tuple(dict.fromkeys([name, f"*.{parent}"])) if parent else (name,)
