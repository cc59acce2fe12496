# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users say of their DNS, and mistakes that are told before anything is touched."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.sites import sites_problem
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, FileError
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _dns_settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import ARGUMENTS, DNS, ORDERS, settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_settings import Endpoint, read_dns
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_tsig import Tsig
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import wanted

DEFAULTS = {"redirect_http": "permanent", "hsts": 0, "key_type": "ecdsa-p256", "issuer": "acme", "shared_by": "", "replace": False}
SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
UPDATES = {"provider": "rfc2136", "server": "ns1.example.org", "key_name": "acme-key", "key_secret": SECRET}
LEXICON = {"provider": "lexicon", "lexicon_provider": "ddns", "lexicon_options": {"auth_token": SECRET}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "dns: provider: for dns-01, say how to reach your DNS: rfc2136, program, lexicon"),
        ({"provider": "pigeon"}, "dns: provider: 'pigeon' is not allowed"),
        ({**UPDATES, "server": ""}, "dns: server: name the DNS server that takes updates"),
        ({**UPDATES, "port": 70000}, "dns: port: 70000 is no port"),
        ({**UPDATES, "key_name": ""}, "dns: key_name: a key needs its name"),
        ({**UPDATES, "key_secret": ""}, "dns: key_secret: a key is written in base64"),
        ({**UPDATES, "key_secret": "no base64"}, "dns: key_secret: a key is written in base64"),
        ({**UPDATES, "key_algorithm": "hmac-md5"}, "dns: key_algorithm: 'hmac-md5' is not allowed; allowed are hmac-sha256"),
        ({**UPDATES, "key_file": "/nowhere"}, "dns: key_secret and key_file both give the key"),
        ({**UPDATES, "program": "/bin/true"}, "dns: program is not for the provider rfc2136, which takes server, port"),
        ({"provider": "program", "server": "ns1"}, "dns: server is not for the provider program, which takes program"),
        ({"provider": "program"}, "dns: program: '' is no program on the controller"),
        ({"provider": "program", "program": "true"}, "dns: program: 'true' is no program on the controller"),
        ({"provider": "program", "program": "/etc/passwd"}, "'/etc/passwd' is no program on the controller that you may run"),
        ({**LEXICON, "lexicon_provider": "pigeon"}, "dns: lexicon_provider: 'pigeon' is none of those that dns-lexicon has"),
        ({**LEXICON, "lexicon_provider": "route53"}, "the controller lacks a Python package; pip install 'dns-lexicon[route53]'"),
        ({**UPDATES, "propagation_timeout": -1}, "dns: propagation_timeout: -1 is no number of seconds"),
        ({**UPDATES, "resolvers": ["ns1.example.org"]}, "dns: resolvers: 'ns1.example.org' is no IP address; write one such as 192.0.2.1"),
        ({**UPDATES, "authoritative_servers": ["192.0.2.1:0"]}, "dns: authoritative_servers: 0 is no port"),
    ],
)
def test_mistakes_are_told_without_secrets(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        read_dns(given)
    assert told in str(raised.value)
    for secret in (SECRET, "no base64"):
        assert secret not in str(raised.value)
        assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("192.0.2.1", Endpoint("192.0.2.1", 53)),
        ("192.0.2.1:5353", Endpoint("192.0.2.1", 5353)),
        ("2001:db8::1", Endpoint("2001:db8::1", 53)),
        ("[2001:db8::1]", Endpoint("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", Endpoint("2001:db8::1", 5353)),
    ],
)
def test_where_servers_listen(text: str, endpoint: Endpoint) -> None:
    assert read_dns({**UPDATES, "resolvers": [text]}).resolvers == (endpoint,)


def test_no_representation_shows_a_secret() -> None:
    for given in (UPDATES, LEXICON):
        assert SECRET not in repr(read_dns(given))
    assert {name for name, option in DNS.items() if option.get("no_log")} == {"key_secret", "lexicon_options"}


@pytest.mark.parametrize(
    ("text", "given", "tsig"),
    [
        (f'key "acme-key" {{\n algorithm hmac-sha512;\n secret "{SECRET}";\n}};', {}, Tsig("acme-key", SECRET, "hmac-sha512")),
        (f"key acme-key {{ algorithm hmac-sha512; secret {SECRET}; }};", {"key_name": "other"}, Tsig("other", SECRET, "hmac-sha512")),
        (f"{SECRET}\n", {"key_name": "acme-key"}, Tsig("acme-key", SECRET, "hmac-sha256")),
    ],
)
def test_keys_in_files(tmp_path: Path, text: str, given: dict[str, str], tsig: Tsig) -> None:
    file = tmp_path / "tsig.key"
    file.touch(0o600)
    file.write_text(text)
    options = {"provider": "rfc2136", "server": "ns1", "key_file": str(file), **given}
    assert read_dns(options).tsig == tsig
    file.chmod(0o644)
    with pytest.raises(FileError, match="others can read this file"):
        read_dns(options)


@pytest.mark.parametrize(
    ("missing", "given", "told"),
    [
        ("dns", UPDATES, "the controller lacks the Python package dnspython; pip install dnspython"),
        ("lexicon", LEXICON, "the controller lacks the Python package dns-lexicon; pip install dns-lexicon"),
    ],
)
def test_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch, missing: str, given: dict[str, Any], told: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(_dns_settings, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(ArgumentError, match=told):
        read_dns(given)


@pytest.mark.parametrize("found", [None, SimpleNamespace(), SimpleNamespace(find_providers=lambda: 1 / 0)])
def test_a_lexicon_that_does_not_tell_its_providers_is_taken_at_its_word(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    monkeypatch.setitem(sys.modules, "lexicon._private.discovery", found)
    assert read_dns({**LEXICON, "lexicon_provider": "of-tomorrow"}).lexicon_provider == "of-tomorrow"


def test_dns_is_looked_at_only_when_it_is_needed() -> None:
    params = {name: option.get("default") for name, option in {**ARGUMENTS, **ORDERS}.items()}
    assert settings({**params, "dns": {"provider": "pigeon"}}, ["http-01"]).dns is None
    assert settings({**params, "dns": UPDATES}, ["http-01", "dns-01"]).dns == read_dns(UPDATES)
    for dns in (None, {}):
        with pytest.raises(ArgumentError, match="dns: provider"):
            settings({**params, "dns": dns}, ["dns-01"])


@pytest.mark.parametrize(
    ("site", "dns", "told"),
    [
        ({"challenge": "dns-01"}, UPDATES, ""),
        ({"challenge": "http-01"}, {"provider": "pigeon"}, ""),
        ({"challenge": "dns-01", "issuer": "private_ca"}, {}, ""),
        ({"challenge": "dns-01"}, {}, "https_acme_dns: provider: for dns-01, say how"),
        ({"challenge": "dns-01"}, {**UPDATES, "port": "many"}, "https_acme_dns: argument 'port' is of type"),
        (
            {"challenge": "dns-01"},
            {**UPDATES, "sever": "ns1"},
            "https_acme_dns: sever. Supported parameters include: authoritative_servers",
        ),
    ],
)
def test_sites_are_refused_with_their_dns(site: dict[str, str], dns: dict[str, Any], told: str) -> None:
    problem = sites_problem([{"name": "www.example.org", "root": "/srv", **site}], DEFAULTS, dns)
    assert problem.startswith(told) if told else problem == ""
    assert SECRET not in problem


def test_a_key_file_that_is_open_is_told_to_sites(tmp_path: Path) -> None:
    (tmp_path / "tsig.key").write_text(SECRET)
    dns = {"provider": "rfc2136", "server": "ns1", "key_name": "acme-key", "key_file": str(tmp_path / "tsig.key")}
    site = {"name": "www.example.org", "root": "/srv", "challenge": "dns-01"}
    assert sites_problem([site], DEFAULTS, dns).startswith(f"https_acme_dns: {tmp_path}/tsig.key: others can read this file")


@pytest.mark.parametrize("label", ["acme https://ca.test/dir", "private_ca 00"])
@pytest.mark.parametrize("challenge", ["http-01", "dns-01"])
def test_wildcards_of_modules(label: str, challenge: str) -> None:
    entry = {"name": "a", "names": ["example.org", "*.example.org"], "key_type": "ecdsa-p256", "challenge": challenge}
    issuer: Any = SimpleNamespace(label=label)
    if label.startswith("acme") and challenge == "http-01":
        with pytest.raises(ArgumentError, match=r"certificate 'a': \*\.example\.org is a wildcard, .* say challenge: dns-01"):
            wanted(entry, issuer)
    else:
        assert wanted(entry, issuer).challenge == challenge
