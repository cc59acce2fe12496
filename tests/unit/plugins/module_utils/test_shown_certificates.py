# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback shows each name a certificate of its own: those that clients would trust, and those that they would not."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _authority as authority
from ansible_collections.encrypt.httpd.plugins.module_utils import _shown_certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import make_request, to_pem
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_step import Step
from ansible_collections.encrypt.httpd.plugins.module_utils._shown_certificates import with_distrust

from .test_migration import NAMELESS, Rules, discovery, order, plan

NOW = datetime.now(timezone.utc)
TLS = "SSLEngine on"
#: By SNI: the names in the certificate, for how many days, made how many days ago, and whether by the root that the host trusts.
SHOWN = {
    "www.example.org": (["www.example.org", "*.shop.example.org"], 10, 0, True),
    "old.example.org": (["old.example.org"], 10, 20, True),
    "own.example.org": (["own.example.org"], 10, 0, False),
}


def _context(folder: Path, name: str, root: authority.Authority) -> ssl.SSLContext:
    names, days, ago, trusted = SHOWN[name]
    signer = root if trusted else authority.make_root("Stranger", "ecdsa-p256", 60, [], NOW - timedelta(days=30))
    key = generate("ecdsa-p256")
    (folder / f"{name}.pem").write_text(
        encode(key).decode() + authority.sign(signer, make_request(key, names).decode(), days, NOW - timedelta(days=ago))
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem")
    return context


def _serve(listening: socket.socket, contexts: dict[str, ssl.SSLContext]) -> None:
    first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def choose(connection: ssl.SSLSocket, name: str, _context: ssl.SSLContext) -> None:
        connection.context = contexts[name]

    first.sni_callback = choose  # type: ignore[assignment]
    with contextlib.suppress(OSError):
        while True:
            plain, _peer = listening.accept()
            with contextlib.suppress(OSError), first.wrap_socket(plain, server_side=True) as secure:
                secure.recv(1)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("tls")
    root = authority.make_root("Root", "ecdsa-p256", 60, [], NOW - timedelta(days=30))
    (folder / "root.pem").write_text(to_pem(root.root))
    contexts = {name: _context(folder, name, root) for name in SHOWN}
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "root.pem"))
        threading.Thread(target=_serve, args=(listening, contexts), daemon=True).start()
        yield listening.getsockname()[1]


def seen(at: str, names: str, text: str, served: frozenset[str] = frozenset()) -> Step:
    """What becomes of a virtual host there."""
    hosts = [NAMELESS, ("site.conf", at, names, text)]
    found = discovery(*hosts, around=f"Listen 80\nListen {at}")
    steps = plan(found, Rules(order(*hosts)))
    return with_distrust(steps, found.neighbours, served)[-1]


@pytest.mark.parametrize(
    ("names", "more", "distrust"),
    [
        ("www.example.org", "", ""),
        ("www.example.org a.shop.example.org WWW.Example.org", "", ""),
        ("www.example.org mail.example.org a.b.shop.example.org", "", "its certificate is not for mail.example.org, a.b.shop.example.org"),
        ("www.example.org *.example.org 192.0.2.7", "", ""),
        ("old.example.org", "", "clients would not trust its certificate: certificate has expired"),
        ("own.example.org", "", "clients would not trust its certificate: unable to get local issuer certificate"),
        ("own.example.org", "SSLVerifyClient require", ""),
    ],
)
def test_what_clients_find_that_have_https_already(port: int, names: str, more: str, distrust: str) -> None:
    step = seen(f"127.0.0.1:{port}", names, f"{TLS}\n{more}")
    assert (step.action, step.distrust) == ("https", distrust)


def test_where_nothing_answers_the_report_says_so(port: int) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        free = nobody.getsockname()[1]
        told = seen(f"127.0.0.1:{free}", "www.example.org", TLS).distrust
    assert told.startswith(f"no TLS handshake for www.example.org at 127.0.0.1:{free}: ")


def test_names_that_ours_serve_are_not_asked_for(port: int) -> None:
    assert not seen(f"127.0.0.1:{port}", "old.example.org", TLS, frozenset({"old.example.org"})).distrust


def test_a_site_whose_https_is_that_of_a_nameless_virtual_host_is_asked_for_there() -> None:
    hosts = [("site.conf", "*:80", "www.example.org", "Redirect / https://www.example.org/"), ("ssl.conf", "*:443", "", TLS)]
    found = discovery(*hosts)
    step = plan(found, Rules(order(*hosts)))[0]
    assert step.action == "https"
    assert _shown_certificates._place(step.host, found.neighbours, ()) == ("", 443, ("www.example.org",))


def test_a_site_with_a_virtual_host_of_its_name_for_https_is_asked_for_once() -> None:
    found = discovery(("site.conf", "*:80", "www.example.org", ""), ("ssl.conf", "*:443", "www.example.org", TLS))
    asked = [_shown_certificates._place(host, found.neighbours, ()).names for host in found.hosts]
    assert asked == [(), ("www.example.org",)]
