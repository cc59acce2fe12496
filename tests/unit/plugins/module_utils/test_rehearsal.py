# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._rehearsal import _in_order

HOST, POLICY = "<VirtualHost *:443>\n</VirtualHost>\n", "SSLCipherSuite HIGH\n"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (
            ["/a/apache2.conf", "/a/sites/001-a.conf", "/a/sites/00-b.conf"],
            ["/a/sites/00-b.conf", "/a/apache2.conf", "/a/sites/001-a.conf"],
        ),
        (["/a/mods/ssl.conf", "/a/conf/00-policy.conf"], ["/a/mods/ssl.conf", "/a/conf/00-policy.conf"]),
    ],
)
def test_only_the_default_site_is_tried_before_all_others(paths: list[str], expected: list[str]) -> None:
    texts = {path: f"# {path}\n{HOST if '/sites/' in path else POLICY}" for path in paths}
    assert _in_order(texts) == [texts[path] for path in expected]
