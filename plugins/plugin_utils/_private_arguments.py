# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that are given secrets: neither files nor output for debugging have their arguments.

Without pipelining a module and its arguments lie in a file on the host while it runs, and with ANSIBLE_KEEP_REMOTE_FILES for good.
ANSIBLE_DEBUG prints the arguments of every module, no_log or not.
"""

from __future__ import annotations

from typing import Any

from ansible import constants  # type: ignore[import-untyped]
from ansible.plugins.action import ActionBase  # type: ignore[import-untyped]


class PrivateArguments(ActionBase):  # type: ignore[misc]
    """An action that runs such modules."""

    def _should_remove_tmp_path(self, tmp_path: str | None) -> bool:
        """As Ansible decides it, but for what the user says of keeping files."""
        return bool(tmp_path) and self._cleanup_remote_tmp and "-tmp-" in str(tmp_path)

    def _execute_module(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """As Ansible does it, without output for debugging. Each action has a process of its own."""
        debug, constants.DEFAULT_DEBUG = constants.DEFAULT_DEBUG, False
        try:
            return dict(super()._execute_module(*arguments, **options))
        finally:
            constants.DEFAULT_DEBUG = debug


class PrivateModule(PrivateArguments):
    """Runs the module of the same name, as Ansible runs modules."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run it."""
        result = super().run(tmp, task_vars)
        del tmp
        return {**result, **self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val)}
