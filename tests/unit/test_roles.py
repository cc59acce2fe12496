# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles say in two places."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from ansible_collections.encrypt.httpd.plugins.module_utils._ssl_require import CONNECTIONS

ROLES = Path(__file__).parents[2] / "roles"
MOD_MD = ROLES / "mod_md"


def test_each_directive_of_mod_md_has_its_option() -> None:
    options = yaml.safe_load((MOD_MD / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    directives = yaml.safe_load((MOD_MD / "vars" / "main.yml").read_text())["__mod_md_directives"]
    described = {name for option in options.values() for name in re.findall(r"C\((MD\w+)\)", str(option["description"]))}
    assert described == set(directives)


def test_what_is_taken_for_harmless_is_what_the_tls_policies_allow() -> None:
    said = yaml.safe_load((ROLES / "httpd" / "vars" / "main.yml").read_text())
    protocols = {word.lstrip("+") for policy in said["__httpd_protocols"].values() for word in policy.split() if word.startswith("+")}
    ciphers = {*said["__httpd_ciphers"], *said["__httpd_tls13_ciphers"]}
    assert (set(CONNECTIONS["ssl_protocol"]), set(CONNECTIONS["ssl_cipher"])) == (protocols, ciphers)
