# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _mod_md as mod_md
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError
from cryptography.hazmat.primitives.asymmetric import ec

from .authority import Authority, pem

CA = Authority("Test CA")
LEAF = pem(CA.sign(ec.generate_private_key(ec.SECP256R1()).public_key(), ["www.test", "test"]), CA.certificate)
# As mod_md 2.6 writes them, shortened.
MANAGED = {"name": "www.test", "domains": ["www.test", "test"], "state": 2, "renew-mode": 1, "renew-window": "33%"}
NEW = {**MANAGED, "state": 1, "state-descr": "certificate(secp256r1) is missing"}
WHEN = "Wed, 25 Nov 2026 16:14:57 GMT"
RENEWED = {"name": "www.test", "finished": True, "errors": 0, "last": {"status": 0}, "next-run": WHEN}
REFUSED = {
    "name": "www.test",
    "finished": False,
    "next-run": "Thu, 26 Nov 2026 16:15:01 GMT",
    "errors": 2,
    "last": {"status": 22, "problem": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "the CA refuses it"},
    "log": {
        "entries": [{"type": "starting"}, {"detail": "the CA refuses it"}, {"detail": "Creating order"}, {"detail": "the CA refuses it"}]
    },
}
STILL = {"staged": False, "idle": True}
UNKNOWN = {"names": [], "state": "", "lacks": "", "renew_mode": "", **STILL}
QUIET = {"errors": 0, "problem": "", "log": [], "next_run": ""}
COMPLETE = {"names": ["www.test", "test"], "state": "complete", "lacks": "", "renew_mode": "auto"}
INCOMPLETE = {**COMPLETE, "state": "incomplete", "lacks": "certificate(secp256r1) is missing"}
STORY = {
    "errors": 2,
    "problem": "the CA refuses it",
    "log": ["the CA refuses it", "Creating order"],
    "next_run": "Thu, 26 Nov 2026 16:15:01 GMT",
}


@pytest.mark.parametrize(
    ("files", "leaves", "expected"),
    [
        ({}, 0, {**UNKNOWN, **QUIET}),
        ({"domains/www.test/md.json": NEW}, 0, {**INCOMPLETE, **QUIET, **STILL}),
        (
            {"domains/www.test/md.json": NEW, "staging/www.test/job.json": REFUSED},
            0,
            {**INCOMPLETE, **STORY, **STILL},
        ),
        (
            {"domains/www.test/md.json": NEW, "staging/www.test/job.json": {**RENEWED, "finished": False}},
            0,
            {**INCOMPLETE, **QUIET, "staged": False, "idle": False, "next_run": WHEN},
        ),
        (
            {"domains/www.test/md.json": MANAGED, "domains/www.test/job.json": RENEWED, "domains/www.test/pubcert.pem": LEAF},
            1,
            {**COMPLETE, **QUIET, **STILL},
        ),
        (
            {
                "domains/www.test/md.json": {**MANAGED, "renew-mode": 2},
                "domains/www.test/pubcert.secp256r1.pem": LEAF,
                "domains/www.test/pubcert.rsa2048.pem": LEAF,
                "domains/www.test/fallback-pubcert.pem": LEAF,
                "staging/www.test/job.json": RENEWED,
                "staging/www.test/pubcert.secp256r1.pem": LEAF,
            },
            2,
            {**COMPLETE, **QUIET, "renew_mode": "always", "staged": True, "idle": False},
        ),
        (
            {"domains/www.test/md.json": {**MANAGED, "state": 5, "renew-mode": 0}},
            0,
            {**COMPLETE, **QUIET, "state": "missing_information", "renew_mode": "manual", **STILL},
        ),
        ({"domains/www.test/md.json": {**MANAGED, "state": 99}}, 0, {**COMPLETE, **QUIET, "state": "unknown", **STILL}),
        ({"domains/www.test/md.json": '{"name": "www.te', "staging/www.test/job.json": "[]"}, 0, {**UNKNOWN, **QUIET}),
    ],
    ids=["none", "new", "refused", "at work", "served", "several and staged", "lacks agreement", "newer than we know", "being written"],
)
def test_what_the_store_says(tmp_path: Path, files: dict[str, Any], leaves: int, expected: dict[str, Any]) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content if isinstance(content, str) else json.dumps(content))
    found = mod_md.of_domain(str(tmp_path), "www.test")
    certificates = found.pop("certificates")
    assert [one["names"] for one in certificates] == [["www.test", "test"]] * leaves
    assert found == {"name": "www.test", **expected}


def test_the_domains_of_a_store(tmp_path: Path) -> None:
    assert mod_md.domains(str(tmp_path)) == []
    for name in ("www.test", "api.test"):
        (tmp_path / "domains" / name).mkdir(parents=True)
    assert mod_md.domains(str(tmp_path)) == ["api.test", "www.test"]


def test_an_empty_store_needs_no_cryptography(tmp_path: Path) -> None:
    script = (
        f"import sys; sys.modules['cryptography'] = None; from {mod_md.__name__} import of_domain; of_domain({str(tmp_path)!r}, 'www.test')"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_broken_certificate_is_told_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "pubcert.pem").write_text("nothing of a certificate")
    with pytest.raises(CertificateError, match=f"{tmp_path}/pubcert.pem"):
        mod_md.certificates(str(tmp_path))
