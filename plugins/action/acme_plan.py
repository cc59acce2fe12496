# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the orders of a fleet. Runs on the controller only, and asks nobody."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

HOST: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True},
}


class ActionModule(ActionBase):
    """See the documentation of the module of this name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Read what hosts want and what was ordered before, and plan."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, "changed": False, **self._plan()}
        except (Error, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _plan(self) -> dict[str, Any]:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_options as options
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _fleet_plan as fleet_plan
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_history import history_of

        hosts = {"type": "list", "elements": "dict", "required": True, "options": HOST}
        arguments = {**options.ARGUMENTS, "limits": options.ORDERS["limits"], "ledger": {"type": "path"}, "hosts": hosts}
        _validation, params = self.validate_argument_spec(argument_spec={**arguments, "profile": {"type": "str", "default": ""}})
        settings, now = options.settings(params), datetime.now(timezone.utc)
        most = fleet_plan.most_names(params["profile"])
        orders = fleet_plan.wanted_orders(params["hosts"], most)
        fleet = fleet_plan.Fleet(orders, history_of(settings).past(now), settings.limits, most, now)
        return fleet_plan.told(fleet, settings.directory)
