# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import judge
import pytest

OWN = {"mode": 0o600, "owner": 0, "directory": 0o700, "reachable": False}


@pytest.mark.parametrize(
    ("kind", "place", "change", "own"),
    [
        ("key", "host:/etc/apache2/tls/a.test/versions/12/privkey.pem", {}, True),
        ("key", "host:/etc/apache2/tls/a.test/pending/privkey.pem", {}, True),
        ("key", "host:/etc/apache2/tls/a.test/pending/privkey.pem", {"mode": 0o640}, False),
        ("key", "host:/etc/apache2/tls/a.test/pending/privkey.pem", {"owner": 33}, False),
        ("key", "host:/etc/apache2/tls/a.test/pending/privkey.pem", {"directory": 0o755}, False),
        ("key", "host:/etc/apache2/tls/a.test/pending/.privkey.pem.1234~", {}, False),
        ("key", "host:/etc/apache2/tls/.transport.key", {}, False),
        ("key", "controller:/etc/apache2/tls/a.test/pending/privkey.pem", {}, False),
        ("key", "controller:newest/account/key.pem", {}, True),
        ("key", "controller:newest/normal/log", {}, False),
        ("encrypted key", "controller:newest/ca/root.key", {}, True),
        ("account binding", "host:/etc/apache2/mod-md-eab.json", {"directory": 0o755}, True),
        ("account binding", "host:/etc/apache2/md/accounts/a/account.json", {"mode": 0o644}, True),
        ("account binding", "host:/etc/apache2/md/accounts/a/account.json", {"mode": 0o644, "reachable": True}, False),
        ("account binding", "host:/var/log/apache2/error.log", {}, False),
        ("passphrase", "host:/etc/apache2/tls/a.test/pending/privkey.pem", {}, False),
        ("passphrase", "controller:newest/vault-password", {}, False),
    ],
)
def test_a_secret_is_at_home_in_its_own_closed_file_alone(kind: str, place: str, change: dict[str, object], own: bool) -> None:
    assert judge.is_own(kind, place, {**OWN, **change}) is own
