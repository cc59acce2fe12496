# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _store as store
from ansible_collections.encrypt.httpd.plugins.module_utils import _versions as versions
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import load_request
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError, FileError
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import CHAIN, KEY, NAMES, Layout

from .authority import Authority, pem

HOST_NAMES = ("www.example.org", "example.org")
CA = Authority("Test CA")
NOW = datetime.now(timezone.utc)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "tls"), "www.example.org")


def staged(layout: Layout) -> str:
    request, _changed = store.prepare(layout, HOST_NAMES, "ecdsa-p256", rekey=True)
    chain = pem(CA.sign(load_request(request.encode(), "test").public_key(), list(HOST_NAMES)), CA.certificate)
    store.stage(layout, chain, "test")
    return chain


def installed(layout: Layout) -> str:
    chain = staged(layout)
    versions.promote(layout)
    return chain


def test_one_link_makes_it_current_and_nothing_is_pending_any_more(layout: Layout) -> None:
    installed(layout)
    second = installed(layout)
    assert os.readlink(layout.current) == "versions/2"
    assert Path(layout.current, CHAIN).read_text() == second
    assert not os.path.exists(layout.pending)


def test_a_version_is_made_beside_what_is_pending_without_a_copy(layout: Layout) -> None:
    old = os.umask(0)
    try:
        chain = staged(layout)
        number = versions.make_version(layout)
    finally:
        os.umask(old)
    made = layout.version(number)
    assert os.path.samefile(f"{made}/{KEY}", f"{layout.pending}/{KEY}")
    assert Path(made, CHAIN).read_text() == chain
    assert sorted(os.listdir(f"{made}/{NAMES}")) == sorted(HOST_NAMES)
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in (made, f"{made}/{NAMES}")} == {0o700}
    assert not os.path.lexists(layout.current)


def test_a_version_of_a_run_that_was_cut_off_is_made_anew(layout: Layout) -> None:
    installed(layout)
    staged(layout)
    assert [versions.make_version(layout), versions.make_version(layout)] == [2, 2]
    versions.promote(layout)
    assert sorted(os.listdir(layout.versions)) == ["1", "2"]


def test_what_was_live_before_is_found_newest_first(layout: Layout) -> None:
    assert versions.previous(layout) == []
    chains = [installed(layout) for _run in range(3)]
    staged(layout)
    versions.make_version(layout)  # never live
    assert [store.chain_in(place) for place in versions.previous(layout)] == [chains[1], chains[0]]


def test_old_versions_go_the_current_one_stays(layout: Layout) -> None:
    for _number in range(7):
        installed(layout)
    versions.forget_old_versions(layout)
    assert sorted(os.listdir(layout.versions)) == ["3", "4", "5", "6", "7"]
    assert os.readlink(layout.current) == "versions/7"


def test_what_is_pending_and_not_current_stays_pending(layout: Layout) -> None:
    installed(layout)
    staged(layout)
    versions.forget_promoted(layout)
    assert os.path.exists(f"{layout.pending}/{KEY}")


def test_nothing_pending_cannot_become_current(layout: Layout) -> None:
    with pytest.raises(FileError, match="nothing to activate"):
        versions.promote(layout)


@pytest.mark.parametrize(("days", "told"), [(-400, "is not valid before"), (4000, "expired on")])
def test_dates_are_checked_before_anything_becomes_current(layout: Layout, days: int, told: str) -> None:
    staged(layout)
    versions.check_waiting(layout, HOST_NAMES, NOW)
    with pytest.raises(CertificateError, match=f"certificate 'www.example.org': .*{told}"):
        versions.check_waiting(layout, HOST_NAMES, NOW + timedelta(days=days))


def test_names_are_checked_before_anything_becomes_current(layout: Layout) -> None:
    staged(layout)
    versions.check_waiting(layout, HOST_NAMES[:1], NOW)
    with pytest.raises(CertificateError, match="has to be served for www.example.org, shop.example.org"):
        versions.check_waiting(layout, ("www.example.org", "shop.example.org"), NOW)


def test_a_key_that_is_live_already_is_not_taken_for_the_next_request(layout: Layout) -> None:
    staged(layout)
    os.symlink(f"versions/{versions.make_version(layout)}", layout.current)  # and there the run was cut off
    live = Path(layout.current, KEY).read_bytes()
    assert not store.fits(layout, HOST_NAMES, "ecdsa-p256")  # so that check mode tells of a new one, and makes none
    assert Path(layout.pending, KEY).read_bytes() == live
    store.prepare(layout, HOST_NAMES, "ecdsa-p256")
    assert Path(layout.pending, KEY).read_bytes() != live
