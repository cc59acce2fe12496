# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _store as store
from ansible_collections.encrypt.httpd.plugins.module_utils import _versions as versions
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._existing import Existing, bring_in
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import PrivateKey, encode, generate
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

from .authority import NOW, Authority, pem

NAMES = ("www.example.org", "example.org")
ROOT = Authority("Commercial Root")
CA = Authority("Commercial Issuing CA", ROOT)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "tls"), "www.example.org")


def pair(folder: Path, *, key: PrivateKey | None = None, passphrase: str = "", days: float = 90, start: datetime = NOW) -> Existing:
    """Key and certificate in files, as another tool leaves them."""
    key = key or generate("ecdsa-p256")
    (folder / "root.pem").write_text(pem(ROOT.certificate))
    (folder / "host.key").write_bytes(encode(key, passphrase))
    (folder / "host.key").chmod(0o600)
    (folder / "host.crt").write_text(pem(CA.sign(key.public_key(), list(NAMES), start, days)))
    (folder / "host.ca-bundle").write_text(pem(ROOT.certificate, CA.certificate))
    places = {name: str(folder / name) for name in ("host.key", "host.crt", "host.ca-bundle", "root.pem")}
    return Existing(places["host.key"], places["host.crt"], places["host.ca-bundle"], places["root.pem"], passphrase)


def brought(layout: Layout, existing: Existing) -> str:
    reason = bring_in(layout, existing, NAMES, LATER, check_mode=False)
    if reason:
        versions.promote(layout)
    return reason


@pytest.mark.parametrize("key_type", ["rsa-2048", "ecdsa-p256", "ecdsa-p384"])
@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_a_pair_is_brought_in_once(tmp_path: Path, layout: Layout, key_type: str, passphrase: str) -> None:
    existing = pair(tmp_path, key=generate(key_type), passphrase=passphrase)
    assert bring_in(layout, existing, NAMES, LATER, check_mode=True)
    assert not Path(layout.directory).exists()
    assert brought(layout, existing) == f"{existing.certificate_file} is to be brought in"
    found = store.in_place(layout.current)
    assert (found.problem, found.issuer) == ("", "purchased")
    assert found.certificate is not None
    assert (found.certificate.key_type, found.certificate.chain_length) == (key_type, 2)
    assert brought(layout, existing) == ""
    assert b"ENCRYPTED" not in Path(layout.current, "privkey.pem").read_bytes()


def test_the_one_that_was_issued_later_stays(tmp_path: Path, layout: Layout) -> None:
    assert brought(layout, pair(tmp_path, days=90))
    for days, start, comes in [
        (60, NOW, False),
        (0.5, NOW, False),
        (120, NOW, True),
        (365, NOW - timedelta(days=1), False),
        (30, NOW + timedelta(hours=1), True),  # issued anew
        (30, NOW + timedelta(hours=1), True),  # and once more on the same day, by a CA that only tells the day
    ]:
        assert bool(brought(layout, pair(tmp_path, days=days, start=start))) is comes, (days, start)


def test_one_that_has_expired_gives_way_to_an_older_one_that_has_not(tmp_path: Path, layout: Layout) -> None:
    assert brought(layout, pair(tmp_path, days=30))
    older = pair(tmp_path, days=365, start=NOW - timedelta(days=1))
    assert brought(layout, older) == ""
    assert bring_in(layout, older, NAMES, NOW + timedelta(days=31), check_mode=True)


def test_what_is_in_place_expires_without_an_error(tmp_path: Path, layout: Layout) -> None:
    existing = pair(tmp_path, days=30)
    assert brought(layout, existing)
    assert bring_in(layout, existing, NAMES, NOW + timedelta(days=31), check_mode=True) == ""


def test_a_link_as_certbot_makes_it_is_followed(tmp_path: Path, layout: Layout) -> None:
    existing = pair(tmp_path)
    (tmp_path / "live.pem").symlink_to(existing.key_file)
    assert brought(layout, replace(existing, key_file=str(tmp_path / "live.pem")))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"passphrase": ""}, "host.key: the private key is encrypted.*give its passphrase"),
        ({"passphrase": "wrong"}, "host.key: the passphrase does not open"),
        ({"chain_file": ""}, "host.crt: the chain is not complete: the certificate of 'CN=Commercial Issuing CA'"),
        ({"chain_file": "/nowhere"}, "/nowhere: there is no such file on the host"),
        ({"certificate_file": "/dev/null"}, "/dev/null: this is no certificate"),
        ({"key_file": "/nowhere"}, "/nowhere: cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, layout: Layout, change: dict[str, str], told: str) -> None:
    existing = replace(pair(tmp_path, passphrase="open sesame"), **change)
    with pytest.raises(Error, match=told):
        brought(layout, existing)
    assert not Path(layout.directory).exists()


def test_a_key_that_others_read_or_that_is_another_one_is_refused(tmp_path: Path, layout: Layout) -> None:
    existing = pair(tmp_path)
    Path(existing.key_file).chmod(0o644)
    with pytest.raises(Error, match=r"others can read this file \(mode 0644\).* set its mode to 0600 if you are sure"):
        brought(layout, existing)
    Path(existing.key_file).write_bytes(encode(generate("ecdsa-p256")))
    Path(existing.key_file).chmod(0o600)
    with pytest.raises(Error, match="no certificate in it belongs to the private key"):
        brought(layout, existing)


def test_a_group_that_an_administrator_chose_may_read_the_key(tmp_path: Path, layout: Layout) -> None:
    existing = pair(tmp_path)
    Path(existing.key_file).chmod(0o640)
    assert brought(layout, existing)


def test_one_that_has_expired_is_refused(tmp_path: Path, layout: Layout) -> None:
    with pytest.raises(Error, match="host.crt: .* expired on 2026-11-02"):
        brought(layout, pair(tmp_path, days=0.5))
