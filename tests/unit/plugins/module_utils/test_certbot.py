# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._certbot import Renewal, renewals

TEXT = """version = 2.1.0
cert = /etc/letsencrypt/live/a.example/cert.pem
[renewalparams]
authenticator = webroot
webroot_path = /srv/a,
[[webroot_map]]
A.example = /srv/a
b.example=/srv/b
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, {"a.example": "/srv/a", "b.example": "/srv/b"}),
        (TEXT.replace("webroot\n", "apache\n"), {}),
        ("authenticator = webroot\n", {}),
        ("", {}),
    ],
)
def test_names_that_certbot_renews_by_files(text: str, found: dict[str, str]) -> None:
    assert renewals({"/r": text}) == {name: Renewal(directory, "/r") for name, directory in found.items()}
