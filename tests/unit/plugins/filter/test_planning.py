# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.encrypt.httpd.plugins.filter.planning import wanted_certificates
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace

from ..module_utils.test_renewal import LEAF

DEFAULTS: dict[str, Any] = yaml.safe_load(Path("roles/https/defaults/main.yml").read_text(encoding="utf-8"))
NOW = datetime.now(timezone.utc)
FIRST, SECOND, STAGING = "https://first.example/dir", "https://second.example/dir", "https://acme-staging-v02.api.letsencrypt.org/directory"
HOST: dict[str, Any] = {"https_acme_directory": FIRST, "https_sites": [{"name": "www.example", "root": "/srv"}]}


def looked(issuer: str) -> dict[str, Any]:
    """What the host has: a certificate of *issuer*, one day old."""
    leaf = replace(LEAF, names=("www.example",), not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=89))
    nothing = {"pending": InPlace().to_dict(), "requested": False}
    return {"__https_planned": {"certificates": [{"name": "www.example", "current": InPlace(leaf, issuer).to_dict(), **nothing}]}}


@pytest.mark.parametrize(
    ("variables", "due"),
    [
        ({}, None),
        (looked(f"acme {FIRST}"), False),
        (looked(f"acme {SECOND}"), True),
        ({**looked(f"acme {SECOND}"), "https_acme_fallback": {"acme_directory": SECOND}}, False),
        ({**looked(f"acme {FIRST}"), "https_acme_directory": STAGING}, False),
        ({**looked(f"acme {FIRST}"), "https_acme_directory": STAGING, "https_acme_test_over_production": "yes"}, True),
        ({**looked(f"acme {SECOND}"), "https_acme_test_ca": True}, False),
    ],
)
def test_what_is_due(variables: dict[str, Any], due: bool | None) -> None:
    (host,) = wanted_certificates(["web1"], {"web1": {**HOST, **variables}}, DEFAULTS)
    (certificate,) = host["certificates"]
    assert certificate.get("due") is due
    assert certificate["names"] == ["www.example"]


def test_wildcards_are_planned_where_they_are_proven_by_dns() -> None:
    sites = [{"name": "example.org", "aliases": ["*.example.org"], "root": "/srv"}]
    by_dns = {"web1": {**HOST, "https_sites": sites, "https_acme_challenge": "dns-01"}}
    assert wanted_certificates(["web1"], by_dns, DEFAULTS)[0]["certificates"][0]["names"] == ["example.org", "*.example.org"]
    with pytest.raises(AnsibleFilterError, match="web1: site 'example.org': .*is a wildcard"):
        wanted_certificates(["web1"], {"web1": {**HOST, "https_sites": sites}}, DEFAULTS)


def test_one_ca_at_a_time() -> None:
    with pytest.raises(AnsibleFilterError, match="web2 and web1 have certificates of different ACME servers"):
        wanted_certificates(["web1", "web2"], {"web1": HOST, "web2": {**HOST, "https_acme_directory": SECOND}}, DEFAULTS)
