# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have certificates revoked that an ACME server signed."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "str", "required": True},
    "version": {"type": "str", "choices": ["current", "previous"], "default": "current"},
    "reason": {"type": "str", "default": "unspecified"},
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
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_revocation import REASONS, revoke

        arguments = {**options.ARGUMENTS, **ARGUMENTS}
        arguments["reason"] = {**ARGUMENTS["reason"], "choices": list(REASONS)}
        _validation, params = self.validate_argument_spec(argument_spec=arguments)
        settings = options.settings(params)
        chains, refused = self._chains(params, f"acme {settings.directory}", task_vars)
        told: dict[str, Any] = {"changed": bool(chains), "revoked": list(chains), "refused": refused}
        if chains and not self._task.check_mode:
            outcome = revoke(settings, chains, params["reason"])
            refused = {**refused, **outcome.refused}
            told = {"changed": bool(outcome.revoked), "revoked": [*outcome.revoked, *outcome.already], "refused": refused}
        if refused:
            lines = "".join(f"\n  {name}: {why}" for name, why in refused.items())
            told.update(failed=True, msg=f"{len(refused)} certificate(s) were not revoked{lines}")
        return told

    def _chains(self, params: dict[str, Any], issuer: str, task_vars: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """The chains by name, and why there is none that this CA could revoke."""
        asked = {"directory": params["directory"], "certificates": params["certificates"], "chains": True}
        result = self._execute_module("encrypt.httpd.certificate_info", module_args=asked, task_vars=task_vars)
        if result.get("failed"):
            raise AnsibleActionFail(result.get("msg", "certificate_info failed"), result=result)
        chains, refused = {}, {}
        for found in result["certificates"]:
            version = found[params["version"]]
            if not version["chain"] and params["version"] == "previous":
                continue
            if not version["chain"]:
                refused[found["name"]] = f"there is no {params['version']} certificate on the host"
            elif version["issuer"] != issuer:
                refused[found["name"]] = f"it was signed by {version['issuer']}, not by {issuer}; only who signed it can revoke it"
            else:
                chains[found["name"]] = version["chain"]
        return chains, refused
