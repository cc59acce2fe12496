# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what users write: host names and what belongs to them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from ._errors import ArgumentError

#: RFC 1035 2.3.4: octets of a name and of one label.
MAX_NAME = 253
#: The most names that public CAs put into one certificate.
MAX_NAMES = 100

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
#: IDNA 2003 (Python's codec) and IDNA 2008 (browsers) disagree about these: sharp s, final sigma, joiners.
_DEVIATIONS = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")


def host_name(text: object, where: str) -> str:
    """Give the DNS name as it stands in a certificate: lower case, A-labels, no final dot (RFC 5280 7.2, RFC 5890).

    A leading ``*.`` is kept. *where* is what an error starts with, such as "site 'www.example.org': aliases".
    Raises ArgumentError when it is no host name.
    """
    if not isinstance(text, str) or not text.strip():
        raise ArgumentError(f"{where}: {text!r} is no host name; write one such as www.example.org")
    name = _ascii(text.strip().rstrip("."), where).lower()
    bare = name[2:] if name.startswith("*.") else name
    if _is_address(bare):
        raise ArgumentError(f"{where}: {text!r} is an IP address; write the host name that clients use")
    if "://" in name or "/" in name or ":" in name:
        raise ArgumentError(f"{where}: {text!r} is no host name; leave out the scheme, port and path")
    if len(name) > MAX_NAME or not all(_LABEL.match(label) for label in bare.split(".")):
        raise ArgumentError(f"{where}: {text!r} is no host name; labels of letters, digits and inner hyphens, parted by dots, are allowed")
    return name


def host_names(texts: Sequence[object], where: str) -> tuple[str, ...]:
    """Give the names of one certificate, each once, in the order given. At most 100 of them."""
    names = tuple(dict.fromkeys(host_name(text, where) for text in texts))
    if not names:
        raise ArgumentError(f"{where}: a certificate needs at least one name")
    if len(names) > MAX_NAMES:
        raise ArgumentError(
            f"{where}: {len(names)} names are more than the {MAX_NAMES} that a CA puts into one certificate; split the site into several"
        )
    return names


def _ascii(text: str, where: str) -> str:
    if text.isascii():
        return text
    if _DEVIATIONS.search(text):
        raise ArgumentError(f"{where}: {text!r} reads differently in IDNA 2003 and 2008; write its xn-- form")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ArgumentError(f"{where}: {text!r} is no international host name ({error})") from error


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
