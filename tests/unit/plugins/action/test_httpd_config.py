# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.action.httpd_config import ActionModule

CHANGED = {"changed": True, "files": ["/a.conf"], "unconfirmed": "token"}
ARGUMENTS = {"files": [{"path": "/a.conf", "content": "x"}], "directory": "/tls", "activate": ["a"]}


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plays a task, with what the module answers run by run; gives the result and what the module was told."""

    def play(*answers: dict[str, Any], run_async: int = 0) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        asked: list[dict[str, Any]] = []

        def execute(self: Any, name: str, module_args: dict[str, Any], task_vars: Any, wrap_async: bool) -> dict[str, Any]:
            asked.append({**module_args, "async": wrap_async})
            return dict(answers[len(asked) - 1])

        monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
        monkeypatch.setattr(ActionBase, "_execute_module", execute)
        action = ActionModule.__new__(ActionModule)
        action._task = SimpleNamespace(args=ARGUMENTS, async_val=run_async)
        return action.run(), asked

    return play


def test_a_change_is_confirmed_without_its_files(played: Any) -> None:
    result, asked = played(CHANGED, {"changed": False})
    assert result == {"changed": True, "files": ["/a.conf"]}
    assert asked[1] == {**ARGUMENTS, "files": [], "confirm": "token", "async": False}


def test_what_waits_for_no_word_gets_none(played: Any) -> None:
    result, asked = played({"changed": False, "unconfirmed": ""})
    assert (result, len(asked)) == ({"changed": False}, 1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"failed": True, "msg": "the change was undone on the host"}, "the change was undone on the host"),
        ({"unreachable": True, "msg": "no route"}, "the host was lost before the change could be confirmed"),
    ],
)
def test_a_change_that_is_not_confirmed_fails(played: Any, answer: dict[str, Any], told: str) -> None:
    result, _asked = played(CHANGED, answer)
    assert result["failed"]
    assert told in result["msg"]


def test_nobody_confirms_what_runs_in_the_background(played: Any) -> None:
    result, asked = played({"started": 1, "ansible_job_id": "j1"}, run_async=60)
    assert result["ansible_job_id"] == "j1"
    assert (asked[0]["async"], asked[0]["transaction"]) == (True, {"confirm_within": 0})
