# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registered domain of a name: what somebody bought from a registrar, such as example.co.uk of www.example.co.uk."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable
from functools import cache

#: The Python package that makes it exact.
PACKAGE = "publicsuffixlist"
GUESS = f"the registered domain is guessed as the last two labels of a name; pip install {PACKAGE} on the controller makes it exact"


@cache
def registered_domain(name: str) -> str:
    """Of a DNS name, with or without "*."; a name that is itself a public suffix stands for itself.

    An IP address stands for itself, too, and one of version 6 for its /64, as Let's Encrypt counts them.
    """
    bare = name.removeprefix("*.")
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(bare)
        return bare if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
    return _finder()(bare) or bare


def is_exact() -> bool:
    """Whether the list of public suffixes is there; otherwise it is a guess."""
    return _finder() is not _guess


@cache
def _finder() -> Callable[[str], str | None]:
    try:
        from publicsuffixlist import PublicSuffixList  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return _guess
    find: Callable[[str], str | None] = PublicSuffixList().privatesuffix
    return find


def _guess(name: str) -> str:
    return ".".join(name.split(".")[-2:])
