# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what users write: host names, addresses, key types. Needs no cryptography, which a host may lack before its first run."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from ._errors import ArgumentError
from ._names import Address, address_of, is_address

#: RFC 1035 2.3.4: octets of a name and of one label.
MAX_NAME = 253
#: The most names that public CAs put into one certificate.
MAX_NAMES = 100
#: The types of private keys that can be made, in words.
KEY_TYPES = "ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519 or rsa-BITS with 2048 to 8192 bits (such as rsa-3072)"

#: How an ACME server can have names proven (RFC 8555 section 8).
CHALLENGES = ("http-01", "dns-01")

_FIXED = ("ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519")
_RSA = re.compile(r"rsa-([0-9]{4})\Z")
#: Below 2048 bits no CA signs (CA/B baseline requirements 6.1.5); above 8192 a handshake takes seconds.
_RSA_BITS = range(2048, 8193, 8)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
#: IDNA 2003 (Python's codec) and IDNA 2008 (browsers) disagree about these: sharp s, final sigma, joiners.
_DEVIATIONS = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")


def host_name(text: object, where: str) -> str:
    """Give the name as it stands in a certificate: lower case, A-labels, no final dot (RFC 5280 7.2, RFC 5890).

    A leading ``*.`` is kept. An IP address is given in its one usual text, without brackets (RFC 5952).
    *where* is what an error starts with, such as "site 'www.example.org': aliases". Raises ArgumentError when it is no name of a host.
    """
    if not isinstance(text, str) or not text.strip():
        raise ArgumentError(f"{where}: {text!r} is no host name; write one such as www.example.org")
    name = _ascii(text.strip().rstrip("."), where).lower()
    bare = name[2:] if name.startswith("*.") else name
    address = address_of(bare)
    if address is not None:
        return _usual(address, name, where)
    if "://" in name or "/" in name or ":" in name:
        raise ArgumentError(f"{where}: {text!r} is no host name; leave out the scheme, port and path")
    if len(name) > MAX_NAME or not all(_LABEL.match(label) for label in bare.split(".")):
        raise ArgumentError(f"{where}: {text!r} is no host name; labels of letters, digits and inner hyphens, parted by dots, are allowed")
    if bare.rpartition(".")[2].isdigit():
        raise ArgumentError(f"{where}: {text!r} is neither an IP address nor a host name, which does not end with a number")
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


def domain_or_network(text: object, where: str) -> str:
    """Give what a CA can be limited to: a domain as :func:`host_name` gives it, or a network such as "192.0.2.0/24"."""
    given = text.strip() if isinstance(text, str) else ""
    if address_of(given.partition("/")[0]) is None:
        return host_name(text, where)
    try:
        return str(ipaddress.ip_network(given))
    except ValueError as error:
        raise ArgumentError(f"{where}: {text!r} is no network ({error}); write one such as 192.0.2.0/24 or 2001:db8::/32") from error


def check_key_type(text: object, where: str) -> str:
    """Give the key type back when it is one that can be made; raises ArgumentError otherwise."""
    bits = _RSA.match(str(text))
    if text in _FIXED or (bits and int(bits[1]) in _RSA_BITS):
        return str(text)
    raise ArgumentError(f"{where}: {text!r} is no key type; allowed are {KEY_TYPES}")


def provable(challenge: str, names: Sequence[str], where: str) -> str:
    """Give the challenge back when a CA lets all names be proven by it; raises ArgumentError otherwise."""
    address = next((name for name in names if is_address(name)), "")
    if address and challenge == "dns-01":  # RFC 8738 section 7
        raise ArgumentError(f"{where}: {address} is an IP address, which a CA does not validate by dns-01; say challenge: http-01")
    wildcard = next((name for name in names if name.startswith("*.")), "")
    if wildcard and challenge != "dns-01":
        raise ArgumentError(
            f"{where}: {wildcard} is a wildcard, which a CA does not validate by {challenge}; say challenge: dns-01, or name each host"
        )
    return challenge


def _ascii(text: str, where: str) -> str:
    if text.isascii():
        return text
    if _DEVIATIONS.search(text):
        raise ArgumentError(f"{where}: {text!r} reads differently in IDNA 2003 and 2008; write its xn-- form")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ArgumentError(f"{where}: {text!r} is no international host name ({error})") from error


def _usual(address: Address, text: str, where: str) -> str:
    if text.startswith("*."):
        raise ArgumentError(f"{where}: {text!r}: there are no wildcards of IP addresses; write each address")
    if address.is_unspecified or address.is_multicast or getattr(address, "scope_id", None):
        raise ArgumentError(f"{where}: {text!r} is not the IP address of one host; write one such as 192.0.2.7 or 2001:db8::7")
    mapped = getattr(address, "ipv4_mapped", None)  # Python's versions differ in how they write these
    if mapped:
        raise ArgumentError(f"{where}: {text!r} is an IPv4 address in the form of IPv6; write {mapped}")
    return str(address)
