# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients do differently for an IP address: no SNI, brackets in the Host header, and its own kind of name in the certificate."""

from __future__ import annotations

import http.server
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _authority as authority
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import make_request, to_pem
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import get, shake_hands
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate

NAMES = ["www.example.org", "192.0.2.7", "2001:db8::7"]


class _Tell(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


class _Server(http.server.ThreadingHTTPServer):
    """Remembers by which names clients ask for it in TLS."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Tell)
        self.asked: list[str | None] = []
        self.root = str(folder / "root.pem")
        key, now = generate("ecdsa-p256"), datetime.now(timezone.utc)
        root = authority.make_root("Root", "ecdsa-p256", 30, [], now)
        (folder / "chain.pem").write_text(authority.sign(root, make_request(key, NAMES).decode(), 10, now))
        (folder / "key.pem").write_bytes(encode(key))
        (folder / "root.pem").write_text(to_pem(root.root))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
        context.sni_callback = lambda _socket, name, _context: self.asked.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: socketserver._AfInetAddress) -> None:
        """A client that trusts it not goes away."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[_Server]:
    started = _Server(tmp_path)
    threading.Thread(target=started.serve_forever, daemon=True).start()
    yield started
    started.shutdown()
    started.server_close()


@pytest.mark.parametrize(
    ("name", "asked", "distrust", "host"),
    [
        ("www.example.org", "www.example.org", "", "www.example.org"),
        ("192.0.2.7", None, "", "192.0.2.7"),
        ("2001:db8::7", None, "", "[2001:db8::7]"),
        ("other.example.org", "other.example.org", "Hostname mismatch", "other.example.org"),
        ("192.0.2.8", None, "IP address mismatch", "192.0.2.8"),
        ("2001:db8::8", None, "IP address mismatch", "[2001:db8::8]"),
        ("*.example.org", "any-host.example.org", "Hostname mismatch", "any-host.example.org"),
    ],
)
def test_how_a_server_is_asked(server: _Server, name: str, asked: str | None, distrust: str, host: str) -> None:
    port = server.server_address[1]
    shown = shake_hands(name, "127.0.0.1", port, server.root)
    assert distrust in shown.distrust if distrust else shown.distrust == ""
    assert server.asked == [asked, asked]
    assert get(name, "/", "127.0.0.1", port, tls=True).body == host.encode()
