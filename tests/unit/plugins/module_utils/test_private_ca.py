# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private CA on disk, when things went wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _private_ca as private_ca
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, CertificateError, Error, PrivateKeyError

from .authority import NOW

WISH = private_ca.Wish("Root", "ecdsa-p256", 100, (), "Below", 10)


@pytest.fixture
def directory(tmp_path: Path) -> str:
    private_ca.make(str(tmp_path / "ca"), WISH, "open sesame", NOW)
    return str(tmp_path / "ca")


@pytest.mark.parametrize("name", ["root", "intermediate"])
def test_a_key_without_its_certificate_is_never_overwritten(directory: str, name: str) -> None:
    key = Path(directory, f"{name}.key").read_bytes()
    Path(directory, f"{name}.pem").unlink()
    with pytest.raises(PrivateKeyError, match=f"{name}.key: this key lies there without its certificate"):
        private_ca.make(directory, WISH, "open sesame", NOW)
    assert Path(directory, f"{name}.key").read_bytes() == key


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ""),
        ({"days": 1, "intermediate_days": 1}, ""),
        ({"common_name": "Other"}, "common_name: the CA in .* has 'Root', asked is 'Other'; a CA is never overwritten"),
        ({"key_type": "rsa-2048"}, "key_type: .* has 'ecdsa-p256'"),
        ({"permitted": ("example",)}, "permitted_names: .* asked is ..example"),
        ({"intermediate": "Other"}, "intermediate: .* has 'Below', asked is 'Other'"),
        ({"intermediate": ""}, "intermediate: .* has 'Below', asked is ''"),
    ],
)
def test_another_one_in_its_place_is_refused(directory: str, change: dict[str, Any], told: str) -> None:
    wish = replace(WISH, **change)
    if not told:
        private_ca.check_as_wished(directory, wish)
        return
    with pytest.raises(ArgumentError, match=told):
        private_ca.check_as_wished(directory, wish)


def test_an_intermediate_can_be_added_later(tmp_path: Path) -> None:
    directory = str(tmp_path / "ca")
    private_ca.make(directory, replace(WISH, intermediate=""), "open sesame", NOW)
    private_ca.check_as_wished(directory, WISH)
    assert private_ca.make(directory, WISH, "open sesame", NOW) == ("intermediate.pem",)


@pytest.mark.parametrize(("days", "file"), [(11, "intermediate.pem"), (101, "root.pem")])
def test_what_has_expired_signs_no_more(directory: str, days: int, file: str) -> None:
    private_ca.open_signer(directory, "open sesame", NOW)
    with pytest.raises(CertificateError, match=f"{file}: it expired on"):
        private_ca.open_signer(directory, "open sesame", NOW + timedelta(days=days))


def test_a_key_that_others_read_is_told_how_to_close(directory: str) -> None:
    Path(directory, "intermediate.key").chmod(0o644)
    with pytest.raises(Error, match=r"intermediate.key: others can read this file \(mode 0644\).* set its mode to 0600"):
        private_ca.open_signer(directory, "open sesame", NOW)
