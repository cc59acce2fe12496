# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Pebble with its DNS on loopback, and an http server that answers challenges as our httpd does: without files."""

from __future__ import annotations

import http.server
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

BINARIES = Path(__file__).parents[4] / ".cache" / "pebble"


@dataclass
class Page:
    """Any answer of a server."""

    status: int = 200
    kind: str = "text/html"
    body: str = "<html>It works!</html>"


@dataclass
class Server:
    """A running Pebble: its directory, its TLS CA, who answers its challenges, and its management interface."""

    directory: str
    ca_bundle: str
    responder: Responder
    management: str = ""


class Responder(http.server.ThreadingHTTPServer):
    """Answers every http-01 challenge with token and thumbprint."""

    daemon_threads = True
    request_queue_size = 128
    thumbprint = ""
    page = Page()
    asked = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Responder

    def do_GET(self) -> None:
        self.server.asked += 1
        body = f"{self.path.rpartition('/')[2]}.{self.server.thumbprint}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificate(folder: Path) -> None:
    """Pebble's own TLS certificate, self-signed for 127.0.0.1."""
    key = keys.generate("ecdsa-p256")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pebble")])
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(keys.encode(key))


def _configuration(folder: Path, port: int, management: int, http_port: int) -> None:
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(folder / "tls.pem"),
        "privateKey": str(folder / "tls.key"),
        "httpPort": http_port,
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "domainBlocklist": ["blocked.example"],
        "retryAfter": {"authz": 1, "order": 1},
        "profiles": {"default": {"description": "", "validityPeriod": 7776000}},
    }
    (folder / "config.json").write_text(json.dumps({"pebble": config}), encoding="utf-8")


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _attempt in range(200):
        assert process.poll() is None, "Pebble ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Pebble does not listen")


@pytest.fixture
def start_pebble(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts Pebble with further environment variables, such as PEBBLE_WFE_NONCEREJECT=50, and a DNS server by port."""
    processes: list[subprocess.Popen[bytes]] = []
    responder = Responder(("127.0.0.1", 0), _Handler)
    threading.Thread(target=responder.serve_forever, daemon=True).start()

    def start(dns: int = 0, **environment: str) -> Server:
        port, management, own_dns = free_port(), free_port(), free_port()
        _certificate(tmp_path)
        _configuration(tmp_path, port, management, responder.server_port)
        names = ["-dnsserver", f"127.0.0.1:{own_dns}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
        off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", f"127.0.0.1:{free_port()}"]
        pebble = [str(BINARIES / "pebble"), "-strict", "-config", "config.json", "-dnsserver", f"127.0.0.1:{dns or own_dns}"]
        variables = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", **environment}
        for command in ([str(BINARIES / "pebble-challtestsrv"), *names, *off], pebble):
            processes.append(subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        _await(port, processes[-1])
        return Server(f"https://127.0.0.1:{port}/dir", str(tmp_path / "tls.pem"), responder, f"https://127.0.0.1:{management}")

    yield start
    for process in processes:
        process.terminate()
        process.wait()
    responder.shutdown()
    responder.server_close()


@pytest.fixture
def hostile_server(tmp_path: Path) -> Iterator[Server]:
    """An https server that knows no ACME: it answers everything with *page* of its responder."""
    responder = Responder(("127.0.0.1", 0), _Page)
    _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem", tmp_path / "tls.key")
    responder.socket = context.wrap_socket(responder.socket, server_side=True)
    threading.Thread(target=responder.serve_forever, daemon=True).start()
    yield Server(f"https://127.0.0.1:{responder.server_port}/dir", str(tmp_path / "tls.pem"), responder)
    responder.shutdown()
    responder.server_close()


class _Page(_Handler):
    def do_GET(self) -> None:
        page = self.server.page
        self.send_response(page.status)
        self.send_header("Content-Type", page.kind)
        self.end_headers()
        self.wfile.write(page.body.encode())
