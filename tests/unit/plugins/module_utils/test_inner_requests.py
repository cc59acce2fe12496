# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._inner_requests import inner_requests

from .configurations import site


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ProxyPass /blog/ http://Blog.example.org/", ["blog.example.org"]),
        ("ProxyPass /blog/ http://user:word@blog.example.org:80/ retry=0", ["blog.example.org"]),
        ("<Location /blog>\nProxyPass ws://blog.example.org/\n</Location>", ["blog.example.org"]),
        ("<Proxy balancer://blog>\nBalancerMember http://a.example\nBalancerMember http://b.example:8080\n</Proxy>", ["a.example"]),
        ('<FilesMatch "a$">\nSetHandler "proxy:http://blog.example.org/"\n</FilesMatch>', ["blog.example.org"]),
        ("RewriteRule ^/blog/(.*) http://blog.example.org/$1 [L,proxy]", ["blog.example.org"]),
        ("RewriteRule ^/blog/(.*) http://blog.example.org/$1 [R]", []),
        ("ProxyPass / https://blog.example.org/", []),
        ("ProxyPass / http://127.0.0.1:8080/", []),
        ('SetHandler "proxy:unix:/run/php.sock|fcgi://localhost"', []),
        ("ProxyPassReverse / http://blog.example.org/", []),
    ],
)
def test_names_that_a_proxy_asks_for_by_http(text: str, names: list[str]) -> None:
    host, config = site(text)
    asked = inner_requests(config)
    assert [one.name for one in asked] == names
    assert not any(one.is_for(one.name, host) for one in asked)
