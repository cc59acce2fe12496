# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Register the ACME account, give it a new key, or deactivate it. Runs on the controller only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import Account
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings

OPTIONS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "rekey": {"type": "bool", "default": False},
    "check_server": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """See the documentation of the module of this name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have it as it is wanted."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, **self._settle()}
        except ImportError as error:
            raise AnsibleActionFail(f"the controller lacks a Python package: {error}; pip install acme cryptography") from error
        except (Error, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _settle(self) -> dict[str, Any]:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_deactivation import deactivate
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import ARGUMENTS, settings

        _validation, params = self.validate_argument_spec(argument_spec={**ARGUMENTS, **OPTIONS})
        absent = params["state"] == "absent"
        if absent and params["rekey"]:
            raise ArgumentError("rekey: an account that shall not be there needs no new key; leave out one of rekey and state")
        found = deactivate(settings(params), check_mode=bool(self._task.check_mode)) if absent else self._present(params)
        told = {"thumbprint": found.thumbprint, "uri": found.uri}
        nothing = {"thumbprint": "", "uri": ""}
        before = told if absent or not found.changed else ""
        after = "" if absent else told
        warnings = {"warnings": [found.note]} if found.note else {}
        return {"changed": found.changed, "diff": {"before": before, "after": after}, **(nothing if absent else told), **warnings}

    def _present(self, params: dict[str, Any]) -> Account:
        """The account at the first CA that is in order."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import account, look
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import OutageError
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import second, settings

        def at(wanted: Settings) -> Account:
            if params["check_server"]:
                look(wanted)
            return account(wanted, check_mode=bool(self._task.check_mode), rekey=params["rekey"])

        first, other = settings(params), second(params)
        try:
            return at(first)
        except OutageError as error:
            if params["rekey"]:
                raise
            # Of a variable nothing is known, and the CA would be asked again.
            known = account(first, check_mode=True) if first.account_key else None
            if known and not known.changed:  # it has worked before, and orders tell what cannot be had now
                return replace(known, note=str(error))
            if other is None:
                raise
            return at(other)
