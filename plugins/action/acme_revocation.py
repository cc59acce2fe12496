# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have certificates revoked that an ACME server signed."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "str", "required": True},
    "version": {"type": "str", "choices": ["current", "previous"], "default": "current"},
    "reason": {"type": "str", "default": "unspecified"},
    "signed_by": {"type": "str", "choices": ["account", "certificate"], "default": "account"},
}


class ActionModule(ActionBase):
    """See the documentation of the module of this name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fetch the chains from the host, and ask the CA."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, **self._revoke(task_vars or {})}
        except ImportError as error:
            raise AnsibleActionFail(f"the controller lacks a Python package: {error}; pip install acme cryptography") from error
        except (Error, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _revoke(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_options as options
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_revocation import REASONS, Outcome, by_issuer, revoke
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._refusals import refusal

        arguments = {**options.ARGUMENTS, **ARGUMENTS}
        arguments["reason"] = {**ARGUMENTS["reason"], "choices": list(REASONS)}
        _validation, params = self.validate_argument_spec(argument_spec=arguments)
        asked = {"directory": params["directory"], "certificates": params["certificates"], "chains": True}
        found = self._on_host("certificate_info", asked, task_vars)["certificates"]
        servers = {one.label: one for one in (options.settings(params), options.second(params)) if one}
        chains, refused = by_issuer(found, params["version"], list(servers), datetime.now(timezone.utc))
        outcome, sign = Outcome(), partial(self._sign, params["directory"], task_vars)
        for label, some in chains.items():
            if self._task.check_mode:
                outcome.revoked += [name for name, _chain in some]
            else:
                outcome.add(revoke(servers[label], some, params["reason"], sign, by_account=params["signed_by"] == "account"))
        refused.update(outcome.refused)
        done = {*outcome.revoked, *outcome.already} - set(refused)
        revoked = [name for name in dict.fromkeys(params["certificates"]) if name in done]
        told = {"changed": bool(outcome.revoked), "revoked": revoked, "refused": refused}
        return {**told, "failed": True, "msg": refusal(refused, "revoked")} if refused else told

    def _sign(self, directory: str, task_vars: dict[str, Any], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Signed on the host, which keeps the keys. Raises Error: what is revoked by then is told in any case."""
        asked = {"directory": directory, "requests": requests}
        try:
            return list(self._on_host("revocation_request", asked, task_vars)["requests"])
        except AnsibleError as error:
            raise Error(f"the host could not sign: {error}") from error

    def _on_host(self, module: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(f"encrypt.httpd.{module}", module_args=arguments, task_vars=task_vars)
        if result.get("failed"):
            raise AnsibleActionFail(result.get("msg", f"{module} failed"), result=result)
        return result
