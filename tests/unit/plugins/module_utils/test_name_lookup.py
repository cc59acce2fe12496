# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._name_lookup import look_up


def test_names_lead_here_elsewhere_or_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"here.example": ["127.0.0.1"], "both.example": ["192.0.2.7", "127.0.0.1"], "there.example": ["192.0.2.7", "2001:db8::7"]}

    def resolve(name: str, *_more: Any, **_options: Any) -> list[Any]:
        if name not in known:
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        return [(0, 0, 0, "", (address, 80)) for address in known[name]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert look_up([*known, "nowhere.example"]) == (["nowhere.example"], {"there.example": ["192.0.2.7", "2001:db8::7"]})
