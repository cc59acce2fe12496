# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles say in two places."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

MOD_MD = Path(__file__).parents[2] / "roles" / "mod_md"


def test_each_directive_of_mod_md_has_its_option() -> None:
    options = yaml.safe_load((MOD_MD / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    directives = yaml.safe_load((MOD_MD / "vars" / "main.yml").read_text())["__mod_md_directives"]
    described = {name for option in options.values() for name in re.findall(r"C\((MD\w+)\)", str(option["description"]))}
    assert described == set(directives)
