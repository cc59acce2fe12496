# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.modules import challenge_check

DUMP = """VirtualHost configuration:
127.0.0.9:80           inner.test (/f:1)
[::1]:80               six.test (/f:4)
127.0.0.9:8080         port.test (/f:7)
*:80                   any.test (/f:9)
"""


class Httpd:
    """One that tells of its virtual hosts."""

    @staticmethod
    def dump() -> str:
        return DUMP


def test_a_name_of_one_address_is_asked_for_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenge_check.Httpd, "find", lambda _run: Httpd())
    names = ["inner.test", "six.test", "port.test", "any.test", "nobody.test"]
    assert challenge_check.alone(names, 80, None) == {"inner.test": "127.0.0.9", "six.test": "::1"}
