# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client is shown under a name, and what is wrong with it."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from glob import glob
from typing import Any, Optional
from urllib.parse import SplitResult, urljoin, urlsplit

from ._errors import HandshakeError
from ._files import read
from ._handshake import Answer, first_certificate, get, host_of, shake_hands
from ._names import covering, in_url
from ._sockets import reachable

#: An application that is down, as it is over http, or a page for maintenance.
_OF_GATEWAYS = (502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Expected:
    """Where to look (without an address, where httpd listens, but for those that others have *taken*), and what has to be there;
    *redirect* and *hsts* are not looked at when they are 0.

    *chain* is what it has to lead to: "system", "any", or a PEM file with roots. *promise* is all that Strict-Transport-Security may
    say, empty for nothing, on a page that does not lead back to itself; None when no page is looked at.
    """

    address: str = ""
    taken: Collection[str] = ()
    port: int = 443
    http_port: int = 80
    chain: str = "system"
    redirect: int = 0
    hsts: int = 0
    promise: Optional[str] = None
    certificate_files: Sequence[str] = ()
    valid_for: int = 0


def look(name: str, expected: Expected, now: datetime) -> dict[str, Any]:
    """Everything about one name."""
    address, http_address = (expected.address or reachable(port, expected.taken) for port in (expected.port, expected.http_port))
    bundle = {"any": None, "system": ""}.get(expected.chain, expected.chain)
    found: dict[str, Any] = {"name": name, "protocol": "", "cipher": "", "certificate": None, "problems": []}
    try:
        shown = shake_hands(name, address, expected.port, bundle)
        found.update(protocol=shown.protocol, cipher=shown.cipher, certificate=describe_leaf(shown.leaf))
        found["problems"] += [f"not trusted: {shown.distrust}"] if shown.distrust else []
        found["problems"] += certificate_problems(name, found["certificate"], now, now + timedelta(hours=expected.valid_for))
        if expected.certificate_files and shown.leaf not in leaves(expected.certificate_files):
            found["problems"].append(f"the certificate is another one than expected, of {found['certificate']['issuer']}")
        found["problems"] += redirect_problems(name, http_address, expected) if expected.redirect else []
        found["problems"] += hsts_problems(name, address, expected) if expected.hsts else []
        found["problems"] += page_problems(name, address, expected) if expected.promise is not None else []
    except HandshakeError as error:
        found["problems"].append(str(error))
    return found


def describe_leaf(der: bytes) -> dict[str, Any]:
    """What the certificate that was shown says."""
    from cryptography import x509

    from . import _certificates

    return _certificates.describe((x509.load_der_x509_certificate(der),)).to_dict()


def leaves(patterns: Sequence[str]) -> list[bytes]:
    """The first certificates of files, in DER."""
    texts = [read(path) or b"" for pattern in patterns for path in glob(pattern)]
    return [ssl.PEM_cert_to_DER_cert(first_certificate(text.decode())) for text in texts if text]


def certificate_problems(name: str, certificate: dict[str, Any], now: datetime, until: datetime) -> list[str]:
    """Wrong name or dates."""
    wrong = []
    if set(covering(name)).isdisjoint(certificate["names"]):
        wrong.append(f"the certificate is for {', '.join(certificate['names']) or 'no name'}")
    if datetime.fromisoformat(certificate["not_before"]) > now:
        wrong.append(f"the certificate is valid from {certificate['not_before']} only")
    if datetime.fromisoformat(certificate["not_after"]) <= until:
        wrong.append(f"the certificate is valid until {certificate['not_after']} only")
    return wrong


def redirect_problems(name: str, address: str, expected: Expected) -> list[str]:
    """http that does not lead to https."""
    answer = get(name, "/?encrypt=httpd", address, expected.http_port)
    location = answer.headers.get("location", "")
    target = _target(location)
    if answer.status == expected.redirect and (target.scheme, target.hostname) == ("https", host_of(name)):
        return []
    return [f"http answers {answer.status} {location}".rstrip() + f", expected is {expected.redirect} to https://{in_url(host_of(name))}"]


def hsts_problems(name: str, address: str, expected: Expected) -> list[str]:
    """A missing or short Strict-Transport-Security."""
    header = get(name, "/", address, expected.port, tls=True).headers.get("strict-transport-security", "")
    given = [part.partition("=")[2].strip('"') for part in header.replace(" ", "").lower().split(";") if "max-age" in part]
    if given and given[0].isdigit() and int(given[0]) >= expected.hsts:
        return []
    return [f"Strict-Transport-Security is {header!r}, expected is max-age={expected.hsts}"]


def page_problems(name: str, address: str, expected: Expected) -> list[str]:
    """A page by https that httpd fails at, or that leads back to itself; and another Strict-Transport-Security than expected."""
    answer = get(name, "/", address, expected.port, tls=True)
    wrong = [f"https answers {answer.status}"] if answer.status >= 500 and answer.status not in _OF_GATEWAYS else []
    wrong += _led_back(name, answer)
    header = answer.headers.get("strict-transport-security", "")  # of several, browsers heed the first (RFC 6797 8.1)
    if not _promises(header, expected.promise or ""):
        wrong.append(
            f"Strict-Transport-Security is {header!r}, expected is {expected.promise or 'none'}; others than the rollout may set it"
        )
    return wrong


def _led_back(name: str, answer: Answer) -> list[str]:
    """A redirect from the front page by which visitors go round: by http, which leads here, or at once."""
    own = in_url(host_of(name))
    location = answer.headers.get("location", "") if answer.status in _REDIRECTS else ""
    target = _target(location, f"https://{own}/")
    if target.hostname != host_of(name) or target.path not in ("", "/"):
        return []
    there = target.netloc.rpartition("@")[2]
    # with a query it is another page, and an application may lead there once, to see whether its cookie comes back
    same = there.lower() in (own, f"{own}:443") and not target.query and "set-cookie" not in answer.headers
    return [f"https leads back to {target.scheme}://{there}"] if target.scheme == "http" or (target.scheme == "https" and same) else []


def _promises(header: str, promise: str) -> bool:
    """Whether a header says just that; with max-age=0, as with none, browsers remember nothing, whatever else it says."""
    given = [part for part in header.lower().translate({ord(one): None for one in ' \t"'}).split(";") if part]
    if promise in ("", "max-age=0") and "max-age=0" in given:
        return True
    return given == ([promise] if promise else [])


def _target(location: str, page: str = "") -> SplitResult:
    """Where a redirect of a page leads; nowhere, when that is no URL."""
    try:
        return urlsplit(urljoin(page, location) if location else "")
    except ValueError:
        return urlsplit("")


def problems(names: Sequence[str], expected: Expected, now: datetime) -> str:
    """What is wrong with all names of a site, in one line; empty when nothing is."""
    seen = [look(name, expected, now) for name in names]
    return "; ".join(f"{one['name']}: {', '.join(one['problems'])}" for one in seen if one["problems"])
