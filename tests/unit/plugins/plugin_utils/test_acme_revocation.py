# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revocation by account and by the keys of certificates, with a real Pebble."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils import _store as store
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._versions import promote
from ansible_collections.encrypt.httpd.plugins.modules.revocation_request import run
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_deactivation import deactivate
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import UnreachableError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_key_revocation import Courier
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_revocation import Outcome, revoke
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, SigningRequest

from ..module_utils.authority import Authority
from .conftest import NEWEST, OLD, Server
from .test_acme import ready

pytestmark = pytest.mark.pebble
BOTH = pytest.mark.parametrize("server", [NEWEST, OLD], indirect=True)

Named = list[tuple[str, str]]
Asked = list[dict[str, Any]]


class Host:
    """A host with certificates in its store."""

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "tls"
        self.rounds: list[int] = []
        self.returned = ""

    def get(self, settings: Settings, *names: str, key_type: str = "ecdsa-p256") -> Named:
        """Have the CA sign for these names, and put that in place; gives names and chains."""
        layouts = [Layout(str(self.directory), name) for name in names]
        wanted = [SigningRequest(layout.name, store.prepare(layout, (layout.name,), key_type)[0]) for layout in layouts]
        answers = issue(settings, wanted)
        chains = [(answer.name, answer.chain) for answer in answers if isinstance(answer, Issued)]
        assert len(chains) == len(names), answers
        for layout, (_name, chain) in zip(layouts, chains):
            store.stage(layout, chain, "acme")
            promote(layout)
        return chains

    def sign(self, asked: Asked) -> Asked:
        """As the action has the host do it: JSON in, JSON out."""
        self.rounds.append(len(asked))
        told = json.dumps(run({"directory": str(self.directory), "requests": json.loads(json.dumps(asked))}))
        self.returned += told
        return list(json.loads(told)["requests"])


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def server(request: pytest.FixtureRequest, start_pebble: Callable[..., Server]) -> Server:
    return start_pebble(getattr(request, "param", NEWEST), PEBBLE_WFE_NONCEREJECT="0")


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    return ready(server, tmp_path)


def lost(settings: Settings) -> Settings:
    """The controller with the account is lost."""
    assert settings.account_key
    return replace(settings, account_key=settings.account_key.parent.parent / "other" / "account.pem")


def status(server: Server, chain: str) -> tuple[str, int]:
    """What the CA's records say."""
    serial = certificates.describe(certificates.load_chain(chain.encode(), "")).serial
    told = requests.get(f"{server.management}/cert-status-by-serial/{serial}", verify=server.ca_bundle, timeout=10).json()
    return told["Status"], told.get("Reason", 0)


@BOTH
def test_what_the_account_revokes_is_so_in_the_records_of_the_ca(server: Server, settings: Settings, host: Host) -> None:
    chains = host.get(settings, "www.example")
    foreign = Authority("Another CA").sign(keys.generate("ecdsa-p256").public_key(), ["other.example"])
    chains.append(("other.example", certificates.to_pem(foreign)))
    outcome = revoke(settings, chains, "keyCompromise", host.sign)
    assert (outcome.revoked, outcome.already, list(outcome.refused)) == (["www.example"], [], ["other.example"])
    assert revoke(settings, chains[:1], "keyCompromise", host.sign).already == ["www.example"]
    assert status(server, chains[0][1]) == ("Revoked", 1)


@BOTH
@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048"])
def test_the_key_of_a_certificate_is_enough(server: Server, settings: Settings, host: Host, key_type: str) -> None:
    chains = host.get(settings, "www.example", key_type=key_type)
    away = lost(settings)
    assert revoke(away, chains, "superseded", host.sign) == Outcome(revoked=["www.example"])
    assert status(server, chains[0][1]) == ("Revoked", 4)
    assert revoke(away, chains, "superseded", host.sign) == Outcome(already=["www.example"])
    assert away.account_key
    assert not away.account_key.parent.exists()  # no account was made for it
    key = (host.directory / "www.example" / "current" / "privkey.pem").read_text(encoding="utf-8")
    assert not any(line in host.returned for line in key.splitlines()[1:-1])


@pytest.mark.parametrize("end", ["another", "deactivated"])
def test_what_the_account_may_not_revoke_its_key_may(server: Server, settings: Settings, host: Host, tmp_path: Path, end: str) -> None:
    """Where another account got it, and where the account was deactivated."""
    chains = host.get(settings, "a.example", "b.example")
    later = ready(server, tmp_path / "later") if end == "another" else settings
    mine = host.get(later, "c.example") if end == "another" else []
    if end == "deactivated":
        deactivate(settings, check_mode=False)
    outcome = revoke(later, [*mine, *chains], "unspecified", host.sign)
    assert (sorted(outcome.revoked), outcome.refused) == (sorted(name for name, _chain in [*mine, *chains]), {})
    assert host.rounds == [2]


def test_who_has_neither_is_told(settings: Settings, host: Host, tmp_path: Path) -> None:
    """One such certificate stops no other."""
    chains = host.get(settings, "www.example", "gone.example")
    (host.directory / "gone.example" / "current" / "privkey.pem").unlink()
    outcome = revoke(lost(settings), chains, "unspecified", host.sign)
    assert outcome.revoked == ["www.example"]
    assert "its private key is not below" in outcome.refused["gone.example"]
    assert "no account that may revoke it" in outcome.refused["gone.example"]


def test_signed_by_the_certificate_alone(server: Server, settings: Settings, host: Host) -> None:
    chains = host.get(settings, "www.example")
    assert revoke(settings, chains, "unspecified", host.sign, by_account=False) == Outcome(revoked=["www.example"])
    assert host.rounds == [1]
    assert status(server, chains[0][1])[0] == "Revoked"


def test_the_key_of_an_earlier_version_is_found_whoever_may_read_it(settings: Settings, host: Host) -> None:
    chains = host.get(settings, "www.example")
    store.prepare(Layout(str(host.directory), "www.example"), ("www.example",), "ecdsa-p256", rekey=True)
    host.get(settings, "www.example")
    (host.directory / "www.example" / "versions" / "1" / "privkey.pem").chmod(0o644)
    assert revoke(lost(settings), chains, "keyCompromise", host.sign) == Outcome(revoked=["www.example"])


def test_nonces_that_are_not_taken(start_pebble: Callable[..., Server], host: Host, tmp_path: Path) -> None:
    """The host is asked once more for those, and for no others."""
    settings = ready(start_pebble(PEBBLE_WFE_NONCEREJECT="40"), tmp_path)
    names = [f"n{number}.example" for number in range(12)]
    outcome = revoke(lost(settings), host.get(settings, *names), "unspecified", host.sign)
    assert (sorted(outcome.revoked), outcome.refused) == (sorted(names), {})
    assert host.rounds[0] == 12
    assert sorted(host.rounds, reverse=True) == host.rounds
    assert 1 < len(host.rounds) <= 10


def test_nonces_that_are_never_taken(settings: Settings, host: Host) -> None:
    def stale(asked: Asked) -> Asked:
        return host.sign([{**entry, "nonce": "c3RhbGU"} for entry in asked])

    outcome = revoke(lost(settings), host.get(settings, "www.example"), "unspecified", stale)
    assert outcome == Outcome(refused={"www.example": "the CA takes none of 10 fresh nonces"})
    assert host.rounds == [1] * 10


@pytest.fixture
def mixed(server: Server, settings: Settings, host: Host, tmp_path: Path) -> tuple[Settings, Named]:
    """An account, and certificates of which it may revoke c.example alone."""
    others = host.get(settings, "a.example", "b.example")
    later = ready(server, tmp_path / "later")
    return later, [*host.get(later, "c.example"), *others]


@pytest.mark.parametrize(
    ("moment", "revoked"),
    [
        ("account", []),
        ("directory", ["c.example"]),
        ("signing", ["c.example"]),
        ("second signing", ["c.example", "b.example"]),
    ],
)
def test_what_is_revoked_is_told_whatever_comes_after(
    mixed: tuple[Settings, Named], host: Host, monkeypatch: pytest.MonkeyPatch, moment: str, revoked: list[str]
) -> None:
    """For what the account may not revoke the CA has to answer once more, and the host to sign."""
    directory = client.ClientV2.get_directory

    def answers(url: str, network: Any) -> Any:
        if moment == ("directory" if isinstance(network, Courier) else "account"):
            raise UnreachableError("it is gone")
        return directory(url, network)

    def sign(asked: Asked) -> Asked:
        if moment == ("second signing" if host.rounds else "signing"):
            raise Error("it is gone")
        return host.sign([{**asked[0], "nonce": "c3RhbGU"}, *asked[1:]])

    monkeypatch.setattr(client.ClientV2, "get_directory", answers)
    refused = {name: "it is gone" for name in ("a.example", "b.example", "c.example") if name not in revoked}
    account, chains = mixed
    assert revoke(account, chains, "unspecified", sign) == Outcome(revoked=revoked, refused=refused)


def test_a_request_for_another_url_is_refused(settings: Settings, host: Host) -> None:
    def elsewhere(asked: Asked) -> Asked:
        return host.sign([{**entry, "url": entry["url"] + "/elsewhere"} for entry in asked])

    outcome = revoke(lost(settings), host.get(settings, "www.example"), "unspecified", elsewhere)
    assert list(outcome.refused) == ["www.example"]


def test_a_certificate_in_the_clear(host: Host) -> None:
    """What cannot be read is a problem of its own."""
    (answer,) = host.sign([{"name": "www.example", "certificate": "none", "reason": 0, "url": "https://ca.example", "nonce": "x"}])
    assert answer["signed"] is None
    assert "www.example" in answer["problem"]
