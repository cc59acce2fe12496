# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions about the ACME account, with a real Pebble."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.action.acme_account import ActionModule
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_account as accounts
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_retry
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import NO_THUMBPRINT
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import OutageError

from ..plugin_utils.conftest import Server, free_port, start_pebble

pytestmark = pytest.mark.pebble
__all__ = ["start_pebble"]

HMAC = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
BOUND = {"externalAccountBindingRequired": True, "externalAccountMACKeys": {"kid-1": HMAC}}
#: The directory of ansible_collections, as this process found it.
COLLECTIONS = Path(str(sys.modules[ActionModule.__module__].__file__)).parents[5]

Play = Callable[..., dict[str, Any]]


def arguments(server: Server, **other: Any) -> dict[str, Any]:
    common = {"acme_directory": server.directory, "ca_bundle": server.ca_bundle, "contact": ["ops@example.org"], "terms_agreed": True}
    return {**common, **other}


def variable() -> str:
    return keys.encode(keys.generate("ecdsa-p256")).decode()


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays a task of acme_account."""

    def played(args: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
        action = ActionModule.__new__(ActionModule)
        action._task = SimpleNamespace(args=args, check_mode=check_mode)
        action._load_name = "acme_account"
        return dict(action.run())

    return played


def test_the_life_of_an_account_is_predicted_and_told(start_pebble: Callable[..., Server], tmp_path: Path, play: Play) -> None:
    args = arguments(start_pebble(), account_key=str(tmp_path / "acme" / "account.pem"))
    nothing = {"thumbprint": "", "uri": ""}

    def change(args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """What is predicted, what is done, and what is done then."""
        return play(args, check_mode=True), play(args), play(args)

    would, did, again = change(args)
    assert (would["changed"], did["changed"], again["changed"]) == (True, True, False)
    assert (would["thumbprint"], would["diff"]["before"], did["diff"]["before"]) == (NO_THUMBPRINT, "", "")
    told = {"thumbprint": did["thumbprint"], "uri": did["uri"]}
    assert did["diff"]["after"] == told
    assert again["diff"] == {"before": told, "after": told}

    would, did = play({**args, "rekey": True}, check_mode=True), play({**args, "rekey": True})
    assert (would["changed"], did["changed"], would["thumbprint"]) == (True, True, NO_THUMBPRINT)
    assert (did["uri"], did["thumbprint"] != told["thumbprint"]) == (told["uri"], True)

    last = {"thumbprint": did["thumbprint"], "uri": did["uri"]}
    would, did, again = change({**args, "state": "absent"})
    assert would == did == {"changed": True, "diff": {"before": last, "after": ""}, **nothing}
    assert again == {"changed": False, "diff": {"before": nothing, "after": ""}, **nothing}


def test_a_variable_twice_in_a_row(start_pebble: Callable[..., Server], play: Play) -> None:
    args = arguments(start_pebble(), account_key_content=variable())
    assert [play(args, check_mode=check_mode)["changed"] for check_mode in (True, False, False, True)] == [True, True, False, False]


def test_an_outage_is_a_warning_for_a_variable(start_pebble: Callable[..., Server], play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    args = arguments(start_pebble(), account_key_content=variable())

    def out(*_arguments: Any) -> Any:
        raise OutageError("the CA is out of reach")

    monkeypatch.setattr(accounts, "connect", out)
    assert play(args)["warnings"] == ["whether the account is registered is not known: the CA is out of reach"]


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ({"state": "absent", "rekey": True}, "leave out one of rekey and state"),
        ({"account_key": "/tmp/k.pem", "account_key_content": "secret-of-ours"}, "account_key and account_key_content: give one of them"),
        ({"account_key_content": "secret-of-ours"}, "account_key_content: this is no PEM private key"),
        ({"binding": {"kid": "kid-1", "hmac": "secret of ours"}}, "binding: give kid and hmac as the CA gave them"),
        ({"binding": {"kid": "kid-1"}}, "missing required arguments: hmac"),
        ({"binding": {"kid": "kid-1", "hmac": "secret-of-ours", "algorithm": "RS256"}}, "must be one of: HS256, HS384, HS512"),
        ({"binding": {"kid": "kid-1", "hmac": {"x": "secret-of-ours"}, "algorithm": []}}, "algorithm"),
        ({"state": "gone"}, "must be one of: present, absent"),
    ],
)
def test_mistakes_are_told_without_their_secrets(play: Play, mistake: dict[str, Any], told: str) -> None:
    args = {"acme_directory": "https://ca.example/dir", **mistake}
    with pytest.raises(AnsibleActionFail, match=told) as raised:
        play(args)
    assert "of-ours" not in f"{raised.value} {raised.value.result}"
    assert "of ours" not in f"{raised.value} {raised.value.result}"


@pytest.mark.parametrize("hmac", [HMAC, "wrong-but-secret-aaaaaaaaaaaaaaa"])
def test_no_output_has_a_secret(start_pebble: Callable[..., Server], tmp_path: Path, hmac: str) -> None:
    """With all that Ansible tells, its output for debugging, and a log; twice with success, or a refusal by the CA."""
    content = variable()
    secrets = {"key": content, "hmac": hmac}
    task = arguments(start_pebble(configuration=BOUND), account_key_content="{{ key }}", binding={"kid": "kid-1", "hmac": "{{ hmac }}"})
    tasks = [{"name": f"Time {time}", "encrypt.httpd.acme_account": task} for time in (1, 2)]
    play = [{"hosts": "localhost", "gather_facts": False, "vars_files": ["secrets.json"], "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    (tmp_path / "secrets.json").write_text(json.dumps(secrets), encoding="utf-8")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_DEBUG": "1",
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": "",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvvv", "--diff", "play.yml"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode == 0) is (hmac == HMAC), run.stdout + run.stderr
    assert ("changed=1 " if hmac == HMAC else "refuses the account") in run.stdout
    shown = run.stdout + run.stderr + (tmp_path / "log").read_text(encoding="utf-8")
    assert not [line for line in [hmac, *content.splitlines()[1:-1]] if line in shown]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_acme_retry, "FIRST_PAUSE", 0.01)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("by", "check_server"), [("file", True), ("file", False), ("variable", True)])
def test_the_second_ca_has_the_account_while_the_first_is_out_of_order(
    start_pebble: Callable[..., Server], tmp_path: Path, play: Play, by: str, check_server: bool
) -> None:
    second = arguments(start_pebble())
    key: dict[str, Any] = {"account_key": str(tmp_path / "acme" / "account.pem")} if by == "file" else {"account_key_content": variable()}
    key["check_server"] = check_server
    first = {**second, **key, "acme_directory": f"https://127.0.0.1:{free_port()}/dir"}
    with pytest.raises(AnsibleActionFail, match="cannot be reached"):
        play(first)
    did = play({**first, "fallback": second})
    assert did["changed"]
    assert did["uri"].startswith(second["acme_directory"].removesuffix("/dir"))
    assert not play({**first, "fallback": second})["changed"]
    assert play({**second, **key}) == {**did, "changed": False, "diff": {"before": did["diff"]["after"], "after": did["diff"]["after"]}}


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_known_and_out_of_order_is_a_warning(start_pebble: Callable[..., Server], tmp_path: Path, play: Play) -> None:
    args = arguments(start_pebble(), account_key=str(tmp_path / "acme" / "account.pem"))
    did = play(args)
    gone = {**args, "acme_directory": f"https://127.0.0.1:{free_port()}/dir"}
    known = tmp_path / "acme" / "account.pem.json"
    known.write_text(known.read_text(encoding="utf-8").replace(args["acme_directory"], gone["acme_directory"]), encoding="utf-8")
    for check_mode in (True, False):
        told = play({**gone, "check_server": True}, check_mode=check_mode)
        assert (told["changed"], told["thumbprint"]) == (False, did["thumbprint"])
        assert "cannot be reached" in told["warnings"][0]
