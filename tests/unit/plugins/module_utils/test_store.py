# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _store as store
from ansible_collections.encrypt.httpd.plugins.module_utils import _versions as versions
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_request
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, CertificateError
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import CHAIN, KEY, Layout

from .authority import Authority, pem

NAMES = ("www.example.org", "example.org")
CA = Authority("Test CA")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "tls"), "www.example.org")


def chain_for(request: str, names: tuple[str, ...] = NAMES) -> str:
    return pem(CA.sign(load_request(request.encode(), "test").public_key(), list(names)), CA.certificate)


def installed(layout: Layout) -> str:
    request, _changed = store.prepare(layout, NAMES, "ecdsa-p256")
    chain = chain_for(request)
    store.stage(layout, chain, "test")
    versions.promote(layout)
    return chain


@pytest.mark.parametrize("name", ["", ".", "..", "../ssh", "a/b", "/etc", ".ssh", "a\0b"])
def test_a_name_never_leads_elsewhere(name: str) -> None:
    with pytest.raises(ArgumentError, match="no name of a directory"):
        Layout("/etc/apache2/tls", name)


def test_all_that_is_made_is_private(layout: Layout) -> None:
    installed(layout)
    for folder, folders, names in os.walk(layout.directory):
        assert stat.S_IMODE(os.lstat(folder).st_mode) == 0o700
        for name in names:
            assert stat.S_IMODE(os.lstat(f"{folder}/{name}").st_mode) == 0o600, name
        assert set(folders) <= {"www.example.org", "versions", "1", "current", "names"}
    assert sorted(os.listdir(f"{layout.current}/names")) == sorted(NAMES)


def test_an_address_is_a_name_of_files_too(tmp_path: Path) -> None:
    layout, names = Layout(str(tmp_path / "tls"), "2001:db8::7"), ("2001:db8::7", "192.0.2.7")
    request, _changed = store.prepare(layout, names, "ecdsa-p256")
    assert store.prepare(layout, names, "ecdsa-p256") == (request, False)
    store.stage(layout, chain_for(request, names), "test")
    versions.promote(layout)
    assert os.listdir(layout.directory) == ["2001_db8__7"]
    assert sorted(os.listdir(f"{layout.current}/names")) == ["192.0.2.7", "2001_db8__7"]
    found = store.in_place(layout.current)
    assert found.certificate is not None
    assert (found.certificate.names, found.problem) == (names, "")


def test_a_request_is_used_again_until_it_differs(layout: Layout) -> None:
    first, changed = store.prepare(layout, NAMES, "ecdsa-p256")
    assert changed
    assert store.prepare(layout, NAMES, "ecdsa-p256") == (first, False)
    key = Path(layout.pending, KEY).read_bytes()
    assert store.prepare(layout, NAMES[:1], "ecdsa-p256")[0] != first
    assert Path(layout.pending, KEY).read_bytes() == key  # other names, the same key
    store.prepare(layout, NAMES[:1], "ed25519")
    assert Path(layout.pending, KEY).read_bytes() != key


def test_a_new_key_is_made_whatever_waits(layout: Layout) -> None:
    first, _changed = store.prepare(layout, NAMES, "ecdsa-p256")
    second, changed = store.prepare(layout, NAMES, "ecdsa-p256", rekey=True)
    assert changed
    assert load_request(first.encode(), "").public_key() != load_request(second.encode(), "").public_key()


def test_a_pending_key_that_others_could_read_is_not_used(layout: Layout) -> None:
    first, _changed = store.prepare(layout, NAMES, "ecdsa-p256")
    os.chmod(f"{layout.pending}/{KEY}", 0o644)
    second, changed = store.prepare(layout, NAMES, "ecdsa-p256")
    assert changed
    assert second != first
    assert stat.S_IMODE(os.lstat(f"{layout.pending}/{KEY}").st_mode) == 0o600


def test_a_planted_link_is_not_followed(layout: Layout, tmp_path: Path) -> None:
    os.mkdir(layout.directory, mode=0o700)
    os.makedirs(layout.pending, mode=0o700)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    os.symlink(victim, f"{layout.pending}/{KEY}")
    store.prepare(layout, NAMES, "ecdsa-p256")
    assert victim.read_text() == "mine"
    assert not os.path.islink(f"{layout.pending}/{KEY}")


def test_what_is_in_place_is_told(layout: Layout) -> None:
    assert store.in_place(layout.current).certificate is None
    installed(layout)
    found = store.in_place(layout.current)
    assert found.certificate is not None
    assert (found.certificate.names, found.issuer, found.problem) == (NAMES, "test", "")


@pytest.mark.parametrize(
    ("file", "data", "told"),
    [(CHAIN, b"garbage", "no PEM certificate"), (KEY, b"garbage", "no PEM private key"), (KEY, None, "cannot be read")],
)
def test_what_is_broken_is_told_not_raised(layout: Layout, file: str, data: bytes | None, told: str) -> None:
    installed(layout)
    path = Path(layout.current, file)
    path.unlink()
    if data is not None:
        path.touch(0o600)
        path.write_bytes(data)
    assert told in store.in_place(layout.current).problem


def test_a_chain_for_another_key_or_name_is_not_staged(layout: Layout) -> None:
    request, _changed = store.prepare(layout, NAMES, "ecdsa-p256")
    other, _changed = store.prepare(Layout(layout.directory, "other"), NAMES, "ecdsa-p256")
    for chain, told in [(chain_for(other), "does not belong to the private key"), (chain_for(request, ("evil.example",)), "evil.example")]:
        with pytest.raises(CertificateError, match=f"certificate 'www.example.org': .*{told}"):
            store.stage(layout, chain, "test")
    assert not os.path.exists(f"{layout.pending}/{CHAIN}")
