# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dns-01, with a real Pebble that asks a real Knot."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dns.query
import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _dns_lookup
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_order import Order
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_solvers import Proof
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns01 import dns01
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_lookup import Lookup
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_provider import DnsError, DnsOutageError, in_turn
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_settings import Endpoint, read_dns
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused, SigningRequest
from cryptography import x509

from .conftest import Server
from .knot import KEY, SECRET, Knot, resolver, start_knot
from .test_dns_records import impatient

__all__ = ["impatient", "start_knot"]
pytestmark = pytest.mark.pebble
NAME = "_acme-challenge.example.org"
#: A program of a user: tells what it is asked for in a file, and updates the zone with the key out of its surroundings.
PROGRAM = """#!{python}
import sys
import dns.query, dns.update, dns.tsigkeyring
action, name, value = sys.argv[1:]
zone = next(zone for zone in ("example.org", "validation.example.net") if name.endswith(zone + "."))
update = dns.update.UpdateMessage(zone, keyring=dns.tsigkeyring.from_text({{"{key}": ("hmac-sha256", "{secret}")}}))
if action == "present":
    update.add(name, 60, "TXT", value)
elif action == "cleanup":
    update.delete(name, "TXT", value)
assert dns.query.tcp(update, "127.0.0.1", 5, {port}).rcode() == 0
"""


def program(folder: Path, text: str) -> str:
    path = folder / "update-dns"
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def by_program(knot: Knot, folder: Path) -> dict[str, Any]:
    text = PROGRAM.format(python=sys.executable, key=KEY, secret=SECRET, port=knot.port)
    return {"provider": "program", "program": program(folder, text)}


def by_rfc2136(knot: Knot, _folder: Path) -> dict[str, Any]:
    return {"provider": "rfc2136", "server": "localhost", "port": knot.port, "key_name": KEY, "key_secret": SECRET}


def by_key_file(knot: Knot, folder: Path) -> dict[str, Any]:
    file = folder / "tsig.key"
    file.touch(0o600)
    file.write_text(f'key "{KEY}" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n')
    return {"provider": "rfc2136", "server": "127.0.0.1", "port": knot.port, "key_file": str(file)}


def by_lexicon(knot: Knot, _folder: Path) -> dict[str, Any]:
    options = {"auth_token": f"hmac-sha256:{KEY}:{SECRET}", "ddns_server": "127.0.0.1"}
    return {"provider": "lexicon", "lexicon_provider": "ddns", "lexicon_options": options}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks lie there."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def lexicon_ddns_has_no_option_for_the_port(monkeypatch: pytest.MonkeyPatch) -> Callable[[Knot], None]:
    from lexicon._private.providers import ddns

    def lead_to(knot: Knot) -> None:
        monkeypatch.setattr(ddns.Provider, "_run_query", lambda self, one: dns.query.tcp(one, self.endpoint, 10, knot.port))

    return lead_to


@dataclass
class Lab:
    """A CA and its account, the DNS server that it asks, and the settings."""

    knot: Knot
    settings: Settings

    def asked(self, **dns: Any) -> Settings:
        """The settings, with DNS options said otherwise."""
        own = {"resolvers": [self.knot.endpoint], "authoritative_servers": [self.knot.endpoint], "propagation_timeout": 10}
        return replace(self.settings, dns=read_dns({**own, **dns}))


@pytest.fixture
def lab(start_pebble: Callable[..., Server], start_knot: Callable[[], Knot], tmp_path: Path) -> Lab:
    return make_lab(start_pebble, start_knot(), tmp_path)


def make_lab(start_pebble: Callable[..., Server], knot: Knot, folder: Path, asks: Knot | None = None) -> Lab:
    server = start_pebble(dns=(asks or knot).port)
    key = folder / "acme" / "account.pem"
    settings = Settings(server.directory, account_key=key, terms_agreed=True, ca_bundle=server.ca_bundle, timeout=30)
    return Lab(knot, settings)


def request(*names: str) -> SigningRequest:
    return SigningRequest(names[0], certificates.make_request(keys.generate("ecdsa-p256"), names).decode(), "dns-01")


def names_of(answer: Issued | Refused) -> set[str]:
    assert isinstance(answer, Issued), answer
    leaf = x509.load_pem_x509_certificate(answer.chain.encode())
    return set(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName))


@pytest.mark.parametrize("by", [by_rfc2136, by_key_file, by_program, by_lexicon])
def test_a_wildcard_beside_its_base_and_several_orders_for_the_same_name(
    lab: Lab, tmp_path: Path, by: Callable[..., dict[str, Any]], lexicon_ddns_has_no_option_for_the_port: Callable[[Knot], None]
) -> None:
    lexicon_ddns_has_no_option_for_the_port(lab.knot)
    before = lab.knot.serial()
    answers = issue(lab.asked(**by(lab.knot, tmp_path)), [request("example.org", "*.example.org") for _number in range(4)])
    for answer in answers:
        assert names_of(answer) == {"example.org", "*.example.org"}
        assert isinstance(answer, Issued)
        assert answer.note == ""
    assert lab.knot.texts(NAME) == []
    assert lab.knot.serial() - before >= 4


def test_names_with_and_without_dns_go_side_by_side(lab: Lab, tmp_path: Path) -> None:
    by_dns, by_http = request("www.example.org"), replace(request("no-address.example.org"), challenge="http-01")
    issued, refused = issue(lab.asked(**by_rfc2136(lab.knot, tmp_path)), [by_dns, by_http])
    assert isinstance(issued, Issued)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("no-address.example.org: ")


def test_a_challenge_that_is_delegated_by_cname(
    start_pebble: Callable[..., Server], start_knot: Callable[[], Knot], tmp_path: Path
) -> None:
    knot = start_knot()
    with resolver(knot) as asked:
        lab = make_lab(start_pebble, knot, tmp_path, asks=asked)
        follow_cname(lab, tmp_path)


def follow_cname(lab: Lab, tmp_path: Path) -> None:
    before = [lab.knot.serial(zone) for zone in ("example.org", "validation.example.net")]
    (answer,) = issue(lab.asked(**by_rfc2136(lab.knot, tmp_path)), [request("moved.example.org", "*.moved.example.org")])
    assert names_of(answer) == {"moved.example.org", "*.moved.example.org"}
    after = [lab.knot.serial(zone) for zone in ("example.org", "validation.example.net")]
    assert after[0] == before[0]
    assert after[1] > before[1]
    assert lab.knot.texts("moved.validation.example.net") == []


def test_types_of_challenges_that_nobody_knows_do_no_harm(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pebble itself offers dns-persist-01; one more is invented here, with a field that is none of a challenge."""
    offered: set[str] = set()
    post = Order._post

    def inventive(order: Order, url: str, body: Any = None) -> Any:
        response = post(order, url, body)
        if "/authZ/" in url:
            found = response.json()
            offered.update(one["type"] for one in found["challenges"])
            invented = {"type": "carrier-pigeon-01", "url": "https://ca.test/pigeon", "status": "pending", "coop": ["north"]}
            response.json = lambda **_options: {**found, "challenges": [invented, *found["challenges"]]}
        return response

    monkeypatch.setattr(Order, "_post", inventive)
    (answer,) = issue(lab.asked(**by_rfc2136(lab.knot, tmp_path)), [request("www.example.org")])
    assert isinstance(answer, Issued), answer
    assert {"dns-01", "dns-persist-01"} <= offered


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("change", "name", "told"),
    [
        ({"key_secret": "d3Jvbmc="}, "example.org", f"by the key {KEY} (hmac-sha256): the secret is not that of the key"),
        ({"key_name": "other-key"}, "example.org", "by the key other-key (hmac-sha256): it knows no key of this name"),
        ({"key_name": "", "key_secret": ""}, "example.org", "refuses the update of _acme-challenge.example.org in the zone example.org"),
        ({}, "fixed.example", "it knows no key of this name and algorithm, or not for this zone"),
        ({"server": "127.0.0.2"}, "example.org", "the DNS server 127.0.0.2:"),
        ({}, "circle.example.org", "its CNAMEs have no end"),
    ],
)
def test_what_the_dns_server_refuses(lab: Lab, tmp_path: Path, change: dict[str, str], name: str, told: str) -> None:
    settings = lab.asked(**{**by_rfc2136(lab.knot, tmp_path), **change})
    (refused,) = issue(settings, [request(name)])
    assert isinstance(refused, Refused)
    assert told in refused.reason
    assert refused.passing is ("server" in change)  # nobody listens there: what is in place does for now
    for text in (refused.reason, repr(settings)):
        assert SECRET not in text
        assert "d3Jvbmc=" not in text


def test_a_server_that_never_gets_the_record_is_named(lab: Lab, start_knot: Callable[[], Knot], tmp_path: Path) -> None:
    behind = start_knot()
    settings = lab.asked(
        **by_rfc2136(lab.knot, tmp_path), authoritative_servers=[lab.knot.endpoint, behind.endpoint], propagation_timeout=1
    )
    before = lab.knot.serial()
    (refused,) = issue(settings, [request("example.org")])
    assert isinstance(refused, Refused)
    assert refused.reason.startswith(f"{behind.endpoint} has no TXT record ")
    assert f"at {NAME}. The CA was not asked. Give propagation_timeout more seconds" in refused.reason
    assert lab.knot.endpoint not in refused.reason
    assert lab.knot.serial() >= before + 2
    assert lab.knot.texts(NAME) == []


def test_who_cannot_reach_the_servers_need_not_look(lab: Lab, tmp_path: Path) -> None:
    unreachable = {"authoritative_servers": ["127.0.0.1:1"], "propagation_timeout": 0}
    (answer,) = issue(lab.asked(**by_rfc2136(lab.knot, tmp_path), **unreachable), [request("example.org")])
    assert isinstance(answer, Issued), answer


def test_nothing_is_left_when_the_ca_refuses(start_pebble: Callable[..., Server], start_knot: Callable[[], Knot], tmp_path: Path) -> None:
    lab = make_lab(start_pebble, start_knot(), tmp_path, asks=start_knot())
    before = lab.knot.serial()
    (refused,) = issue(lab.asked(**by_rfc2136(lab.knot, tmp_path)), [request("example.org", "*.example.org")])
    assert isinstance(refused, Refused)
    assert "(unauthorized)" in refused.reason
    assert lab.knot.serial() >= before + 2
    assert lab.knot.texts(NAME) == []


@pytest.mark.parametrize("ca_agrees", [True, False])
def test_a_clean_up_that_fails_is_told_besides(
    start_pebble: Callable[..., Server], start_knot: Callable[[], Knot], tmp_path: Path, ca_agrees: bool
) -> None:
    knot = start_knot()
    lab = make_lab(start_pebble, knot, tmp_path, asks=knot if ca_agrees else start_knot())
    options = by_program(knot, tmp_path)
    path = Path(options["program"])
    path.write_text(path.read_text().replace("import sys\n", "import sys\nif sys.argv[1] == 'cleanup': sys.exit('the zone is\\nlocked')\n"))
    (answer,) = issue(lab.asked(**options), [request("example.org")])
    (value,) = knot.texts(NAME)
    ended = f"{path} cleanup {NAME}. {value}: ended with status 1: the zone is locked"
    note = f"the TXT record {value} of {NAME} may still be there, remove it by hand: {ended}"
    if ca_agrees:
        assert isinstance(answer, Issued)
        assert answer.note == note
    else:
        assert isinstance(answer, Refused)
        assert answer.reason.startswith("example.org: ")
        assert answer.reason.endswith(f"; {note}")


class _Challenge:
    """As acme's."""

    class chall:  # noqa: N801
        @staticmethod
        def validation(_key: object) -> str:
            return "the-value"


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, ValueError])
def test_nothing_is_left_however_it_ends(start_knot: Callable[[], Knot], tmp_path: Path, end: type[BaseException]) -> None:
    knot = start_knot()
    own = {"resolvers": [knot.endpoint], "authoritative_servers": [knot.endpoint]}
    settings = read_dns({**by_rfc2136(knot, tmp_path), **own, "propagation_timeout": 5})
    solver, told = dns01(settings, threading.Event()), list[str]()
    shown: list[str] = []

    def stopped() -> None:
        with solver.presented([Proof("example.org", _Challenge, None)], time.monotonic() + 10, told.append):
            shown.extend(knot.texts(NAME))
            raise end

    with pytest.raises(end):
        stopped()
    assert shown == ["the-value"]
    assert knot.texts(NAME) == []
    assert told == []


def test_a_signal_waits_until_nothing_is_left(lab: Lab, start_knot: Callable[[], Knot], tmp_path: Path) -> None:
    """As Ansible ends its workers on Ctrl-C."""
    settings = lab.asked(**by_rfc2136(lab.knot, tmp_path), authoritative_servers=[start_knot().endpoint], propagation_timeout=60)
    came: list[list[str]] = []
    before = signal.signal(signal.SIGTERM, lambda *_arguments: came.append(lab.knot.texts(NAME)))
    threading.Thread(target=_signal_once_there, args=(lab.knot,), daemon=True).start()
    try:
        answers = issue(replace(settings, concurrency=1), [request("example.org"), request("www.example.org")])
        assert came == [[]]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [answer.reason for answer in answers if isinstance(answer, Refused)] == [
        "stopped while DNS servers had not got all records yet",
        "it was not ordered, since the run was stopped",
    ]


def test_a_signal_ends_the_wait_for_the_ca(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Order._post

    def undecided(order: Order, url: str, body: Any = None) -> Any:
        response = post(order, url, body)
        if "/authZ/" in url:
            found = response.json()
            response.json = lambda **_options: {**found, "status": "pending"}
        return response

    monkeypatch.setattr(Order, "_post", undecided)
    came: list[list[str]] = []
    before = signal.signal(signal.SIGTERM, lambda *_arguments: came.append(lab.knot.texts(NAME)))
    threading.Thread(target=_signal_once_there, args=(lab.knot,), daemon=True).start()
    begun = time.monotonic()
    try:
        (answer,) = issue(lab.asked(**by_rfc2136(lab.knot, tmp_path)), [request("example.org")])
        assert came == [[]]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert isinstance(answer, Refused)
    assert answer.reason == "stopped before the CA was done; the next run asks again"
    assert time.monotonic() - begun < lab.settings.timeout / 2


def _signal_once_there(knot: Knot) -> None:
    while not knot.texts(NAME):
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)


def test_the_authoritative_servers_are_found(start_knot: Callable[[], Knot]) -> None:
    knot = start_knot()
    lookup = Lookup([Endpoint.parse(knot.endpoint, "")], port=knot.port)
    (server,) = lookup.servers("_acme-challenge.deep.below.example.org")
    assert str(server) == f"ns1.example.org (127.0.0.1:{knot.port})"
    assert server.texts("_acme-challenge.deep.below.example.org") == []
    assert lookup.zone("moved.validation.example.net") == "validation.example.net"
    with pytest.raises(DnsError, match="unknown.test: the SOA record cannot be looked up: .*; resolvers takes the servers to ask") as told:
        lookup.servers("unknown.test")
    assert not isinstance(told.value, DnsOutageError)


def test_resolvers_that_do_not_answer_are_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dns_lookup, "LOOKUP", 0.5)
    with pytest.raises(DnsOutageError, match="example.org: the SOA record cannot be looked up: "):
        Lookup([Endpoint("127.0.0.1", 1)]).servers("example.org")


def test_a_server_that_does_not_answer_is_asked_at_its_other_address(
    start_knot: Callable[[], Knot], monkeypatch: pytest.MonkeyPatch
) -> None:
    knot = start_knot()
    monkeypatch.setattr(_dns_lookup, "ANSWER", 0.5)
    (server,) = Lookup([Endpoint.parse(knot.endpoint, "")], port=knot.port).servers("example.org")
    dead = Endpoint("127.0.0.1", 1)
    assert replace(server, endpoints=(dead, *server.endpoints)).texts(NAME) == []
    with pytest.raises(DnsError, match=r"127\.0\.0\.1 does not answer"):
        replace(server, endpoints=(dead,)).texts(NAME)
    with pytest.raises(DnsError, match=r"127\.0\.0\.1 answers REFUSED"):
        server.texts("unknown.test")


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    hangs = program(tmp_path, f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/child\nwait\n")
    solver = dns01(read_dns({"provider": "program", "program": hangs}), threading.Event())
    begun = time.monotonic()
    with pytest.raises(DnsError, match=r"present example\.org\. value: was not done after 2 seconds, and was ended"):
        solver._provider.present("example.org", "value", 2)
    assert time.monotonic() - begun < 10
    child = Path("/proc", (tmp_path / "child").read_text().strip(), "status")
    while child.exists() and "State:\tZ" not in child.read_text():  # a signal takes a moment
        assert time.monotonic() - begun < 20
        time.sleep(0.05)


def test_no_error_of_a_lexicon_provider_shows_its_options(start_knot: Callable[[], Knot], monkeypatch: pytest.MonkeyPatch) -> None:
    from lexicon._private.providers import ddns

    knot = start_knot()
    token = f"hmac-sha256:{KEY}:{SECRET}"

    def broken(self: Any, _message: Any) -> None:
        quoted, plain = token.replace(":", "%3A").replace("=", "%3D"), self._get_provider_option("auth_token")
        raise ValueError(f"401 for https://dns.test/?token={quoted}&other={plain}")

    monkeypatch.setattr(ddns.Provider, "_run_query", broken)
    options = {"provider": "lexicon", "lexicon_provider": "ddns", "lexicon_options": {"auth_token": token, "ddns_server": "127.0.0.1"}}
    solver = dns01(read_dns({**options, "resolvers": [knot.endpoint]}), threading.Event())
    with pytest.raises(DnsError) as raised:
        solver._provider.present(NAME, "value", 5)
    told = "ValueError: 401 for https://dns.test/?token=********&other=********"
    assert str(raised.value) == f"ddns (dns-lexicon) did not create {NAME} in example.org: {told}"
    assert raised.value.__suppress_context__
    assert SECRET not in repr(solver._provider)


def test_a_lexicon_provider_that_hangs_is_given_up(start_knot: Callable[[], Knot], monkeypatch: pytest.MonkeyPatch) -> None:
    from lexicon._private.providers import ddns

    knot, over = start_knot(), threading.Event()
    monkeypatch.setattr(ddns.Provider, "_run_query", lambda *_arguments: over.wait(60))
    solver = dns01(read_dns({**by_lexicon(knot, Path()), "resolvers": [knot.endpoint]}), over)
    with pytest.raises(DnsError, match=f"did not create {NAME} in example.org: TimeoutError: no answer after 2 seconds"):
        solver._provider.present(NAME, "value", 1)
    over.set()


def test_one_name_is_written_by_one_at_a_time() -> None:
    with in_turn("a name", 1):
        with in_turn("another name", 1):
            pass
        with pytest.raises(DnsError, match="a name was busy with other orders all the time"), in_turn("a name", 0.1):
            pass
