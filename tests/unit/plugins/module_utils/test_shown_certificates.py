# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback shows each name a certificate of its own: those that clients would trust, and those that they would not."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _authority as authority
from ansible_collections.encrypt.httpd.plugins.module_utils import _shown_certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import make_request, to_pem
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_step import Step
from ansible_collections.encrypt.httpd.plugins.module_utils._shown_certificates import with_distrust
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

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


def _odd(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A certificate that has the name of a directory, too, of a root without key identifiers, as CAs of firms are; and that root."""
    keys, root = [generate("ecdsa-p256") for _each in range(2)], x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Firm")])
    names = x509.SubjectAlternativeName([x509.DNSName("odd.example.org"), x509.DirectoryName(root)])
    made = []
    for key, subject, more in ((keys[0], root, x509.BasicConstraints(True, None)), (keys[1], x509.Name([]), names)):
        builder = x509.CertificateBuilder(root, subject, key.public_key(), x509.random_serial_number(), NOW, NOW + timedelta(days=10))
        made.append(to_pem(builder.add_extension(more, critical=True).sign(keys[0], hashes.SHA256())))
    (folder / "odd.pem").write_text(encode(keys[1]).decode() + made[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "odd.pem")
    return context, made[0]


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
    odd, firm = _odd(folder)
    (folder / "root.pem").write_text(to_pem(root.root) + firm)
    contexts = {"odd.example.org": odd, **{name: _context(folder, name, root) for name in SHOWN}}
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "root.pem"))
        threading.Thread(target=_serve, args=(listening, contexts), daemon=True).start()
        yield listening.getsockname()[1]


def seen(at: str, names: str, text: str, but: Collection[str] = (), around: str = "") -> Step:
    """What becomes of a virtual host there."""
    hosts = [NAMELESS, ("site.conf", at, names, text)]
    found = discovery(*hosts, around=f"Listen 80\nListen {at}\n{around}")
    steps = plan(found, Rules(order(*hosts)))
    return with_distrust(steps, found, but)[-1]


@pytest.mark.parametrize(
    ("names", "more", "distrust"),
    [
        ("www.example.org", "", ""),
        ("www.example.org a.shop.example.org WWW.Example.org", "", ""),
        ("www.example.org mail.example.org a.b.shop.example.org", "", "its certificate is not for mail.example.org, a.b.shop.example.org"),
        ("www.example.org *.example.org 192.0.2.7 web1 www.example.org. b\u00fccher.example [a-z]+.example.org", "", ""),
        ("odd.example.org", "", ""),
        ("old.example.org", "", "this host does not trust its certificate: certificate has expired"),
        ("own.example.org", "", "this host does not trust its certificate: unable to get local issuer certificate"),
        ("old.example.org", "SSLVerifyClient optional", "this host does not trust its certificate: certificate has expired"),
        ("old.example.org", "SSLVerifyClient require", ""),
        ("old.example.org", "RemoteIPProxyProtocol On", ""),
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


@pytest.mark.parametrize(
    ("around", "own", "asked"),
    [
        ("SSLVerifyClient require", "", False),
        ("SSLVerifyClient require", "SSLVerifyClient none", True),
        ("SSLVerifyClient optional", "SSLVerifyClient require", False),
        ("RemoteIPProxyProtocol On", "", False),
        ("", "", True),
    ],
)
def test_what_the_main_server_says_is_for_all_that_say_nothing(port: int, around: str, own: str, asked: bool) -> None:
    assert bool(seen(f"127.0.0.1:{port}", "old.example.org", f"{TLS}\n{own}", around=around).distrust) == asked


def test_names_that_ours_serve_or_that_are_left_out_are_not_asked_for(port: int) -> None:
    assert not seen(f"127.0.0.1:{port}", "Old.example.org", TLS, {"old.example.org"}).distrust


OWN, MORE = "192.0.2.2", "198.51.100.9"
VERIFY, PROXY = f'{TLS}\nSSLVerifyClient "Require"', f'{TLS}\nRemoteIPProxyProtocol "On"'
PLAIN = ("*:80", "www.example.org example.org", "Redirect / https://www.example.org/")
ALL, BOTH, ALONE = "Listen 443", f"Listen {MORE}:443\nListen {OWN}:443", f"Listen {OWN}:443"
BESIDE = [("*:443", "a.example.org", TLS), (f"{OWN}:443", "b.example.org", TLS)]


@pytest.mark.parametrize(
    ("hosts", "listen", "asked"),
    [
        ([("*:443", "a.example.org", TLS)], ALL, ["a.example.org 192.0.2.2:443"]),
        ([("*:443", "a.example.org", TLS)], BOTH, ["a.example.org 192.0.2.2:443"]),
        ([("*:443", "a.example.org", TLS)], f"Listen {MORE}:443", ["a.example.org 198.51.100.9:443"]),  # its own may be another program's
        # what is served everywhere is asked for where nobody hides it, and where httpd listens
        (BESIDE, ALL, ["a.example.org 127.0.0.1:443", "b.example.org 192.0.2.2:443"]),
        (BESIDE, BOTH, ["a.example.org 198.51.100.9:443", "b.example.org 192.0.2.2:443"]),
        (BESIDE, ALONE, ["b.example.org 192.0.2.2:443"]),
        (
            [("*:8443", "a.example.org", TLS), (f"{OWN}:443", "b.example.org", TLS)],
            "Listen 8443 https\nListen 443",
            ["a.example.org 192.0.2.2:8443", "b.example.org 192.0.2.2:443"],
        ),
        # whatever port it takes
        ([("*:*", "a.example.org", TLS)], "Listen 8443 https\nListen 443", ["a.example.org 192.0.2.2:443"]),
        ([("*:*", "a.example.org", TLS)], "Listen 8443 https", ["a.example.org 192.0.2.2:8443"]),
        ([("*:*", "a.example.org", TLS)], "", []),
        # an address that is another host's now
        ([(f"198.51.100.77:443 {OWN}:443", "a.example.org", TLS)], ALL, ["a.example.org 192.0.2.2:443"]),
        ([("198.51.100.77:443", "a.example.org", TLS)], ALL, []),
        # the first that has a name answers
        (
            [("*:443", "a.example.org *.b.example.org", TLS), ("*:443", "c.example.org a.example.org x.b.example.org", TLS)],
            ALL,
            ["a.example.org 192.0.2.2:443", "c.example.org 192.0.2.2:443"],
        ),
        # the PROXY protocol is for all of an address and port
        ([("*:443", "a.example.org", TLS), ("*:443", "b.example.org", PROXY)], ALL, []),
        ([("*:443", "a.example.org", PROXY), (f"{OWN}:443", "b.example.org", TLS)], ALL, []),
        ([("*:443", "a.example.org", TLS), (f"{OWN}:443", "b.example.org", PROXY)], ALL, ["a.example.org 127.0.0.1:443"]),
        ([("*:443", "a.example.org", TLS), ("*:8443", "b.example.org", PROXY)], ALL, ["a.example.org 192.0.2.2:443"]),
        ([("*:443", "a.example.org", TLS), ("*:443", "b.example.org", VERIFY)], ALL, ["a.example.org 192.0.2.2:443"]),
        # a nameless virtual host is the https of who leads there
        ([PLAIN, ("*:443", "", TLS)], ALL, ["www.example.org 192.0.2.2:443"]),
        ([PLAIN, ("*:443", "", PROXY)], ALL, []),
        ([PLAIN, ("*:443", "", VERIFY)], ALL, []),
    ],
)
def test_where_names_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, hosts: list[tuple[str, str, str]], listen: str, asked: list[str]
) -> None:
    there = [(f"{number}.conf", *host) for number, host in enumerate(hosts)]
    told: list[str] = []
    monkeypatch.setattr(_shown_certificates, "own_address", lambda: OWN)
    monkeypatch.setattr(_shown_certificates, "is_ours", lambda address: address in (OWN, MORE))
    monkeypatch.setattr(
        _shown_certificates, "_distrust", lambda one, _context: told.append(f"{' '.join(one.names)} {one.address}:{one.port}") or ""
    )
    found = discovery(*there, around=f"Listen 80\n{listen}")
    steps = plan(found, Rules(order(*there)))
    assert {step.action for step in steps if step.host.names} == {"https"}
    with_distrust(steps, found, ())
    assert sorted(told) == asked


def test_a_site_with_a_virtual_host_of_its_name_for_https_is_asked_for_once() -> None:
    found = discovery(("site.conf", "*:80", "www.example.org", ""), ("ssl.conf", "*:443", "www.example.org", TLS))
    asked = [_shown_certificates._place(host, found, ()).names for host in found.hosts]
    assert asked == [(), ("www.example.org",)]
