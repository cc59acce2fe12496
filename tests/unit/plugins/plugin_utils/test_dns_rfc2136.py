# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updates of a real Knot that is behind a server which fails as it is told."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import pytest
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _dns_rfc2136
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns01 import Dns01
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_provider import DnsError, DnsOutageError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_rfc2136 import Rfc2136
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_tsig import Tsig

from .knot import KEY, SECRET, Knot, start_knot
from .test_dns_records import LOOKUP, impatient, proof

__all__ = ["impatient", "start_knot"]
KEYS = dns.tsigkeyring.from_text({KEY: ("hmac-sha256", SECRET)})
NAME = "_acme-challenge.example.org"


@contextlib.contextmanager
def before(knot: Knot, faults: list[str]) -> Iterator[int]:
    """The port of a server that hands on to Knot what comes after the faults: one is for each message, "" is none."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            fault = faults.pop(0) if faults else ""
            size = self.request.recv(2, socket.MSG_WAITALL)
            message = self.request.recv(*struct.unpack("!H", size), socket.MSG_WAITALL)
            if fault in ("", "answer lost"):
                with socket.create_connection(("127.0.0.1", knot.port)) as behind:
                    behind.sendall(size + message)
                    answer = behind.recv(65536)
            if fault == "SERVFAIL":
                failure = dns.message.make_response(dns.message.from_wire(message, keyring=KEYS))
                failure.set_rcode(dns.rcode.SERVFAIL)
                answer = struct.pack("!H", len(failure.to_wire())) + failure.to_wire()
            if fault in ("", "SERVFAIL"):
                self.request.sendall(answer)
            if fault == "reset":
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def provider(port: int) -> Rfc2136:
    return Rfc2136("127.0.0.1", port, Tsig(KEY, SECRET))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["reset", "closed", "answer lost", "SERVFAIL"])
@pytest.mark.parametrize("message", [0, 2], ids=["question for the zone", "update"])
def test_one_fault_costs_no_order_and_leaves_no_record(start_knot: Callable[[], Knot], fault: str, message: int) -> None:
    knot, told = start_knot(), list[str]()
    faults = [*[""] * message, fault]
    with before(knot, faults) as port:
        solver = Dns01(provider(port), LOOKUP, 0, threading.Event())
        with solver.presented([proof("example.org")], time.monotonic() + 30, told.append):
            assert knot.texts(NAME) == ["value"]
            faults += [*[""] * message, fault]
        assert (knot.texts(NAME), told, faults) == ([], [], [])


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_away_is_an_outage(start_knot: Callable[[], Knot]) -> None:
    with before(start_knot(), ["SERVFAIL"] * 9) as port, pytest.raises(DnsOutageError, match=r"fails at 127\.0\.0\.1 \(SERVFAIL\)"):
        provider(port).present(NAME, "value", 5)
    with pytest.raises(DnsOutageError, match=rf"server 127\.0\.0\.1:{port} does not answer at 127\.0\.0\.1: .*refused"):
        provider(port).present(NAME, "value", 5)
    with pytest.raises(DnsOutageError, match=r"server ns1\.nowhere\.invalid is not found: "):
        Rfc2136("ns1.nowhere.invalid", 53, None).present(NAME, "value", 5)


@pytest.mark.parametrize(("alive", "error"), [([2], None), ([1, 2], None), ([], DnsOutageError)])
def test_all_addresses_of_the_server_are_tried(
    start_knot: Callable[[], Knot], monkeypatch: pytest.MonkeyPatch, alive: list[int], error: type[DnsError] | None
) -> None:
    knot = start_knot()
    found: list[Any] = [(0, 0, 0, "", ("127.0.0.1" if number in alive else f"127.0.0.{9 + number}", knot.port)) for number in (1, 2)]
    monkeypatch.setattr(_dns_rfc2136.socket, "getaddrinfo", lambda *_name, **_kind: found)
    asked = Rfc2136("ns1.example.org", knot.port, Tsig(KEY, SECRET))
    if error:
        with pytest.raises(error, match=r"does not answer at 127\.0\.0\.10: .*; .* does not answer at 127\.0\.0\.11: "):
            asked.present(NAME, "value", 5)
    else:
        asked.present(NAME, "value", 5)
        assert knot.texts(NAME) == ["value"]
