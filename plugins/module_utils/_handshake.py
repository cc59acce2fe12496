# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real handshakes and requests against an httpd, without trusting it: what does it serve under a name?"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass

from ._errors import HandshakeError
from ._names import in_url

TIMEOUT = 5.0


@dataclass(frozen=True)
class Handshake:
    """What the server showed: DER leaf, protocol such as "TLSv1.3", cipher, and why it is not trusted (if so)."""

    leaf: bytes
    protocol: str
    cipher: str
    distrust: str = ""


@dataclass(frozen=True)
class Answer:
    """An http answer; header names in lower case. Of several headers of one name it has the first."""

    status: int
    headers: dict[str, str]
    body: bytes


def own_address() -> str:
    """The address under which this host talks to others: where a virtual host for one address listens, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737; a UDP connect sends nothing
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def host_of(name: str) -> str:
    """A host that has the name; of a wildcard, any."""
    return name.replace("*", "any-host", 1)


def first_certificate(pem: str) -> str:
    """The first certificate of a PEM file, alone."""
    end = "-----END CERTIFICATE-----"
    return pem[pem.find("-----BEGIN CERTIFICATE-----") : pem.find(end) + len(end)]


def shake_hands(name: str, address: str, port: int = 443, ca_bundle: str | None = None) -> Handshake:
    """Connect, ask for *name* by SNI (for a host of it, if it is a wildcard), and tell what was shown.

    For an IP address there is no SNI (RFC 6066 section 3); Python's ssl leaves it out, as all clients do.

    Raises HandshakeError when no handshake comes about.

    With *ca_bundle* (a PEM file, or "" for the system's) *distrust* tells whether chain and name are trusted.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((address, port), TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname=host_of(name)) as secure:
                leaf = secure.getpeercert(binary_form=True) or b""
                cipher = secure.cipher()
                protocol = secure.version() or ""
    except (OSError, ValueError) as error:
        raise HandshakeError(f"no TLS handshake for {name} at {address}:{port}: {error}") from error
    distrust = "" if ca_bundle is None else _distrust(name, address, port, ca_bundle)
    return Handshake(leaf, protocol, cipher[0] if cipher else "", distrust)


def trusting(ca_bundle: str = "") -> ssl.SSLContext:
    """Trusts the roots of a PEM file, or those of the system. As browsers do, it takes roots without key identifiers, too, which Python
    from 3.13 on does not by default."""
    context = ssl.create_default_context(cafile=ca_bundle or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _distrust(name: str, address: str, port: int, ca_bundle: str) -> str:
    try:
        context = trusting(ca_bundle)
        with socket.create_connection((address, port), TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname=host_of(name)):
                return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return str(error)


def get(name: str, path: str, address: str, port: int = 80, tls: bool = False, *, most: int = 65536) -> Answer:
    """GET a path with the Host header *name*; redirects are not followed, of a body the first *most* bytes are taken.

    Raises HandshakeError when nothing answers.
    """
    scheme = "https" if tls else "http"
    try:
        plain = socket.create_connection((address, port), TIMEOUT)
        connection = http.client.HTTPConnection(host_of(name), port, timeout=TIMEOUT)
        connection.sock = _unverified(plain, host_of(name)) if tls else plain
        connection.request("GET", path, headers={"Host": in_url(host_of(name)), "User-Agent": "encrypt.httpd", "Connection": "close"})
        response = connection.getresponse()
        body = _read(response, most)
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise HandshakeError(f"nothing answers {scheme}://{in_url(name)}{path} at {address}:{port}: {error}") from error
    return Answer(response.status, {key.lower(): value for key, value in reversed(response.getheaders())}, body)


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    """What comes in time; a server may send a little now and then, for ever."""
    body, end = b"", time.monotonic() + TIMEOUT
    while len(body) < most and time.monotonic() < end:
        more = response.read1(most - len(body))
        if not more:
            break
        body += more
    return body


def _unverified(plain: socket.socket, name: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name)
