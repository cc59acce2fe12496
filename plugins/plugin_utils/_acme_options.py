# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all ACME actions share, and how they become settings."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._test_servers import is_test
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_settings import read_dns
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_tsig import ALGORITHMS

#: As in the documentation fragment encrypt.httpd.acme.
ARGUMENTS: dict[str, Any] = {
    "acme_directory": {"type": "str", "default": "https://acme-v02.api.letsencrypt.org/directory"},
    "account_key": {"type": "path"},
    "contact": {"type": "list", "elements": "str", "default": []},
    "terms_agreed": {"type": "bool", "default": False},
    "ca_bundle": {"type": "path"},
}
#: How dns-01 reaches the user's DNS. What belongs to one kind of provider has no default, so that it is known what was said.
DNS: dict[str, Any] = {
    "provider": {"type": "str"},
    "server": {"type": "str"},
    "port": {"type": "int"},
    "key_name": {"type": "str", "no_log": False},
    "key_algorithm": {"type": "str", "choices": list(ALGORITHMS), "no_log": False},
    "key_secret": {"type": "str", "no_log": True},
    "key_file": {"type": "path", "no_log": False},
    "program": {"type": "path"},
    "lexicon_provider": {"type": "str"},
    "lexicon_options": {"type": "dict", "no_log": True},
    "propagation_timeout": {"type": "int", "default": 120},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "authoritative_servers": {"type": "list", "elements": "str", "default": []},
}
#: Of those actions that order certificates.
ORDERS: dict[str, Any] = {
    "preferred_chain": {"type": "str"},
    "concurrency": {"type": "int", "default": 8},
    "timeout": {"type": "int", "default": 120},
    "dns": {"type": "dict", "options": DNS},
    "ari": {"type": "bool", "default": True},
    "ledger": {"type": "path"},
    "test_ca": {"type": "bool"},
    "test_over_production": {"type": "bool", "default": False},
}
#: The second CA, which works with the account key of the first.
FALLBACK: dict[str, Any] = {name: ARGUMENTS[name] for name in ("contact", "terms_agreed", "ca_bundle")}
FALLBACK["acme_directory"] = {"type": "str", "required": True}
ARGUMENTS["fallback"] = {"type": "dict", "options": FALLBACK}


def settings(params: dict[str, Any], challenges: Collection[str] = ()) -> Settings:
    """The settings of the ACME client from the parameters of an action, which solves these challenges. Raises ArgumentError."""
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
        dns=read_dns(params["dns"]) if "dns-01" in challenges else None,
        ari=params.get("ari", True),
        ledger=_ledger(params.get("ledger"), account_key),
        test=test and not params.get("test_over_production", False),
    )


def second(params: dict[str, Any], challenges: Collection[str] = ()) -> Settings | None:
    """The settings of the CA that is asked when the first is out of order, if there is one. Raises ArgumentError."""
    if not params.get("fallback"):
        return None
    first = settings(params)
    return settings({**params, "test_ca": None, "account_key": str(first.account_key), **params["fallback"]}, challenges)


def _ledger(asked: str | None, account_key: Path) -> Path | None:
    """Beside the account key when nothing is said, and none when an empty text is."""
    if asked is None:
        return account_key.parent / "ledger"
    return Path(asked) if asked else None


def account_key_of(directory: str) -> str:
    """Where the account key for an ACME server lies when the user names no place."""
    server = re.sub(r"[^A-Za-z0-9.-]+", "_", directory.partition("://")[2]).strip("_")
    return f"~/.config/encrypt.httpd/{server}/account.pem"
