# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real authoritative DNS servers (Knot) on ports of the loopback, with zones that take updates by TSIG."""

from __future__ import annotations

import base64
import contextlib
import os
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import pytest

from .conftest import free_port

ROOT = Path(__file__).parents[4] / ".cache" / "knot"
KEY, SECRET = "acme-key", base64.b64encode(b"a secret of the tests, 32 bytes.").decode()
ZONES = {
    "example.org": "_acme-challenge.moved 60 CNAME moved.validation.example.net.\n_acme-challenge.circle 60 CNAME _acme-challenge.circle",
    "validation.example.net": "",
    "fixed.example": "",
}
START = """$TTL 60
@ SOA ns1 hostmaster 1 3600 600 86400 60
@ NS ns1
ns1 A 127.0.0.1
"""
#: Knot reads a small part of YAML.
CONFIGURATION = """
server:
    rundir: {folder}
    listen: 127.0.0.1@{port}
database:
    storage: {folder}
log:
  - target: stderr
    any: info
key:
  - id: {key}
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: update
    key: {key}
    action: update
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
zone:
"""


@dataclass
class Knot:
    """A running server."""

    port: int

    @property
    def endpoint(self) -> str:
        """As options name it."""
        return f"127.0.0.1:{self.port}"

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name."""
        answer = dns.query.udp(dns.message.make_query(name, "TXT"), "127.0.0.1", 5, self.port)
        return [one.to_text().strip('"') for rrset in answer.answer for one in rrset]

    def serial(self, zone: str = "example.org") -> int:
        """Of its SOA record, which grows with each update."""
        return int(dns.query.udp(dns.message.make_query(zone, "SOA"), "127.0.0.1", 5, self.port).answer[0][0].serial)


@pytest.fixture
def start_knot(tmp_path: Path) -> Iterator[Callable[[], Knot]]:
    """A function that starts a server; all begin with the same zones, and know nothing of each other."""
    processes: list[subprocess.Popen[bytes]] = []
    libraries = ":".join(str(path) for path in (ROOT / "usr" / "lib").glob("*-linux-gnu"))

    def start() -> Knot:
        knot, folder = Knot(free_port()), tempfile.mkdtemp(dir=tmp_path)
        _configure(Path(folder), knot.port)
        command = [str(ROOT / "usr" / "sbin" / "knotd"), "-c", f"{folder}/knot.conf"]
        with Path(folder, "log").open("wb") as log:
            processes.append(subprocess.Popen(command, env={**os.environ, "LD_LIBRARY_PATH": libraries}, stdout=log, stderr=log))
        _await(knot, processes[-1], Path(folder, "log"))
        return knot

    yield start
    for process in processes:
        process.kill()
        process.wait()


def _configure(folder: Path, port: int) -> None:
    text = CONFIGURATION.format(folder=folder, port=port, key=KEY, secret=SECRET)
    for zone, records in ZONES.items():
        (folder / f"{zone}.zone").write_text(f"$ORIGIN {zone}.\n{START}{records}\n")
        text += f"  - domain: {zone}\n" + ("" if zone.startswith("fixed") else "    acl: update\n")
    (folder / "knot.conf").write_text(text)


def _await(knot: Knot, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(200):
        assert process.poll() is None, log.read_text()
        try:
            if dns.query.tcp(dns.message.make_query("fixed.example", "SOA"), "127.0.0.1", 1, knot.port).answer:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextlib.contextmanager
def resolver(knot: Knot) -> Iterator[Knot]:
    """A resolver that follows CNAMEs from zone to zone of a server, as resolvers of CAs do and authoritative servers do not."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, _when = dns.query.receive_tcp(self.request)
            answer = dns.message.make_response(question)
            name, kind = question.question[0].name, question.question[0].rdtype
            while True:
                found = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", 5, knot.port).answer
                answer.answer += found
                if not found or found[-1].rdtype != dns.rdatatype.CNAME:
                    break
                name = found[-1][0].target
            dns.query.send_tcp(self.request, answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Knot(server.server_address[1])
        server.shutdown()
