# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that are secret, and where they may be."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MODULES = Path(__file__).parents[4] / "plugins" / "modules"
NAMES = sorted(path.stem for path in MODULES.glob("[a-z]*.py"))
#: What travels in these is encrypted for the host that takes it.
SEALED = {"certificate_import: sealed.key", "certificate_import: sealed.passphrase"}
#: Modules whose documentation alone is there: actions of these names do all.
ACTIONS = {"acme_account", "acme_certificate", "acme_revocation", "site_certificate"}


def specification(name: str) -> dict[str, Any]:
    module = importlib.import_module(f"ansible_collections.encrypt.httpd.plugins.modules.{name}")
    return dict(getattr(module, "ARGUMENTS", {}))


def secret_options(options: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, option in options.items():
        if option.get("no_log"):
            yield above + name
        yield from secret_options(option.get("options", {}), f"{above}{name}.")


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_lies_inside_of_another_option(name: str) -> None:
    """AnsibleModule logs these as Python shows them, and does not find a secret with a quote in it to hide it."""
    nested = {f"{name}: {option}" for option in secret_options(specification(name)) if "." in option}
    assert nested <= SEALED


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ACTIONS and any(secret_options(specification(name)))])
def test_files_with_secret_arguments_do_not_stay(name: str) -> None:
    """Each such module is run by an action that sees to it."""
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._private_arguments import PrivateArguments

    if not all(f"{name}: {option}" in SEALED for option in secret_options(specification(name))):
        action = importlib.import_module(f"ansible_collections.encrypt.httpd.plugins.action.{name}")
        assert issubclass(action.ActionModule, PrivateArguments)
