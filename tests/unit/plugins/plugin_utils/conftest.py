# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Pebble with its DNS on loopback, and an http server that answers challenges as our httpd does: without files."""

from __future__ import annotations

import contextlib
import http.server
import itertools
import json
import os
import random
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.tests.faults.acme_proxy import Proxy, running
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from .figures import Figures

CACHE = Path(__file__).parents[4] / ".cache"
NEWEST, OLD = "2.10", "2.4"
#: More than any test makes, so that one page has them all.
ORDERS_PER_PAGE = 1000
BINARIES = {NEWEST: CACHE / "pebble", OLD: CACHE / "pebble-2.4"}


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


class Responder6(Responder):
    """The same where clients ask by IPv6."""

    address_family = socket.AF_INET6


def no_host(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For revocations that the account alone asks for."""
    raise AssertionError(f"no host has to sign {asked}")


#: Those that were given last: servers that are about to come do not have them yet.
_GIVEN: deque[int] = deque(maxlen=100)


def free_port() -> int:
    """A port below those that systems give to clients, and not one of another process of the tests, so that it is still free when the
    server comes."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8
    while True:
        port = random.SystemRandom().randrange(11000 + process, 32000, 8)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _GIVEN:
                _GIVEN.append(port)
                return port


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


def _configuration(folder: Path, port: int, management: int, http_port: int, other: dict[str, Any]) -> None:
    config: dict[str, Any] = {
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
    (folder / "config.json").write_text(json.dumps({"pebble": {**config, **other}}), encoding="utf-8")


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _attempt in range(200):
        assert process.poll() is None, "Pebble ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Pebble does not listen")


@contextlib.contextmanager
def pebble(
    folder: Path, version: str = NEWEST, configuration: dict[str, Any] | None = None, dns: int = 0, **environment: str
) -> Iterator[Server]:
    """A Pebble of *version* that refuses every fifth nonce, its DNS (or the one of a port) and responder; other configuration on top."""
    folder.mkdir()
    port, own_dns, management = free_port(), free_port(), free_port()
    responder = Responder(("127.0.0.1", 0), _Handler)
    threading.Thread(target=responder.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    _certificate(folder)
    _configuration(folder, port, management, responder.server_port, configuration or {})
    names = ["-dnsserver", f"127.0.0.1:{own_dns}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
    off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", f"127.0.0.1:{free_port()}"]
    server = [str(BINARIES[version] / "pebble"), "-strict", "-config", "config.json", "-dnsserver", f"127.0.0.1:{dns or own_dns}"]
    variables = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20", **environment}
    variables["PEBBLE_WFE_ORDERS_PER_PAGE"] = str(ORDERS_PER_PAGE)
    processes = [
        subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in ([str(BINARIES[NEWEST] / "pebble-challtestsrv"), *names, *off], server)
    ]
    try:
        _await(port, processes[-1])
        yield Server(f"https://127.0.0.1:{port}/dir", str(folder / "tls.pem"), responder, f"https://127.0.0.1:{management}")
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        responder.shutdown()
        responder.server_close()


@pytest.fixture
def start_pebble(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts a Pebble, see there, for one test."""
    with contextlib.ExitStack() as stack:
        numbers = itertools.count(1)
        yield lambda *version, **other: stack.enter_context(pebble(tmp_path / f"pebble-{next(numbers)}", *version, **other))


@pytest.fixture(scope="module")
def proxied_pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Proxy]]:
    """A Pebble behind the fault proxy, for all tests of a file; its directory is the proxy's."""
    with pebble(tmp_path_factory.mktemp("proxied") / "pebble") as server:
        port = int(server.directory.rpartition(":")[2].removesuffix("/dir"))
        with running(("127.0.0.1", port), server.ca_bundle, server.ca_bundle.replace("tls.pem", "tls.key")) as proxy:
            yield replace(server, directory=f"https://127.0.0.1:{proxy.server_port}/dir"), proxy


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where tests tell what became of each fault."""
    worker = getattr(request.config, "workerinput", {"testrunuid": str(os.getpid())})
    return Figures(CACHE / "reliability" / "acme.json", worker["testrunuid"])
