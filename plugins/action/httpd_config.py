# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the configuration of httpd, and confirm the change: the host undoes it by itself when the controller does not."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

UNCONFIRMED = "the host was lost before the change could be confirmed; it undoes the change by itself, so run again when it is there"


class ActionModule(ActionBase):  # type: ignore[misc]
    """See the documentation of the module of this name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module, and once more when the host waits for a word."""
        result = super().run(tmp, task_vars)
        del tmp
        arguments = dict(self._task.args)
        if self._task.async_val:  # nobody is there in the end who could confirm
            arguments["transaction"] = {**(arguments.get("transaction") or {}), "confirm_within": 0}
        told = self._module(arguments, task_vars, wrap_async=bool(self._task.async_val))
        token = told.pop("unconfirmed", "")
        if token:
            # The files are in place already; what is asked for now is to keep them.
            confirmed = self._module({**arguments, "files": [], "confirm": token}, task_vars)
            if confirmed.get("unreachable"):
                return {**result, "failed": True, "msg": f"{UNCONFIRMED}: {confirmed.get('msg', '')}"}
            if confirmed.get("failed"):
                return {**result, **confirmed}
        return {**result, **told}

    def _module(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None, wrap_async: bool = False) -> dict[str, Any]:
        told: dict[str, Any] = self._execute_module(
            "encrypt.httpd.httpd_config", module_args=arguments, task_vars=task_vars, wrap_async=wrap_async
        )
        return told
