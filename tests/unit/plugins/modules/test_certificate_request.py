# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.modules.certificate_request import run

ENTRY = {"name": "a.test", "names": ["A.test", "b.test"], "key_type": "ecdsa-p256", "rekey": False}


def params(folder: Path, **other: Any) -> dict[str, Any]:
    return {"directory": str(folder / "tls"), "certificates": [{**ENTRY, **other}]}


def test_check_mode_tells_what_a_run_does_and_writes_nothing(tmp_path: Path) -> None:
    would = run(params(tmp_path), check_mode=True)
    assert list(tmp_path.iterdir()) == []
    did = run(params(tmp_path), check_mode=False)
    assert would == {**did, "requests": [{"name": "a.test", "csr": ""}]}
    assert did["diff"]["after"] == "a.test: ecdsa-p256 key and request for a.test, b.test\n"
    again = {**did, "changed": False, "diff": {"before": "", "after": ""}}
    assert [run(params(tmp_path), check_mode) for check_mode in (True, False)] == [again, again]
    assert run(params(tmp_path, rekey=True), check_mode=True) == would


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ({"key_type": "rsa-1024"}, "certificate 'a.test': key_type: 'rsa-1024' is no key type"),
        ({"names": ["http://a.test"]}, "certificate 'a.test': names: .* leave out the scheme"),
        ({"name": "../a.test"}, "certificate '../a.test': this name of a certificate is no name of a directory"),
    ],
)
def test_mistakes_are_told_before_anything_is_there(tmp_path: Path, check_mode: bool, mistake: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        run(params(tmp_path, **mistake), check_mode)
    assert list(tmp_path.iterdir()) == []
