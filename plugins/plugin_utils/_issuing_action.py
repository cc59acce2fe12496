# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions that issue certificates share: Ansible in, Ansible out. Only they see controller and host at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleActionFail  # type: ignore[import-untyped]
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

from ._private_arguments import PrivateArguments

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Wanted

    from ._issuers import Issuer, OnHost

    Split = tuple[list[Wanted], dict[str, str], dict[str, Any]]

#: Options of a certificate, and of all these actions.
CERTIFICATE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "key_type": {"type": "str", "default": "ecdsa-p256"},
    "challenge": {"type": "str", "choices": ["http-01", "dns-01"], "default": "http-01"},
}
ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "activate": {"type": "bool", "default": True},
    "rekey": {"type": "bool", "default": False},
}


class IssuingAction(PrivateArguments):
    """An action that knows who signs what."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def arguments(self) -> dict[str, Any]:
        """The argument specification."""
        raise NotImplementedError

    def plan(self, params: dict[str, Any], on_host: OnHost, now: datetime) -> tuple[list[Issuer], list[Wanted]]:
        """All issuers, and the certificates that shall be there. Raises Error before anything is touched."""
        raise NotImplementedError

    def split(
        self, task_vars: dict[str, Any], params: dict[str, Any], issuers: list[Issuer], certificates: list[Wanted], now: datetime
    ) -> Split:
        """Those that this host gets itself; of the others what a person has to do first, by name, and what the result tells.

        Raises Error before anything is touched.
        """
        del task_vars, params, issuers, now
        return certificates, {}, {}

    def existing(self, params: dict[str, Any]) -> dict[str, Any]:
        """Arguments of the module existing_certificate."""
        del params
        return {"certificates": []}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Issue what is due."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, **self._issue(task_vars or {})}
        except ImportError as error:
            raise AnsibleActionFail(f"the controller lacks a Python package: {error}; pip install acme cryptography") from error
        except (Error, OSError) as error:
            raise AnsibleActionFail(str(error), result=getattr(error, "result", None)) from error

    def _issue(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        from ._issuance import Issuance
        from ._refusals import refusal

        _validation, params = self.validate_argument_spec(argument_spec=self.arguments())
        now, check_mode = datetime.now(timezone.utc), bool(self._task.check_mode)
        on_host = partial(self._on_host, task_vars)
        issuers, certificates = self.plan(params, on_host, now)
        if params["rekey"]:
            certificates = [replace(one, asked="a new key is asked for") for one in certificates]
        certificates, awaited, others = self.split(task_vars, params, issuers, certificates, now)
        issuance = Issuance(params["directory"], {one.label: one for one in issuers}, on_host, now, check_mode)
        told = issuance.run(certificates, self.existing(params), activate=params["activate"])
        told["awaited"].update(awaited)
        told["warnings"] += [f"{name}: {todo}" for name, todo in awaited.items()]
        if told["refused"]:
            told.update(failed=True, msg=refusal(told["refused"]))
        return {**told, **others}

    def _on_host(self, task_vars: dict[str, Any], module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from ._issuers import ModuleError

        result: dict[str, Any] = self._execute_module(f"encrypt.httpd.{module}", module_args=arguments, task_vars=task_vars)
        if result.get("failed") or result.get("unreachable"):
            raise ModuleError(module, result)
        return result
