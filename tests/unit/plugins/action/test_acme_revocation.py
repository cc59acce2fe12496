# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action acme_revocation, with a real Pebble and the modules that it runs on a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.action.acme_revocation import ActionModule
from ansible_collections.encrypt.httpd.plugins.module_utils import _store as store
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._versions import promote
from ansible_collections.encrypt.httpd.plugins.modules import certificate_info, revocation_request
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_retry
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued, SigningRequest

from ..plugin_utils.conftest import Server, free_port, start_pebble
from ..plugin_utils.test_acme import ready

pytestmark = pytest.mark.pebble
__all__ = ["start_pebble"]

MODULES = {"encrypt.httpd.certificate_info": certificate_info, "encrypt.httpd.revocation_request": revocation_request}
NAMES = ["a.example", "b.example"]


@pytest.fixture
def server(start_pebble: Callable[..., Server]) -> Server:
    return start_pebble()


@pytest.fixture
def arguments(server: Server, tmp_path: Path) -> dict[str, Any]:
    """Of a task that revokes two certificates, which are in place; the account that got them is in "first"."""
    settings = ready(server, tmp_path / "first")
    for name in NAMES:
        layout = Layout(str(tmp_path / "tls"), name)
        (issued,) = issue(settings, [SigningRequest(name, store.prepare(layout, (name,), "ecdsa-p256")[0])])
        assert isinstance(issued, Issued)
        store.stage(layout, issued.chain, f"acme {server.directory}")
        promote(layout)
    common = {"directory": str(tmp_path / "tls"), "certificates": NAMES, "terms_agreed": True}
    return {**common, "acme_directory": server.directory, "ca_bundle": server.ca_bundle, "account_key": str(settings.account_key)}


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict[str, Any], list[str]]]:
    """Plays the task; gives its result and what ran on the host."""

    def played(args: dict[str, Any], *, check_mode: bool = False) -> tuple[dict[str, Any], list[str]]:
        ran: list[str] = []

        def execute(_action: Any, name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
            del task_vars
            ran.append(name.rpartition(".")[2])
            return MODULES[name].run({"paths": [], **module_args})

        monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
        monkeypatch.setattr(ActionBase, "_execute_module", execute)
        action = ActionModule.__new__(ActionModule)
        action._task = SimpleNamespace(args=args, check_mode=check_mode)
        action._load_name = "acme_revocation"
        return dict(action.run()), ran

    return played


@pytest.mark.parametrize(
    ("given", "ran"),
    [
        ({}, ["certificate_info"]),
        ({"signed_by": "certificate"}, ["certificate_info", "revocation_request"]),
        ({"account_key": "lost"}, ["certificate_info", "revocation_request"]),
    ],
)
def test_revoked_once_whoever_asks(tmp_path: Path, arguments: dict[str, Any], play: Any, given: dict[str, Any], ran: list[str]) -> None:
    args = {**arguments, **given}
    if "account_key" in given:
        args["account_key"] = str(tmp_path / "lost" / "account.pem")
    would, looked = play(args, check_mode=True)
    assert (would, looked) == ({"changed": True, "revoked": NAMES, "refused": {}}, ["certificate_info"])
    for changed in (True, False):
        told, looked = play(args)
        assert told == {**would, "changed": changed}
        assert list(dict.fromkeys(looked)) == ran  # once more for a nonce that is not taken
    assert not (tmp_path / "lost").exists()


def test_what_the_second_ca_signed_is_revoked_there(tmp_path: Path, arguments: dict[str, Any], play: Any) -> None:
    (tmp_path / "tls" / "b.example" / "current" / "issuer").write_text("acme https://third.example/dir", encoding="utf-8")
    second = {name: arguments[name] for name in ("acme_directory", "ca_bundle", "terms_agreed")}
    first = {**arguments, "acme_directory": f"https://127.0.0.1:{free_port()}/dir"}
    told, _ran = play({**first, "fallback": second})
    assert (told["revoked"], list(told["refused"])) == (["a.example"], ["b.example"])
    assert "it was signed by acme https://third.example/dir" in told["refused"]["b.example"]


def test_what_is_revoked_is_told_though_the_second_ca_is_gone(
    tmp_path: Path, arguments: dict[str, Any], play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_acme_retry, "FIRST_PAUSE", 0.01)
    gone = f"https://127.0.0.1:{free_port()}/dir"
    (tmp_path / "tls" / "b.example" / "current" / "issuer").write_text(f"acme {gone}", encoding="utf-8")
    told, _ran = play({**arguments, "fallback": {"acme_directory": gone, "terms_agreed": True}})
    assert (told["changed"], told["failed"], told["revoked"], list(told["refused"])) == (True, True, ["a.example"], ["b.example"])
    assert "cannot be reached" in told["refused"]["b.example"]


@pytest.mark.parametrize("lost", [{"failed": True, "msg": "no Python"}, AnsibleConnectionFailure("no way to it")])
def test_a_host_that_cannot_sign_is_told_for_each_name(
    arguments: dict[str, Any], play: Any, monkeypatch: pytest.MonkeyPatch, lost: Any
) -> None:
    def answer(_arguments: dict[str, Any]) -> dict[str, Any]:
        if isinstance(lost, Exception):
            raise lost
        return dict(lost)

    monkeypatch.setattr(revocation_request, "run", answer)
    told, _ran = play({**arguments, "signed_by": "certificate"})
    assert (told["changed"], told["failed"], told["revoked"], list(told["refused"])) == (False, True, [], NAMES)
    assert all(why.startswith("the host could not sign: no ") for why in told["refused"].values())
