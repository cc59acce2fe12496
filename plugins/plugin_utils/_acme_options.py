# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all ACME actions share, and how they become settings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._test_servers import is_test

from ._acme_binding import DIGESTS, read_binding
from ._acme_settings import Settings, server_name
from ._dns_settings import read_dns
from ._dns_tsig import ALGORITHMS
from ._limits import read_limits

BINDING: dict[str, Any] = {
    "kid": {"type": "str", "required": True},
    "hmac": {"type": "str", "required": True, "no_log": True},
    "algorithm": {"type": "str", "choices": list(DIGESTS), "default": "HS256"},
}
#: As in the documentation fragment encrypt.httpd.acme.
ARGUMENTS: dict[str, Any] = {
    "acme_directory": {"type": "str", "default": "https://acme-v02.api.letsencrypt.org/directory"},
    "account_key": {"type": "path"},
    "account_key_content": {"type": "str", "no_log": True},
    "contact": {"type": "list", "elements": "str", "default": []},
    "terms_agreed": {"type": "bool", "default": False},
    "ca_bundle": {"type": "path"},
    "binding": {"type": "dict", "options": BINDING},
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
    "profile": {"type": "str"},
    "concurrency": {"type": "int", "default": 8},
    "timeout": {"type": "int", "default": 120},
    "dns": {"type": "dict", "options": DNS},
    "ari": {"type": "bool", "default": True},
    "ledger": {"type": "path"},
    "test_ca": {"type": "bool"},
    "test_over_production": {"type": "bool", "default": False},
    "limits": {"type": "raw"},
}
#: The second CA, which works with the account key of the first.
FALLBACK: dict[str, Any] = {name: ARGUMENTS[name] for name in ("contact", "terms_agreed", "ca_bundle", "binding")}
FALLBACK["profile"] = ORDERS["profile"]
FALLBACK["acme_directory"] = {"type": "str", "required": True}
ARGUMENTS["fallback"] = {"type": "dict", "options": FALLBACK}


def settings(params: dict[str, Any], challenges: Collection[str] = ()) -> Settings:
    """The settings of the ACME client from the parameters of an action, which solves these challenges. Raises ArgumentError."""
    directory, content = params["acme_directory"], params["account_key_content"] or ""
    path = params["account_key"] or ("" if content else account_key_of(directory))
    account_key = Path(path).expanduser() if path else None
    test = is_test(directory) if params.get("test_ca") is None else params["test_ca"]
    return Settings(
        directory=directory,
        account_key=account_key,
        account_key_content=content,
        contact=tuple(params["contact"]),
        terms_agreed=params["terms_agreed"],
        ca_bundle=params["ca_bundle"],
        binding=read_binding(params["binding"]),
        profile=params.get("profile") or "",
        preferred_chain=params.get("preferred_chain"),
        concurrency=params.get("concurrency", 8),
        timeout=float(params.get("timeout", 120)),
        dns=read_dns(params["dns"]) if "dns-01" in challenges else None,
        ari=params.get("ari", True),
        ledger=_ledger(params.get("ledger"), account_key),
        test=test and not params.get("test_over_production", False),
        limits=read_limits(params.get("limits"), directory),
    )


def second(params: dict[str, Any], challenges: Collection[str] = ()) -> Settings | None:
    """The settings of the CA that is asked when the first is out of order, if there is one. Raises ArgumentError."""
    if not params.get("fallback"):
        return None
    first = settings(params)
    own = {"test_ca": None, "limits": None, "account_key": str(first.account_key or ""), **params["fallback"]}
    found = settings({**params, **own}, challenges)
    if found.test and not first.test:
        raise ArgumentError(
            f"fallback: acme_directory: {found.directory} is a test CA, whose certificates would take the place of real ones; name a CA "
            "for production, or say test_over_production: true (in the role https_acme_test_over_production)"
        )
    return found


def _ledger(asked: str | None, account_key: Path | None) -> Path | None:
    """Beside the account key when nothing is said, if that is a file; and none when an empty text is."""
    if asked is None:
        return account_key.parent / "ledger" if account_key else None
    return Path(asked) if asked else None


def account_key_of(directory: str) -> str:
    """Where the account key for an ACME server lies when the user names no place."""
    return f"~/.config/encrypt.httpd/{server_name(directory)}/account.pem"
