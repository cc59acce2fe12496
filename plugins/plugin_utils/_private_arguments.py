# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that are given secrets: no file with their arguments stays, even where Ansible is told to keep them.

Without pipelining a module and its arguments lie in a file on the host while it runs, and with ANSIBLE_KEEP_REMOTE_FILES for good.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase  # type: ignore[import-untyped]


class PrivateArguments(ActionBase):  # type: ignore[misc]
    """An action that runs such modules."""

    def _should_remove_tmp_path(self, tmp_path: str | None) -> bool:
        """As Ansible decides it, but for what the user says of keeping files."""
        return bool(tmp_path) and self._cleanup_remote_tmp and "-tmp-" in str(tmp_path)


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
