# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestion, renewal_time, suggestion
from ansible_collections.encrypt.httpd.plugins.module_utils._test_servers import is_test
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .test_renewal import LEAF, START


@pytest.mark.parametrize(
    ("days", "due_after"),
    [
        (90, timedelta(days=60)),
        (45, timedelta(days=30)),
        (10, timedelta(days=10) * 2 / 3),
        (9, timedelta(days=4.5)),
        (1, timedelta(hours=12)),
    ],
)
def test_a_fraction_of_the_lifetime(days: int, due_after: timedelta) -> None:
    leaf = replace(LEAF, not_after=START + timedelta(days=days))
    assert renewal_time(leaf) - START == due_after


@pytest.mark.parametrize(
    ("start", "end", "usable"),
    [(30, 40, True), (-5, 2, True), (30, 30, False), (40, 30, False), (90, 100, False), (200, 201, False)],
)
def test_a_window_that_is_none_is_ignored(start: float, end: float, usable: bool) -> None:
    found = suggestion(LEAF, START + timedelta(days=start), START + timedelta(days=end), "why")
    assert (found is not None) is usable
    if found:
        assert found.explanation == "why"
        assert timedelta(days=start) <= found.at - START < timedelta(days=end)


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (398, timedelta(days=7)),
        (90, timedelta(days=7)),
        (45, timedelta(days=7)),
        (160 / 24, timedelta(hours=40)),
        (1, timedelta(hours=6)),
    ],
)
def test_a_window_at_the_end_of_life_leaves_time_for_a_run(days: float, left: timedelta) -> None:
    leaf = replace(LEAF, not_after=START + timedelta(days=days))
    latest = leaf.not_after - left
    assert suggestion(leaf, leaf.not_after - timedelta(minutes=10), leaf.not_after, "why") == Suggestion(latest, "why")
    obeyed = suggestion(leaf, latest - timedelta(minutes=10), latest)
    assert obeyed
    assert obeyed.at < latest


def test_certificates_spread_over_the_window_and_keep_their_moment() -> None:
    end = START + timedelta(days=10)
    leaves = [replace(LEAF, renewal_id=f"a.{number}") for number in range(1000)]
    drawn = [suggestion(leaf, START, end) for leaf in leaves]
    assert drawn == [suggestion(leaf, START, end) for leaf in leaves]
    days = [(one.at - START).days for one in drawn if one]
    assert all(60 < days.count(day) < 140 for day in range(10))
    assert isinstance(drawn[0], Suggestion)


@pytest.mark.parametrize(
    ("serial", "identifier"),
    # The first is the example of RFC 9773 section 4.1.
    [
        (0x87654321, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"),
        (0x7F, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.fw"),
        (0x80, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIA"),
    ],
)
def test_the_identifier_of_a_certificate(serial: int, identifier: str) -> None:
    authority = x509.AuthorityKeyIdentifier(bytes.fromhex("69885B6B87464041E1B37B847BA0AE2CDE01C8D4"), None, None)
    assert certificates.renewal_id(_leaf(serial, authority)) == identifier
    assert certificates.renewal_id(_leaf(serial, None)) == ""


def _leaf(serial: int, authority: x509.AuthorityKeyIdentifier | None) -> x509.Certificate:
    key = keys.generate("ecdsa-p256")
    start = START.replace(tzinfo=None)
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([])).public_key(key.public_key())
    builder = builder.serial_number(serial).not_valid_before(start).not_valid_after(start + timedelta(days=1))
    if authority:
        builder = builder.add_extension(authority, critical=False)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    ("issuer", "test"),
    [
        ("acme https://acme-staging-v02.api.letsencrypt.org/directory", True),
        ("https://acme-staging-v02.api.letsencrypt.org/directory", True),
        ("acme https://acme-v02.api.letsencrypt.org/directory", False),
        ("acme https://acme-staging-v02.api.letsencrypt.org.example/directory", False),
        ("self_signed", False),
        ("", False),
    ],
)
def test_test_servers_are_known(issuer: str, test: bool) -> None:
    assert is_test(issuer) is test
