# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd


@pytest.mark.parametrize(
    ("there", "start"),
    [
        (["apache2ctl", "apachectl"], "apache2ctl start"),  # Debian
        (["apachectl", "httpd"], "httpd -k start"),  # Fedora
        (["apachectl"], "apachectl start"),
    ],
)
def test_what_is_run(there: list[str], start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in there:
        (tmp_path / name).touch(0o755)
    monkeypatch.setattr(_httpd, "_PATH", str(tmp_path))
    monkeypatch.setattr(_httpd, "_has_systemd", lambda: False)
    commands: list[str] = []

    def run(command: Sequence[str]) -> tuple[int, str, str]:
        commands.append(" ".join(command))
        return 0, "", ""

    httpd = Httpd.require(run)
    httpd.reload()
    assert commands[-1] == f"{tmp_path}/{start}"
    assert httpd.take_up()[0].endswith(f"{tmp_path}/{start} || exit 1")
