# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get certificates from an ACME server: the only place that sees the controller and the host at once."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

if TYPE_CHECKING:
    from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Decision, Wanted
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "key_type": {"type": "str", "default": "ecdsa-p256"},
}
ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
    "preferred_chain": {"type": "str"},
    "concurrency": {"type": "int", "default": 8},
    "timeout": {"type": "int", "default": 120},
    "activate": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """See the documentation of the module of this name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Look, decide, let the host make requests, let the CA sign, install."""
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, **self._certificates(task_vars or {})}
        except ImportError as error:
            raise AnsibleActionFail(f"the controller lacks a Python package: {error}; pip install acme cryptography") from error
        except (Error, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _certificates(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_options as options

        _validation, params = self.validate_argument_spec(argument_spec={**options.ARGUMENTS, **ARGUMENTS})
        settings = options.settings(params)
        wanted = _wanted(params["certificates"], settings.directory)
        decisions = self._decide(params["directory"], wanted, task_vars)
        due = {name: decision.reason for name, decision in decisions.items() if decision.reason}
        told: dict[str, Any] = {"changed": bool(due), "due": due, "issued": [], "refused": {}, "staged": list(due)}
        told["diff"] = {"before": "", "after": "".join(f"{name}: {reason}\n" for name, reason in due.items())}
        if self._task.check_mode or not due:
            return told
        to_issue = [one for one in wanted if decisions[one.name].issues]
        issued, refused = self._sign(params["directory"], to_issue, settings, task_vars) if to_issue else ({}, {})
        waiting = [name for name in due if name not in issued and name not in refused]
        self._install(params, issued, waiting if params["activate"] else [], settings.directory, task_vars)
        told.update(issued=list(issued), refused=refused, staged=[] if params["activate"] else [*waiting, *issued])
        if refused:
            told.update(failed=True, changed=bool(issued or waiting), msg=_refusal(refused))
        return told

    def _decide(self, directory: str, wanted: list[Wanted], task_vars: dict[str, Any]) -> dict[str, Decision]:
        """What is to be done for each, by what the host has in place."""
        from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace, decide

        names = [one.name for one in wanted]
        found = self._on_host("certificate_info", {"directory": directory, "certificates": names}, task_vars)
        now = datetime.now(timezone.utc)
        return {
            one.name: decide(one, InPlace.from_dict(state["current"]), InPlace.from_dict(state["pending"]), now)
            for one, state in zip(wanted, found["certificates"], strict=True)
        }

    def _sign(
        self, directory: str, wanted: list[Wanted], settings: Settings, task_vars: dict[str, Any]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Chains by name, and reasons by name of what the CA refused."""
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import account
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
        from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Issued, SigningRequest

        thumbprint = account(settings, check_mode=False).thumbprint
        names = sorted({name for one in wanted for name in one.names})
        self._on_host("challenge_check", {"names": names, "thumbprint": thumbprint}, task_vars)
        asked = [{"name": one.name, "names": list(one.names), "key_type": one.key_type} for one in wanted]
        made = self._on_host("certificate_request", {"directory": directory, "certificates": asked}, task_vars)
        answers = issue(settings, [SigningRequest(name=one["name"], csr=one["csr"]) for one in made["requests"]])
        issued = {answer.name: answer.chain for answer in answers if isinstance(answer, Issued)}
        return issued, {answer.name: answer.reason for answer in answers if not isinstance(answer, Issued)}

    def _install(self, params: dict[str, Any], issued: dict[str, str], waiting: list[str], server: str, task_vars: dict[str, Any]) -> None:
        """Put the chains on the host; those that wait there already only become live."""
        entries = [{"name": name, "chain": chain, "issuer": f"acme {server}"} for name, chain in issued.items()]
        entries += [{"name": name} for name in waiting]
        if entries:
            arguments = {"directory": params["directory"], "certificates": entries, "activate": params["activate"]}
            self._on_host("certificate", arguments, task_vars)

    def _on_host(self, module: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        result = self._execute_module(f"encrypt.httpd.{module}", module_args=arguments, task_vars=task_vars)
        if result.get("failed"):
            raise AnsibleActionFail(result.get("msg", f"{module} failed"), result=result)
        return result


def _wanted(entries: list[dict[str, Any]], server: str) -> list[Wanted]:
    """The certificates as asked for. Raises Error before anything is touched."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import host_names
    from ansible_collections.encrypt.httpd.plugins.module_utils._keys import check_key_type
    from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Wanted

    wanted = []
    for entry in entries:
        where = f"certificate {entry['name']!r}"
        names = host_names(entry["names"], f"{where}: names")
        key_type = check_key_type(entry["key_type"], f"{where}: key_type")
        wanted.append(Wanted(entry["name"], names, key_type, f"acme {server}"))
    return wanted


def _refusal(refused: dict[str, str]) -> str:
    lines = "".join(f"\n  {name}: {reason}" for name, reason in refused.items())
    return f"{len(refused)} certificate(s) were not issued; what is in place stays.{lines}"
