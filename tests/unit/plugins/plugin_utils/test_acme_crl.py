# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CA has revoked, by the CRLs of a test authority, and by much that is none; from a real http server."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import CertificateInfo
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestion
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_crl
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_crl import revoked
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_issuer import Acme
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_ledger import Ledger
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import wanted
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Answer as Signed
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, SigningRequest
from ansible_collections.encrypt.httpd.tests.faults.acme_proxy import ALWAYS, Exchange, Fault, Proxy
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ..module_utils.authority import Authority
from .conftest import Server, free_port
from .test_acme_issuer import ENTRY, host, pass_of
from .test_acme_issuer import run as pass_with
from .test_acme_ledger import remembering

NOW = datetime.now(timezone.utc).replace(microsecond=0)
DAY = timedelta(days=1)
CA, STRANGER = Authority("CA"), Authority("CA")  # of the same name
PUBLIC = CA.key.public_key()
REASON = x509.ReasonFlags
INDIRECT = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)


def crl(
    *serials: int,
    by: Authority = CA,
    name: str = "CA",
    reason: REASON | None = REASON.key_compromise,
    until: datetime = NOW + DAY,
    extension: x509.ExtensionType | None = None,
) -> bytes:
    """A CRL in DER."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(Authority(name).name)
    builder = builder.last_update(NOW - 9 * DAY).next_update(until)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - 5 * DAY)
        entry = entry.add_extension(x509.CRLReason(reason), critical=False) if reason else entry
        builder = builder.add_revoked_certificate(entry.build())
    builder = builder.add_extension(extension, critical=True) if extension else builder
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


class Publisher(http.server.ThreadingHTTPServer):
    """Gives the same to everybody."""

    daemon_threads = True
    body, status, pause = b"", 200, 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.said: list[dict[str, str]] = []

    def url(self, path: str = "ca.crl") -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.said.append(dict(self.headers))
        time.sleep(self.server.pause)
        self.send_response(self.server.status)
        for name, value in {"Content-Length": str(len(self.server.body)), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


def signed(url: str, public_key: Any = PUBLIC, names: Sequence[str] = ("www.example",)) -> x509.Certificate:
    """A leaf of the authority that names its CRL, beside one for another way to get it."""
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(CA.name).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + 60 * DAY)
    uris = [x509.UniformResourceIdentifier(one) for one in ("ldap://ca.example/cn=CA", url)]
    points = x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None) for uri in uris])
    builder = builder.add_extension(points, critical=False).add_extension(certificates.alternative_names(names), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(CA.key.public_key())
    return builder.add_extension(authority, critical=False).sign(CA.key, hashes.SHA256())


def leaf(url: str) -> CertificateInfo:
    return certificates.describe((signed(url), CA.certificate))


def ask(folder: Path, *leaves: CertificateInfo, now: datetime = NOW, remember: bool = True) -> dict[str, Suggestion]:
    return revoked(Ledger(folder / "ledger"), leaves, now, remember=remember)


def test_a_certificate_tells_its_crl_and_who_signed_it() -> None:
    found = leaf("http://ca.example/1.crl")
    assert (found.crl_url, found.issuer_certificate) == ("http://ca.example/1.crl", certificates.to_pem(CA.certificate))
    for url in ("https://ca.example/1.crl", "file:///etc/passwd"):
        assert (leaf(url).crl_url, leaf(url).issuer_certificate) == ("", "")
    assert certificates.describe((signed("http://ca.example/1.crl"),)).issuer_certificate == ""
    assert certificates.describe((CA.certificate,)).crl_url == ""
    assert CertificateInfo.from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (None, ""),
        (REASON.key_compromise, "keyCompromise"),
        (REASON.superseded, "superseded"),
        (REASON.certificate_hold, "certificateHold"),
    ],
)
def test_what_is_in_the_crl_is_revoked(publisher: Publisher, tmp_path: Path, reason: REASON | None, told: str) -> None:
    one, other = leaf(publisher.url()), leaf(publisher.url())
    publisher.body = crl(7, int(one.serial, 16), reason=reason)
    assert ask(tmp_path, one, other) == {one.renewal_id: Suggestion(NOW - 5 * DAY, told, revoked=True)}
    assert publisher.asked == ["/ca.crl"]


@dataclass
class Row:
    """What is published of a revoked certificate's serial number."""

    body: Callable[[int], bytes]
    status: int = 200
    headers: dict[str, str] | None = None


def of_version_3(serial: int) -> bytes:
    """There is none yet."""
    version, found = b"\x02\x01\x01", crl(serial)
    return found.replace(version, version[:-1] + b"\x02", 1)


HTML = b"<html>It works!</html>"
#: An issuing distribution point with an X.400 address.
X400 = x509.UnrecognizedExtension(x509.IssuingDistributionPoint.oid, bytes.fromhex("3008a006a004a3023000"))
NOT_REVOKED = {
    "not in it": Row(lambda serial: crl(serial + 1)),
    "none is": Row(lambda _serial: crl()),
    "taken out again": Row(lambda serial: crl(serial, reason=REASON.remove_from_crl)),
    "of another issuer": Row(lambda serial: crl(serial, name="Other CA")),
    "signed by another key": Row(lambda serial: crl(serial, by=STRANGER)),
    "signature broken": Row(lambda serial: crl(serial)[:-1] + b"\0"),
    "out of date": Row(lambda serial: crl(serial, until=NOW)),
    "of several issuers": Row(lambda serial: crl(serial, extension=INDIRECT)),
    "of a version to come": Row(of_version_3),
    "of a place that cannot be read": Row(lambda serial: crl(serial, extension=X400)),
    "half": Row(lambda serial: crl(serial)[:100]),
    "PEM": Row(lambda serial: b"-----BEGIN X509 CRL-----\n" + base64.b64encode(crl(serial)) + b"\n-----END X509 CRL-----\n"),
    "empty": Row(lambda _serial: b""),
    "HTML": Row(lambda _serial: HTML),
    "HTML, 404": Row(lambda _serial: HTML, 404),
    "a CRL, but 500": Row(crl, 500),
    "elsewhere": Row(lambda _serial: b"", 302, {"Location": "/other.crl"}),
    "compressed nonsense": Row(crl, 200, {"Content-Encoding": "gzip"}),
    "too large": Row(lambda serial: crl(*range(serial, serial + 200))),
    "too slow": Row(crl),
}


@pytest.mark.parametrize("row", NOT_REVOKED)
def test_what_says_nothing_changes_nothing(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    one, shown = leaf(publisher.url()), NOT_REVOKED[row]
    monkeypatch.setattr(_acme_crl._InTime, "most", 8192)
    monkeypatch.setattr(_acme_crl, "TIMEOUTS", (0.1, 0.2))
    publisher.body, publisher.status, publisher.headers = shown.body(int(one.serial, 16)), shown.status, shown.headers or {}
    publisher.pause = 1.0 if row == "too slow" else 0.0
    assert (len(publisher.body) > 8192) is (row == "too large")
    start = time.monotonic()
    assert ask(tmp_path, one) == {}
    assert time.monotonic() - start < 2
    assert ask(tmp_path, one) == {}
    assert publisher.asked == ["/ca.crl"]  # neither asked again so soon, nor led elsewhere


def test_lists_may_have_ten_million_bytes(publisher: Publisher, tmp_path: Path) -> None:
    one = leaf(publisher.url())
    publisher.body = crl(
        int(one.serial, 16), extension=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.1"), bytes(9_900_000))
    )
    assert list(ask(tmp_path, one)) == [one.renewal_id]


def test_a_server_that_does_not_answer_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    download = _acme_crl._download
    monkeypatch.setattr(_acme_crl, "_download", lambda url: (tried.append(url), download(url))[1])
    base = f"http://127.0.0.1:{free_port()}"
    assert ask(tmp_path, *(leaf(f"{base}/{number}.crl") for number in range(9))) == {}
    assert tried == [f"{base}/0.crl"]


def test_a_head_without_end_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_acme_crl, "TIMEOUTS", (0.1, 0.4))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_drip, args=(listener,), daemon=True).start()
        start = time.monotonic()
        assert ask(tmp_path, leaf(f"http://127.0.0.1:{listener.getsockname()[1]}/")) == {}
        assert time.monotonic() - start < 2


def _drip(listener: socket.socket) -> None:
    """Answer one, a byte at a time, for ten seconds."""
    with contextlib.suppress(OSError), listener.accept()[0] as connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _piece in range(100):
            time.sleep(0.1)
            connection.sendall(b"x")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a b/", "http://x:99999/", "http://\x7f/", f"http://{'a' * 70}.example/"])
def test_a_url_that_is_none_is_no_failure(tmp_path: Path, url: str) -> None:
    assert ask(tmp_path, leaf(url)) == {}


def test_what_cannot_be_verified_or_is_over_is_not_asked_for(publisher: Publisher, tmp_path: Path) -> None:
    one = leaf(publisher.url())
    gone = [replace(one, issuer_certificate=""), replace(one, renewal_id=""), replace(one, not_after=NOW), replace(one, crl_url="")]
    assert ask(tmp_path, *gone) == {}
    assert ask(tmp_path, replace(one, issuer_certificate="nonsense")) == {}
    assert publisher.asked == []


def test_what_the_controller_knows_of_a_server_is_not_told(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login ops password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    ask(tmp_path, leaf(publisher.url()))
    assert [said.get("Authorization") for said in publisher.said] == [None]


@pytest.mark.parametrize(
    ("until", "later", "asks"),
    [(DAY, 5.9, False), (DAY, 6.1, True), (2 * DAY / 24, 1.9, False), (2 * DAY / 24, 2.1, True)],
)
def test_it_is_remembered_until_the_next_one(publisher: Publisher, tmp_path: Path, until: timedelta, later: float, asks: bool) -> None:
    one = leaf(publisher.url())
    publisher.body = crl(int(one.serial, 16), until=NOW + until)
    assert ask(tmp_path, one)
    ask(tmp_path, one, now=NOW + timedelta(hours=later))
    assert len(publisher.asked) == 1 + asks


def test_one_that_is_valid_outlives_a_server_that_is_out_of_order(publisher: Publisher, tmp_path: Path) -> None:
    one = leaf(publisher.url())
    publisher.body = crl(int(one.serial, 16), until=NOW + DAY)
    assert ask(tmp_path, one)
    publisher.body = HTML
    assert ask(tmp_path, one, now=NOW + DAY / 2)
    assert not ask(tmp_path, one, now=NOW + DAY)
    assert len(publisher.asked) == 3


def test_a_host_spoils_the_crl_of_another_ca_for_nobody(publisher: Publisher, tmp_path: Path) -> None:
    one = leaf(publisher.url())
    publisher.body = crl(int(one.serial, 16))
    assert ask(tmp_path, replace(one, issuer_certificate=certificates.to_pem(STRANGER.certificate))) == {}
    assert ask(tmp_path, one)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fleet_fetches_it_once(publisher: Publisher, tmp_path: Path) -> None:
    """Each host is a process of its own, all at once."""
    leaves = [leaf(publisher.url()) for _host in range(8)]
    publisher.body, publisher.pause = crl(*(int(one.serial, 16) for one in leaves)), 0.5
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    hosts = [context.Process(target=lambda one=one: found.put(list(ask(tmp_path, one)))) for one in leaves]
    for process in hosts:
        process.start()
    told = [found.get() for _host in hosts]
    for process in hosts:
        process.join(60)
    assert sorted(told) == sorted([one.renewal_id] for one in leaves)
    assert publisher.asked == ["/ca.crl"]


def test_check_mode_keeps_nothing(publisher: Publisher, tmp_path: Path) -> None:
    one = leaf(publisher.url())
    publisher.body = crl(int(one.serial, 16))
    for _time in range(2):
        assert ask(tmp_path, one, remember=False)
    assert (len(publisher.asked), list(tmp_path.iterdir())) == (2, [])


class SignedBefore:
    """Stands for the ACME server that signed what is in place."""

    def __init__(self, label: str, url: str) -> None:
        self.label, self.url = label, url

    def sign(self, requests: Sequence[SigningRequest], *, check_mode: bool) -> list[Signed]:
        del check_mode
        keys = [certificates.load_request(one.csr.encode(), one.name).public_key() for one in requests]
        chains = [certificates.to_pem(signed(self.url, key, one.names), CA.certificate) for key, one in zip(keys, requests)]
        return [Issued(one.name, chain) for one, chain in zip(requests, chains)]


def without_ari(exchange: Exchange) -> None:
    """A CA that does not know RFC 9773."""
    answer = exchange.forward()
    directory = {name: value for name, value in json.loads(answer.body).items() if name != "renewalInfo"}
    exchange.answer(replace(answer, body=json.dumps(directory).encode()))


@pytest.mark.pebble
def test_what_a_ca_without_ari_has_revoked_is_replaced(proxied_pebble: tuple[Server, Proxy], publisher: Publisher, tmp_path: Path) -> None:
    server, proxy = proxied_pebble
    proxy.reset([Fault("directory", without_ari, 1, ALWAYS)])
    acme = Acme(remembering(server, tmp_path), host)
    before: Any = SignedBefore(acme.label, publisher.url())
    before.on_host = host
    assert pass_with(before, [wanted(ENTRY, acme)], tmp_path)["issued"] == ["www"]
    place = tmp_path / "tls" / "www" / "current"
    chain, key = (certificates.load_chain((place / "fullchain.pem").read_bytes(), "www"), (place / "privkey.pem").read_bytes())
    publisher.body = crl(1)
    assert pass_of(acme, tmp_path)["due"] == {}
    publisher.body = crl(chain[0].serial_number)
    assert pass_of(acme, tmp_path)["due"] == {}  # as remembered
    told = pass_of(acme, tmp_path, later=timedelta(hours=7))
    day = f"{NOW - 5 * DAY:%Y-%m-%d}"
    assert told["due"] == {"www": f"was revoked on {day} (keyCompromise), as its CA's CRL says"}
    assert (told["issued"], told["warnings"]) == (["www"], [])
    assert (place / "privkey.pem").read_bytes() != key
    assert pass_of(acme, tmp_path, later=timedelta(hours=7))["due"] == {}
    assert (len(publisher.asked), proxy.asked["renewalInfo"]) == (2, 0)
    proxy.reset([])
