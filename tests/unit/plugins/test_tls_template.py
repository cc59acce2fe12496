# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.encrypt.httpd.tests.unit.plugins.site_template import environment

KNOWN: dict[str, Any] = {
    "__httpd_protocols": {"modern": "-all +TLSv1.3"},
    "httpd_tls_policy": "modern",
    "__httpd_tls13_ciphers": ["TLS_AES_128_GCM_SHA256"],
}


@pytest.mark.parametrize(
    ("places", "listens"),
    [
        ([], ["443"]),
        (["*:80"], ["443"]),
        (["*:80", "*:443"], []),
        (["192.0.2.7:80", "[::1]:80", "*:8080"], ["192.0.2.7:443", "[::1]:443"]),
        (["192.0.2.7:80", "192.0.2.8:443"], []),
    ],
)
def test_httpd_listens_for_https_where_it_does_for_http(places: list[str], listens: list[str]) -> None:
    ports = [int(one.rpartition(":")[2]) for one in places]
    found = {"listen": ports, "listen_places": places, "tls_groups": ["X25519"]}
    text = environment("httpd").get_template("tls.conf.j2").render(**KNOWN, __httpd_found=found)
    assert [line for line in text.splitlines() if "Listen" in line] == [f"Listen {one}" for one in listens]
    assert "inventory; the next run overwrites changes made here.\n" in text
