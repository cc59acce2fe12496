# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat
from pathlib import Path

from ansible_collections.encrypt.httpd.plugins.modules.mod_md_account_binding import run


def test_it_is_placed_once_and_closed_again(tmp_path: Path) -> None:
    file = tmp_path / "binding.json"
    params = {"path": str(file), "kid": "fleet", "hmac": "c2VjcmV0"}
    assert run(params, True)["changed"]
    assert not file.exists()
    assert [run(params, False)["changed"] for _run in range(2)] == [True, False]
    assert json.loads(file.read_text()) == {"kid": "fleet", "hmac": "c2VjcmV0"}
    file.chmod(0o644)
    told = run(params, False)
    assert told["changed"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "c2VjcmV0" not in str(told)
