# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuer private_ca, and how it says that it cannot sign."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _private_ca as private_ca
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import make_request
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import generate
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, Refused, SigningRequest
from ansible_collections.encrypt.httpd.plugins.plugin_utils._private_ca import PrivateCa

from ..module_utils.authority import NOW

NAMES = ["a.example", "a.elsewhere"]
REQUESTS = [SigningRequest(name, make_request(generate("ecdsa-p256"), [name]).decode()) for name in NAMES]


@pytest.fixture
def directory(tmp_path: Path) -> str:
    wish = private_ca.Wish("Root", "ecdsa-p256", 100, ("example",), "Below", 10)
    private_ca.make(str(tmp_path / "ca"), wish, "open sesame", NOW)
    return str(tmp_path / "ca")


def test_one_refusal_stops_no_other(directory: str) -> None:
    issuer = PrivateCa(directory, "open sesame", 90, NOW)
    assert issuer.label.startswith("private_ca SHA256:")
    good, bad = issuer.sign(REQUESTS, check_mode=False)
    assert isinstance(good, Issued)
    assert isinstance(bad, Refused)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("place", "passphrase", "told"), [("nowhere", "open sesame", "there is no private CA here"), ("ca", "wrong", "does not open")]
)
def test_what_keeps_it_from_signing_is_told_by_it_alone(directory: str, check_mode: bool, place: str, passphrase: str, told: str) -> None:
    issuer = PrivateCa(str(Path(directory).with_name(place)), passphrase, 90, NOW)
    assert issuer.label.startswith("private_ca")
    with pytest.raises(Error, match=told):
        issuer.sign(REQUESTS, check_mode=check_mode)
