# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get certificates from an ACME server."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuing_action import ARGUMENTS, CERTIFICATE, IssuingAction

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Wanted
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issuer, OnHost


class ActionModule(IssuingAction):
    """See the documentation of the module of this name."""

    def arguments(self) -> dict[str, Any]:
        """The options."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_options as options

        certificates = {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE}
        return {**ARGUMENTS, **options.ARGUMENTS, **options.ORDERS, "certificates": certificates}

    def plan(self, params: dict[str, Any], on_host: OnHost, now: datetime) -> tuple[list[Issuer], list[Wanted]]:
        """One issuer for all."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_issuer import Acme
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_options import second, settings
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuance import wanted

        del now
        challenges = [entry["challenge"] for entry in params["certificates"]]
        acme = Acme(settings(params, challenges), on_host, second(params, challenges))
        return [acme], [wanted(entry, acme) for entry in params["certificates"]]
