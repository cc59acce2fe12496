# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do names lead to this host? Asked of its resolver."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

#: A name that nobody knows may take seconds.
_SIDE_BY_SIDE = 16


def look_up(names: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The names that have no address, and of the others those that lead elsewhere, with their addresses."""
    wanted = list(dict.fromkeys(names))
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        found = dict(zip(wanted, pool.map(_addresses, wanted)))
    elsewhere = {name: addresses for name, addresses in found.items() if addresses and not any(map(_is_ours, addresses))}
    return [name for name in wanted if not found[name]], elsewhere


def _addresses(name: str) -> list[str]:
    with contextlib.suppress(OSError, UnicodeError):
        return sorted({str(one[4][0]) for one in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    return []


def _is_ours(address: str) -> bool:
    """Tell whether it is an address of this host: only such can be bound to."""
    with contextlib.suppress(OSError):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind((address, 0))
        return True
    return False
