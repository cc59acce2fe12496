# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.sites import sites
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Step
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites
from ansible_collections.encrypt.httpd.tests.unit.plugins.site_template import written

DEFAULTS = {"redirect_http": "temporary", "hsts": 300, "key_type": "ecdsa-p256", "issuer": "acme", "shared_by": "", "replace": False}
HTTP = '<Location "/">\n    Header always set Strict-Transport-Security "max-age=63072000"\n</Location>\n'
HTTPS = "Header always unset Strict-Transport-Security\nDocumentRoot /srv\n"


def text(**more: Any) -> str:
    body = {"http": HTTP, "https": HTTPS, "addresses": ["192.0.2.7:80"], "https_addresses": ["192.0.2.7:443", "*:443"]}
    entry = {"name": "www.example.org", "aliases": ["example.org"], "body": body, **more}
    return written(read_sites([entry], DEFAULTS)[0].to_dict())


@pytest.mark.parametrize(
    "lines",
    [
        [
            "<VirtualHost 192.0.2.7:80>",
            "ServerName www",
            "Include /etc/apache2/acme-challenge.conf",
            "RewriteRule",
            "<Location",
            "RewriteEngine on",
        ],
        [
            "<VirtualHost 192.0.2.7:443 *:443>",
            "ServerName",
            "SSLEngine on",
            "unset Strict",
            "DocumentRoot /srv",
            'set Strict-Transport-Security "max-age=300"',
        ],
    ],
)
def test_a_body_has_its_place_in_each_virtual_host(lines: list[str]) -> None:
    rest = text()
    for line in lines:
        assert line in rest
        rest = rest.partition(line)[2]


def test_names_that_nobody_has_are_not_led_to_https() -> None:
    assert r'RewriteCond "%{HTTP_HOST}" "^www\.example\.org(?::\d+)?$" [NC]' in text()
    assert r'"^(example\.org)(?::\d+)? ' in text()
    assert r'"!^(?:' not in text()


def test_nobody_who_has_https_in_front_of_the_host_is_led_there_again() -> None:
    conditions = re.findall(r"((?: +RewriteCond .*\n)+) +RewriteRule \S+ \"https://", text())
    assert [r'"%{HTTP:X-Forwarded-Proto}" "!^https\b" [NC]' in one for one in conditions] == [True] * 3


def test_the_rollout_is_not_read_from_a_body() -> None:
    step, _releases = state.parse(text(hsts=0))
    assert (step.stage, step.max_age) == ("temporary", 0)


@pytest.mark.parametrize("place", ["extra", "body"])
def test_what_a_site_says_itself_is_no_step(place: str) -> None:
    """As deep as the role writes its own lines."""
    said = '# Step: redirect 301, max-age 300.\n<Location "/old">\n{}RewriteRule "^" "https://else.example/old" [R=301,NE,L]\n</Location>\n'
    entry: dict[str, Any] = {"name": "www.example.org", "rollout": "hsts"}
    entry |= {"root": "/srv", "extra": said.format("    ")} if place == "extra" else {"body": {"http": said.format("  "), "https": ""}}
    (site,) = sites([entry], DEFAULTS)
    assert state.parse(written({**site, "redirect_http": 0})) == (Step("probe"), False)


def test_what_is_kept_comes_first() -> None:
    kept = {"name": "intern", "http": "DocumentRoot /kept\n", "addresses": ["*:80"]}
    lines = text(body={"http": HTTP, "https": HTTPS, "keeps": [kept]}).splitlines()
    start = lines.index("<VirtualHost *:80>")
    assert [line.strip() for line in lines[start : start + 4]][1:] == ["ServerName intern", "DocumentRoot /kept", "</VirtualHost>"]
    assert "www.example.org" in "".join(lines[start + 4 :])
