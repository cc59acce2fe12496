#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, shown: plain-http servers of a small company become https, and independent clients say so. Usage: run.py [--clean]"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lab"))

import client  # noqa: E402
import lab  # noqa: E402
import machine  # noqa: E402
import playbook  # noqa: E402
import state  # noqa: E402
import table  # noqa: E402
from machine import LabError, say  # noqa: E402

CACHE = ROOT / ".cache" / "demo"
BEFORE = CACHE / "before.json"
HOSTS = {"web1": "debian13", "web2": "debian13", "web3": "debian12"}
USUAL_NETWORK = "10.87.1."


def boot() -> state.Lab:
    hosts = [f"--host={name}={image}" for name, image in HOSTS.items()]
    _lab("up", "demo", "--number=1", *hosts)
    booted = state.running("demo")
    seen = _seen()
    if seen and seen["hosts"] == _identity(booted, "known_hosts") and seen["root"] != _identity(booted, "issuer-root.pem"):
        say("Pebble was started anew and is another CA now: the hosts start anew too")
        _lab("renew", "demo")
    return booted


def _seen() -> dict[str, Any]:
    """What was noted of these hosts when they were new."""
    return json.loads(BEFORE.read_text(encoding="utf-8")) if BEFORE.exists() else {}


def _identity(booted: state.Lab, file: str) -> str:
    return (booted.state / file).read_text(encoding="utf-8")


def _lab(*command: str) -> None:
    options = lab.parser().parse_args(command)
    options.action(options)


def inventory(booted: state.Lab) -> Path:
    """The inventory as it is written, unless its network was taken on this machine."""
    written = HERE / "inventory.yml"
    network = booted.ca.rpartition(".")[0] + "."
    if network == USUAL_NETWORK:
        return written.relative_to(ROOT)
    say(f"{USUAL_NETWORK}0 is taken on this machine: using the inventory with {network}0 instead")
    moved = CACHE / "inventory.yml"
    moved.write_text(written.read_text(encoding="utf-8").replace(USUAL_NETWORK, network), encoding="utf-8")
    return moved.relative_to(ROOT)


def sites_of(hosts: Path) -> list[table.Site]:
    listed = json.loads(playbook.output("ansible-inventory", "-i", str(hosts), "--list"))["_meta"]["hostvars"]
    return [
        table.Site(host, known["ansible_host"], site["name"], [site["name"], *site.get("aliases", [])])
        for host, known in listed.items()
        for site in known["https_sites"]
    ]


def name_in_dns(sites: list[table.Site]) -> None:
    records = [f"{name}={site.address}" for site in sites for name in site.names]
    _lab("dns", "demo", *records)


def views_of(sites: list[table.Site], booted: state.Lab) -> dict[str, client.View]:
    names = [(name, site.address) for site in sites for name in site.names]
    return {view.name: view for view in client.look_at_all(names, str(booted.state / "issuer-root.pem"))}


def before(sites: list[table.Site], booted: state.Lab) -> tuple[dict[str, int], bool]:
    """How http answered when these hosts were new; also whether that is now."""
    identity = {"hosts": _identity(booted, "known_hosts"), "root": _identity(booted, "issuer-root.pem")}
    seen = _seen()
    if seen and seen["hosts"] == identity["hosts"]:
        return seen["status"], False
    status = {site.name: client.http_status(site.name, site.address) for site in sites}
    BEFORE.write_text(json.dumps({**identity, "status": status}, indent=1), encoding="utf-8")
    return status, True


def install() -> None:
    """As a user does it; only that the artifact is not from Galaxy."""
    artifact = max(ROOT.glob(".cache/encrypt-httpd-*.tar.gz"), key=lambda file: file.stat().st_mtime, default=None)
    if artifact is None:
        raise LabError("there is no built artifact in .cache; run `make demo`, which builds it")
    command = ["ansible-galaxy", "collection", "install", "--force", str(artifact.relative_to(ROOT)), "-p", ".cache/demo/collections"]
    playbook.show(command)
    playbook.output(*command[:3], "--offline", *command[3:])
    say("installed")


def clean() -> int:
    _lab("clean")
    shutil.rmtree(CACHE, ignore_errors=True)
    return 0


def main() -> int:
    os.chdir(ROOT)
    if sys.argv[1:] == ["--clean"]:
        return clean()
    CACHE.mkdir(parents=True, exist_ok=True)
    os.environ.update(playbook.environment(HERE / "ansible.cfg", CACHE / "collections", CACHE))
    table.headline("Three web servers that speak plain http, a private ACME CA, and a DNS, on this machine")
    booted = boot()
    hosts = inventory(booted)
    sites = sites_of(hosts)
    name_in_dns(sites)
    playbook.run(hosts, "tests/demo/servers.yml", CACHE / "servers.log")
    answered, new = before(sites, booted)
    table.show_before(sites, answered, new=new)

    table.headline("What a user does: install the collection, and run one playbook")
    install()
    playbook.run(hosts, "encrypt.httpd.enable", CACHE / "enable.log")

    table.headline("The same sites, as curl and openssl see them when they trust nothing but the CA's root")
    views = views_of(sites, booted)
    table.show_after(sites, answered, views)
    good = all(view.verified and view.redirects for view in views.values())
    table.show_end(sites, good=good, seconds=machine.elapsed())
    return 0 if good else 1


if __name__ == "__main__":
    machine.main_with_errors(main)
