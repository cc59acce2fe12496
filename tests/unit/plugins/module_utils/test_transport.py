# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _store as store
from ansible_collections.encrypt.httpd.plugins.module_utils import _versions as versions
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import KEY, Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._transport import TRANSPORT_KEY, make_recipient, receive, seal

from .authority import NOW, Authority, pem

NAME = "www.example.org"
CA = Authority("Issuing CA")
LATER = NOW + timedelta(days=1)


def host(folder: Path, days: float = 90) -> Layout:
    """A host with a certificate that is signed and waits."""
    layout = Layout(str(folder / "tls"), NAME)
    key = generate("ecdsa-p256")
    chain = pem(CA.sign(key.public_key(), [NAME], days=days), CA.certificate)
    store.adopt(layout, key, (NAME,), chain, "acme https://ca.example/directory")
    return layout


@pytest.mark.parametrize("version", ["pending", "current"])
def test_key_and_chain_arrive_as_they_were(tmp_path: Path, version: str) -> None:
    source = host(tmp_path / "a")
    if version == "current":
        versions.promote(source)
    goal = Layout(str(tmp_path / "b" / "tls"), NAME)
    recipient = make_recipient(goal.directory)
    receive(goal.directory, [seal(source, version, recipient)], LATER)
    assert store.in_place(goal.pending) == store.in_place(f"{source.site}/{version}")
    mine, theirs = Path(goal.pending, KEY), Path(source.site, version, KEY)
    assert mine.read_bytes() == theirs.read_bytes()
    assert mine.stat().st_mode & 0o777 == 0o600
    assert not Path(goal.directory, TRANSPORT_KEY).exists()


def test_who_listens_learns_no_key(tmp_path: Path) -> None:
    source = host(tmp_path / "a")
    key = store.pending(source)[0]
    recipient = make_recipient(str(tmp_path / "b"))
    sealed = seal(source, "pending", recipient)
    lines = encode(key).decode().splitlines()[1:-1]
    overheard = "".join(vars(sealed).values()) + repr(sealed)
    assert not [line for line in lines if line in overheard]
    assert sealed.key not in repr(sealed)
    assert "ENCRYPTED" in sealed.key
    assert Path(tmp_path / "b" / TRANSPORT_KEY).stat().st_mode & 0o777 == 0o600


def test_only_the_host_that_asked_can_open_it(tmp_path: Path) -> None:
    sealed = seal(host(tmp_path / "a"), "pending", make_recipient(str(tmp_path / "b")))
    make_recipient(str(tmp_path / "c"))
    with pytest.raises(Error, match="certificate 'www.example.org': the key was not sealed for this host"):
        receive(str(tmp_path / "c"), [sealed], LATER)
    assert not Path(tmp_path / "c" / TRANSPORT_KEY).exists()


def test_a_key_serves_one_journey(tmp_path: Path) -> None:
    sealed = seal(host(tmp_path / "a"), "pending", make_recipient(str(tmp_path / "b")))
    receive(str(tmp_path / "b"), [sealed], LATER)
    with pytest.raises(Error, match=r"\.transport\.key: cannot be read"):
        receive(str(tmp_path / "b"), [sealed], LATER)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("chain", "does not belong to the private key"),
        ("key", "passphrase does not open"),
        ("passphrase", "not sealed for this host"),
        ("dates", "expired"),
    ],
)
def test_what_could_not_be_served_is_refused(tmp_path: Path, wrong: str, told: str) -> None:
    directory = str(tmp_path / "b")
    recipient = make_recipient(directory)
    another = seal(host(tmp_path / "other"), "pending", recipient)
    sealed = seal(host(tmp_path / "a", days=0.5 if wrong == "dates" else 90), "pending", recipient)
    given = {"chain": another.chain, "key": another.key, "passphrase": "no base64 at all"}
    with pytest.raises(Error, match=told) as caught:
        receive(directory, [replace(sealed, **{wrong: given[wrong]}) if wrong in given else sealed], LATER)
    assert "certificate 'www.example.org'" in str(caught.value)
    assert store.in_place(Layout(directory, NAME).pending).certificate is None


@pytest.mark.parametrize("version", ["pending", "current"])
def test_nothing_to_give_away(tmp_path: Path, version: str) -> None:
    with pytest.raises(Error, match=f"certificate 'www.example.org': nothing to give away at .*{version}: no chain"):
        seal(Layout(str(tmp_path), NAME), version, make_recipient(str(tmp_path / "b")))


@pytest.mark.parametrize("recipient", ["", "nonsense", "ecdsa"])
def test_a_recipient_that_is_none(tmp_path: Path, recipient: str) -> None:
    from cryptography.hazmat.primitives import serialization

    if recipient == "ecdsa":
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        recipient = generate("ecdsa-p256").public_key().public_bytes(*form).decode()
    with pytest.raises(Error, match="recipient: this is no"):
        seal(host(tmp_path / "a"), "pending", recipient)
