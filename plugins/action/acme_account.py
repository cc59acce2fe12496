# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Register the ACME account. Runs on the controller only."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error


class ActionModule(ActionBase):
    """See the documentation of the module of this name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make the key and register it, if that is not done yet."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import account, look
            from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import ARGUMENTS, settings
        except ImportError as error:
            raise AnsibleActionFail(f"the controller lacks a Python package: {error}; pip install acme cryptography") from error

        check = {"check_server": {"type": "bool", "default": False}}
        _validation, params = self.validate_argument_spec(argument_spec={**ARGUMENTS, **check})
        try:
            wanted = settings(params)
            if params["check_server"]:
                look(wanted)
            found = account(wanted, check_mode=self._task.check_mode)
        except ImportError as error:
            raise AnsibleActionFail(f"the controller lacks a Python package: {error}; pip install acme") from error
        except (Error, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        told = {"thumbprint": found.thumbprint, "uri": found.uri}
        diff = {"before": "" if found.changed else told, "after": told}
        return {**result, "changed": found.changed, "diff": diff, **told}
