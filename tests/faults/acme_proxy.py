# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An https proxy between an ACME client and Pebble that does harm by script, and counts what was asked and what Pebble did.

Pebble makes its URLs from the Host header, which goes through as it is, so that all of them lead through the proxy.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import http.server
import json
import re
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

#: What a request is for, by the beginning of its path at Pebble.
PURPOSES = {
    "/dir": "directory",
    "/nonce-plz": "newNonce",
    "/sign-me-up": "newAccount",
    "/my-account": "account",
    "/rollover-account-key": "keyChange",
    "/order-plz": "newOrder",
    "/my-order": "order",
    "/authZ": "authorization",
    "/chalZ": "challenge",
    "/finalize-order": "finalize",
    "/certZ": "certificate",
    "/revoke-cert": "revokeCert",
    "/draft-ietf-acme-ari": "renewalInfo",
}
ALWAYS = 10**6


@dataclass(frozen=True)
class Answer:
    """One answer: Pebble's or another."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class NonceError(Exception):
    """Pebble did not look at the request, so that there is nothing to do harm to."""


class Exchange:
    """One request, as a harm sees it."""

    def __init__(self, handler: _Handler) -> None:
        self._handler = handler
        self.stopped = handler.server.stopped

    def forward(self) -> Answer:
        """Have Pebble do it. Raises NonceError, for its client to know of."""
        answer = self._handler.forward()
        if b":badNonce" in answer.body:
            self._handler.answer(answer)
            raise NonceError
        return answer

    def answer(self, answer: Answer, length: int | None = None) -> None:
        """Let the client have it; with *length* the header promises more than comes, and the connection ends."""
        self._handler.answer(answer, length)

    def drip(self, answer: Answer, pause: float) -> None:
        """A byte, a pause, a byte."""
        self._handler.answer(replace(answer, body=b""), len(answer.body))
        for byte in answer.body:
            if self.stopped.wait(pause):
                return
            self._handler.wfile.write(bytes([byte]))

    def reset(self) -> None:
        """End the connection as a machine does that lost its memory."""
        self._handler.reset()


#: Does to a request what should not be done.
Harm = Callable[[Exchange], None]


@dataclass(frozen=True)
class Fault:
    """A harm to the *first* to *last* request for *purpose*, counted from 1, of the order for *name* if one is given.

    Those of which Pebble refuses the nonce do not count.
    """

    purpose: str
    harm: Harm
    first: int = 1
    last: int = 1
    name: str = ""


class Proxy(http.server.ThreadingHTTPServer):
    """Stands before the Pebble at *upstream* (host, port), with its certificate and key. Set *faults* before use."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: tuple[str, int], certificate: str, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self.upstream, self.trust = upstream, ssl.create_default_context(cafile=certificate)
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self.reset([])

    def reset(self, faults: list[Fault]) -> None:
        """Forget all, and do *faults* from now on."""
        self.faults = faults
        #: Requests by purpose, and those of them that Pebble answered with a success.
        self.asked: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        #: Requests that met a fault.
        self.harmed: Counter[Fault] = Counter()
        self._seen: Counter[Fault] = Counter()
        self._owners: dict[str, str] = {}

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake is left to the thread of the connection."""
        connection, address = super().get_request()
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients give up, that is the point."""

    def fault(self, purpose: str, path: str, body: bytes) -> Fault | None:
        """What shall be done to this request instead of forwarding it."""
        with self._lock:
            self.asked[purpose] += 1
            for fault in self.faults:
                if fault.purpose == purpose and fault.name in ("", self._owner(purpose, path, body)):
                    self._seen[fault] += 1
                    if self._seen[fault] >= fault.first and self.harmed[fault] <= fault.last - fault.first:
                        self.harmed[fault] += 1
                        return fault
        return None

    def learn(self, purpose: str, path: str, body: bytes, answer: Answer) -> None:
        """Count what Pebble did, and whose the resources are that it speaks of."""
        with self._lock:
            if answer.status < 300:
                self.done[purpose] += 1
            if owner := self._owner(purpose, path, body):
                text = answer.body.decode() + answer.headers.get("Location", "")
                for known in re.findall(r'https://[^/"]+(/[^"\s>]+)', text):
                    self._owners[known] = owner

    def _owner(self, purpose: str, path: str, body: bytes) -> str:
        return _ordered_name(body) if purpose == "newOrder" else self._owners.get(path, "")


def _ordered_name(body: bytes) -> str:
    """The first identifier of a newOrder."""
    with contextlib.suppress(ValueError, LookupError):
        payload = json.loads(body)["payload"]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["identifiers"][0]["value"])
    return ""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPSConnection(*self.server.upstream, context=self.server.trust, timeout=30)

    def finish(self) -> None:
        self.upstream.close()
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.purpose = next((purpose for start, purpose in PURPOSES.items() if self.path.startswith(start)), "other")
        fault = self.server.fault(self.purpose, self.path, self.body)
        if fault is None:
            self.answer(self.forward())
            return
        try:
            fault.harm(Exchange(self))
        except NonceError:
            self.server.harmed[fault] -= 1  # the next one, then

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def forward(self) -> Answer:
        self.upstream.request(self.command, self.path, self.body or None, dict(self.headers))
        response = self.upstream.getresponse()
        kept = {name: value for name, value in response.getheaders() if name not in ("Content-Length", "Transfer-Encoding", "Date")}
        answer = Answer(response.status, response.read(), kept)
        self.server.learn(self.purpose, self.path, self.body, answer)
        return answer

    def answer(self, answer: Answer, length: int | None = None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.close_connection = self.close_connection or length is not None

    def reset(self) -> None:
        self.close_connection = True
        bare = socket.socket(fileno=self.connection.detach())
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        bare.close()

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def running(upstream: tuple[str, int], certificate: str, key: str) -> Iterator[Proxy]:
    """A proxy that ends with the context."""
    proxy = Proxy(upstream, certificate, key)
    threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.stopped.set()
        proxy.shutdown()
        proxy.server_close()
