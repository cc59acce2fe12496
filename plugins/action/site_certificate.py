# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get certificates, each from the issuer that it names."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuing_action import ARGUMENTS, CERTIFICATE, IssuingAction

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Wanted
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issuer, OnHost
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuing_action import Split

ISSUERS = ("acme", "purchased", "private_ca", "self_signed")
OPTIONS: dict[str, Any] = {
    "purchased": {"directory": {"type": "path"}, "ca_bundle": {"type": "path"}, "host_ca_file": {"type": "path"}},
    "private_ca": {
        "directory": {"type": "path"},
        "passphrase": {"type": "str", "no_log": True, "default": ""},
        "days": {"type": "int", "default": 90},
    },
    "self_signed": {"days": {"type": "int", "default": 90}},
}


SHARED: dict[str, Any] = {"shared_by": {"type": "str"}}
MEMBERS: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "present": {"type": "bool", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True},
}
EXISTING: dict[str, Any] = {
    "key_file": {"type": "path", "no_log": False},
    "certificate_file": {"type": "path"},
    "chain_file": {"type": "path"},
    "passphrase": {"type": "str", "no_log": True},
}


class ActionModule(IssuingAction):
    """See the documentation of the module of this name."""

    def arguments(self) -> dict[str, Any]:
        """The options: one dictionary for each issuer."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_options as acme

        issuer = {"type": "str", "choices": list(ISSUERS), "default": "acme"}
        entry = {**CERTIFICATE, **EXISTING, **SHARED, "issuer": issuer}
        of_issuers = {name: {"type": "dict", "options": options, "apply_defaults": True} for name, options in OPTIONS.items()}
        of_issuers["acme"] = {"type": "dict", "options": {**acme.ARGUMENTS, **acme.ORDERS}, "apply_defaults": True}
        certificates = {"type": "list", "elements": "dict", "required": True, "options": entry}
        certificates["mutually_exclusive"] = [("shared_by", "key_file")]
        members = {"type": "list", "elements": "dict", "default": [], "options": MEMBERS}
        return {**ARGUMENTS, **of_issuers, "certificates": certificates, "members": members}

    def plan(self, params: dict[str, Any], on_host: OnHost, now: datetime) -> tuple[list[Issuer], list[Wanted]]:
        """The issuers that are named, no others."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import wanted

        named = dict.fromkeys(entry["issuer"] for entry in params["certificates"])
        issuers = {name: getattr(self, f"_{name}")(params, on_host, now) for name in named}
        return list(issuers.values()), [wanted(entry, issuers[entry["issuer"]]) for entry in params["certificates"]]

    def split(
        self, task_vars: dict[str, Any], params: dict[str, Any], issuers: list[Issuer], certificates: list[Wanted], now: datetime
    ) -> Split:
        """Of a shared certificate, one member gets it, and the others take it from there."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _sharing as sharing
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import suggestions

        host, members = task_vars["inventory_hostname"], sharing.read_members(params["members"])
        groups = {
            entry["name"]: sharing.members_of(entry["shared_by"], task_vars["groups"], members, host, entry["name"])
            for entry in params["certificates"]
            if entry["shared_by"]
        }
        found = [member.of(name).current for name, several in groups.items() for member in several]
        suggested = suggestions(issuers, found, now, check_mode=bool(self._task.check_mode))
        own, taken = sharing.share(certificates, groups, host, now, suggested)
        shared = {one.name: sharing.describe(one) for one in certificates if one.name in groups}
        return own, sharing.awaited(taken), {"taken": [asdict(one) for one in taken if one.version != "requested"], "shared": shared}

    def existing(self, params: dict[str, Any]) -> dict[str, Any]:
        """What sites say of key and certificate that the host has."""
        brought = [entry for entry in params["certificates"] if entry["key_file"]]
        fields = ("name", "names", "key_file", "certificate_file", "chain_file")
        entries = [{field: entry[field] for field in fields} for entry in brought]
        passphrases = {entry["name"]: entry["passphrase"] for entry in brought if entry["passphrase"]}
        return {"certificates": entries, "passphrases": passphrases, "ca_file": params["purchased"]["host_ca_file"]}

    def _acme(self, params: dict[str, Any], on_host: OnHost, _now: datetime) -> Issuer:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_issuer import Acme
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import second, settings

        challenges = [entry["challenge"] for entry in params["certificates"] if entry["issuer"] == "acme"]
        return Acme(settings(params["acme"], challenges), on_host, second(params["acme"], challenges))

    def _purchased(self, params: dict[str, Any], _on_host: OnHost, now: datetime) -> Issuer:
        from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._purchased import Purchased

        options = params["purchased"]
        if not options["directory"]:
            raise ArgumentError("purchased: directory: name a directory of the controller for requests and bought certificates")
        return Purchased(Path(options["directory"]), options["ca_bundle"], now)

    def _private_ca(self, params: dict[str, Any], _on_host: OnHost, now: datetime) -> Issuer:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._private_ca import PrivateCa

        options = params["private_ca"]
        return PrivateCa(options["directory"] or "", options["passphrase"], options["days"], now)

    def _self_signed(self, params: dict[str, Any], on_host: OnHost, _now: datetime) -> Issuer:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._self_signed import SelfSigned

        return SelfSigned(params["directory"], params["self_signed"]["days"], on_host)
