# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all ACME actions share, and how they become settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._test_servers import is_test
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._limits import read_limits

#: As in the documentation fragment encrypt.httpd.acme.
ARGUMENTS: dict[str, Any] = {
    "acme_directory": {"type": "str", "default": "https://acme-v02.api.letsencrypt.org/directory"},
    "account_key": {"type": "path"},
    "contact": {"type": "list", "elements": "str", "default": []},
    "terms_agreed": {"type": "bool", "default": False},
    "ca_bundle": {"type": "path"},
}
#: Of those actions that order certificates.
ORDERS: dict[str, Any] = {
    "preferred_chain": {"type": "str"},
    "concurrency": {"type": "int", "default": 8},
    "timeout": {"type": "int", "default": 120},
    "ari": {"type": "bool", "default": True},
    "ledger": {"type": "path"},
    "test_ca": {"type": "bool"},
    "test_over_production": {"type": "bool", "default": False},
    "limits": {"type": "raw"},
}
#: The second CA, which works with the account key of the first.
FALLBACK: dict[str, Any] = {name: ARGUMENTS[name] for name in ("contact", "terms_agreed", "ca_bundle")}
FALLBACK["acme_directory"] = {"type": "str", "required": True}
ARGUMENTS["fallback"] = {"type": "dict", "options": FALLBACK}


def settings(params: dict[str, Any]) -> Settings:
    """The settings of the ACME client from the parameters of an action. Raises ArgumentError."""
    directory = params["acme_directory"]
    account_key = Path(params["account_key"] or account_key_of(directory)).expanduser()
    test = is_test(directory) if params.get("test_ca") is None else params["test_ca"]
    return Settings(
        directory=directory,
        account_key=account_key,
        contact=tuple(params["contact"]),
        terms_agreed=params["terms_agreed"],
        ca_bundle=params["ca_bundle"],
        preferred_chain=params.get("preferred_chain"),
        concurrency=params.get("concurrency", 8),
        timeout=float(params.get("timeout", 120)),
        ari=params.get("ari", True),
        ledger=_ledger(params.get("ledger"), account_key),
        test=test and not params.get("test_over_production", False),
        limits=read_limits(params.get("limits"), directory),
    )


def second(params: dict[str, Any]) -> Settings | None:
    """The settings of the CA that is asked when the first is out of order, if there is one. Raises ArgumentError."""
    if not params.get("fallback"):
        return None
    first = settings(params)
    return settings({**params, "test_ca": None, "limits": None, "account_key": str(first.account_key), **params["fallback"]})


def _ledger(asked: str | None, account_key: Path) -> Path | None:
    """Beside the account key when nothing is said, and none when an empty text is."""
    if asked is None:
        return account_key.parent / "ledger"
    return Path(asked) if asked else None


def account_key_of(directory: str) -> str:
    """Where the account key for an ACME server lies when the user names no place."""
    server = re.sub(r"[^A-Za-z0-9.-]+", "_", directory.partition("://")[2]).strip("_")
    return f"~/.config/encrypt.httpd/{server}/account.pem"
