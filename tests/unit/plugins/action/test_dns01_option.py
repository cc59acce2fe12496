# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dns-01 as a user asks for it: a playbook, run by Ansible, and what may be seen of the key to the DNS server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..plugin_utils.conftest import Server, start_pebble
from ..plugin_utils.knot import KEY, SECRET, Knot, start_knot

__all__ = ["start_knot", "start_pebble"]
pytestmark = pytest.mark.pebble
NAME = "_acme-challenge.example.org"


def start(folder: Path, module: str, arguments: dict[str, Any]) -> subprocess.Popen[str]:
    """Begin one task on this machine, as loud as Ansible can be."""
    playbook = folder / "playbook.yml"
    task = {f"encrypt.httpd.{module}": arguments}
    hosts = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
    playbook.write_text(json.dumps([hosts]))
    variables = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
        "ANSIBLE_LOG_PATH": str(folder / "log"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-vvvvv", "--diff", "-i", "localhost,", str(playbook)]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def play(folder: Path, module: str, arguments: dict[str, Any]) -> tuple[int, str]:
    """Run it; its status, and all that it says and logs."""
    running = start(folder, module, arguments)
    told, _nothing = running.communicate(timeout=120)
    return running.returncode, told + (folder / "log").read_text()


def options(server: Server, knot: Knot, folder: Path, **dns: Any) -> dict[str, Any]:
    """Of the ACME server, and how to reach the DNS that it asks."""
    updates = {"provider": "rfc2136", "server": "127.0.0.1", "port": knot.port, "key_name": KEY, "key_secret": SECRET}
    return {
        "acme_directory": server.directory,
        "account_key": str(folder / "acme" / "account.pem"),
        "terms_agreed": True,
        "ca_bundle": server.ca_bundle,
        "dns": {**updates, "resolvers": [knot.endpoint], "authoritative_servers": [knot.endpoint], **dns},
    }


def wildcard(folder: Path) -> dict[str, Any]:
    """What is asked for."""
    certificate = {"name": "example.org", "names": ["example.org", "*.example.org"], "challenge": "dns-01"}
    return {"directory": str(folder / "tls"), "certificates": [certificate]}


@pytest.mark.parametrize("of_site", [True, False])
def test_a_wildcard_by_a_playbook(
    start_pebble: Callable[..., Server], start_knot: Callable[[], Knot], tmp_path: Path, of_site: bool
) -> None:
    knot = start_knot()
    acme, common = options(start_pebble(dns=knot.port), knot, tmp_path), wildcard(tmp_path)
    module, arguments = ("site_certificate", {"acme": acme}) if of_site else ("acme_certificate", acme)
    status, told = play(tmp_path, module, {**common, **arguments})
    assert status == 0, told
    assert (tmp_path / "tls" / "example.org" / "current" / "fullchain.pem").is_file()
    assert knot.texts(NAME) == []
    assert SECRET not in told


def test_mistakes_are_told_before_the_host_is_asked(tmp_path: Path) -> None:
    dns = {"provider": "rfc2136", "server": "127.0.0.1", "key_name": KEY, "key_secret": f"{SECRET} and more"}
    status, told = play(tmp_path, "acme_certificate", {**wildcard(tmp_path), "dns": dns})
    assert status != 0
    assert "dns: key_secret: a key is written in base64" in told
    assert "certificate_info" not in told
    assert SECRET not in told


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_the_user_stops_the_run(
    start_pebble: Callable[..., Server], start_knot: Callable[[], Knot], tmp_path: Path, stop: int
) -> None:
    knot, behind = start_knot(), start_knot()
    acme = options(start_pebble(dns=knot.port), knot, tmp_path, authoritative_servers=[behind.endpoint])
    running = start(tmp_path, "acme_certificate", {**wildcard(tmp_path), **acme})
    until(lambda: len(knot.texts(NAME)) == 2)
    running.send_signal(stop)
    running.communicate(timeout=30)
    until(lambda: not knot.texts(NAME))


def until(there: Callable[[], bool]) -> None:
    """Wait for it."""
    end = time.monotonic() + 30
    while not there():
        assert time.monotonic() < end
        time.sleep(0.1)
