# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _client_view, _step_view
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import HandshakeError
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Step

ALONE = {"name": "a.example.org", "names": [], "addresses": ["127.0.0.9"]}
EVERYWHERE = {"name": "b.example.org", "names": []}


@pytest.mark.parametrize(
    ("site", "address", "found"),
    [(ALONE, "", "127.0.0.9"), (EVERYWHERE, "", "443 without 127.0.0.9"), (ALONE, "127.0.0.1", "127.0.0.1")],
)
def test_a_site_is_looked_at_where_it_is_served(monkeypatch: pytest.MonkeyPatch, site: dict[str, Any], address: str, found: str) -> None:
    def shake_hands(_name: str, at: str, *_more: object) -> None:
        raise HandshakeError(at)

    monkeypatch.setattr(_client_view, "reachable", lambda port, taken: f"{port} without {' '.join(taken)}")
    monkeypatch.setattr(_client_view, "shake_hands", shake_hands)
    where = {"address": address, "port": 443, "http_port": 80, "chain": "any", "sites": [ALONE, EVERYWHERE]}
    told = _step_view.step_problems(site, Step("probe"), False, where, datetime.now(timezone.utc))
    assert told == f"{site['name']}: {found}"
