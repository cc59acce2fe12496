#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of real systemd hosts with a private ACME CA and its DNS, in podman.

lab.py up demo --host web1=debian13 --host web2=debian12
lab.py dns demo www.example.org=web1 api.example.org=10.87.1.12
lab.py exec demo web1 -- systemctl status apache2
lab.py down demo
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

import ca
import hosts
import images
import machine
import state
from machine import LabError, say
from state import Lab


def up(options: argparse.Namespace) -> None:
    with machine.locked():
        machine.prepare()
        lab = _wanted(options)
        known = state.load(lab.name)
        reused = known is not None and hosts.is_up(lab)
        if not reused:
            hosts.remove_orphans()
            _start(lab, known, options.number)
        elif ca.configure(lab):
            ca.restart(lab)
        ca.wait(lab)
        ca.publish(lab)
        lab.save()
        say(f"lab {lab.name} is {'up already' if reused else 'ready'}: {', '.join(lab.hosts)}; {lab.state}")


def _wanted(options: argparse.Namespace) -> Lab:
    known = state.load(options.name)
    asked = dict(options.host) or (known.hosts if known else {})
    if not asked:
        raise LabError("which hosts? say for example --host web1=debian13 --host web2=debian12")
    tags = images.build({"ca", *asked.values()})
    network = known.network if known else ""
    configuration = json.loads(options.pebble_config.read_text(encoding="utf-8")) if options.pebble_config else {}
    records = known.records if known else {}
    environment = dict(options.pebble_env)
    return Lab(options.name, network, asked, tags, environment, configuration.get("pebble", configuration), records)


def _start(lab: Lab, known: Lab | None, wish: int) -> None:
    if hosts.remove(lab.state):
        say(f"removed the earlier lab {lab.name}: not all of it ran, or other hosts or images are wanted now")
    lab.network = state.free_network(int(known.network.split(".")[2]) if known else wish)
    lab.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (lab.state / "lab.json").unlink(missing_ok=True)  # until it is all there, there is no lab
    ca.configure(lab)
    say(f"lab {lab.name}: booting the CA and {len(lab.hosts)} hosts in {lab.network}")
    hosts.boot(lab)


def renew(options: argparse.Namespace) -> None:
    with machine.locked():
        machine.prepare()
        lab = state.running(options.name)
        hosts.renew(lab)
        ca.wait(lab)  # which may have a new root since
        ca.publish(lab)
        lab.save()


def down(options: argparse.Namespace) -> None:
    with machine.locked():
        machine.prepare()
        hosts.remove(state.STATES / options.name)
        shutil.rmtree(state.STATES / options.name, ignore_errors=True)
        say(f"lab {options.name} is gone")


def dns(options: argparse.Namespace) -> None:
    with machine.locked():
        lab = state.running(options.name)
        for name, value in options.record:
            lab.records[name] = [lab.addresses.get(address, address) for address in value.split(",") if address]
        ca.publish(lab)
        lab.save()


def execute(options: argparse.Namespace) -> int:
    lab = state.running(options.name)
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    command = options.command or ["bash", "-l"]
    return machine.podman(
        "exec", "--interactive", *terminal, lab.container(options.in_host), *command,
        check=False, capture_output=False,
    ).returncode  # fmt: skip


def status(options: argparse.Namespace) -> None:
    machine.prepare()
    for place in hosts.everywhere():
        lab = state.load(place.name) if place.parent == state.STATES else None
        if lab is None:
            print(f"{place.name}: of another checkout, or half made: {place}")
            continue
        print(f"{lab.name}: {'up' if hosts.is_up(lab) else 'not all of it runs'}, {lab.directory}")
        for host, address in lab.addresses.items():
            print(f"  {host:10} {address:12} {lab.hosts[host]}")


def clean(options: argparse.Namespace) -> None:
    with machine.locked():
        if machine.STORE.exists():
            machine.prepare()
            for lab in hosts.everywhere():
                hosts.remove(lab)
                shutil.rmtree(lab, ignore_errors=True)
        machine.remove()
        say("all labs and their images are gone")


def build(options: argparse.Namespace) -> None:
    with machine.locked():
        machine.prepare()
        images.build(set(images.IMAGES))
        say("all images are there")


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text} is not of the form NAME=VALUE")
    return name, value


def lab_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", text):
        raise argparse.ArgumentTypeError(f"{text} is no lab name: small letters, digits and - only")
    return text


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, action: object, text: str, *, named: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(action=action)
        if named:
            sub.add_argument("name", type=lab_name, metavar="LAB")
        return sub

    more = command("up", up, "make a lab, or find it up")
    more.add_argument("--host", type=pair, action="append", default=[], metavar="NAME=IMAGE")
    more.add_argument("--number", type=int, default=10, help="use 10.87.NUMBER.0/24, or the next free one (10)")
    more.add_argument("--pebble-env", type=pair, action="append", default=[], metavar="KEY=VALUE")
    more.add_argument("--pebble-config", type=Path, metavar="FILE", help="JSON, merged into Pebble's configuration")
    command("renew", renew, "boot the hosts anew, as they were at first; the CA stays")
    command("down", down, "remove one lab")
    more = command("dns", dns, "set A records: NAME=ADDRESS[,ADDRESS] or NAME=HOST; NAME= takes them away")
    more.add_argument("record", type=pair, nargs="+", metavar="NAME=ADDRESS")
    more = command("exec", execute, "run a command as root on a host, or a shell")
    more.add_argument("in_host", metavar="HOST")
    more.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    command("status", status, "list the labs on this machine", named=False)
    command("images", build, "build the images alone", named=False)
    command("clean", clean, "remove all labs, their images and their mount namespace", named=False)
    return top


def main() -> int:
    options = parser().parse_args()
    if getattr(options, "command", None) and options.command[0] == "--":
        options.command = options.command[1:]
    return options.action(options) or 0


if __name__ == "__main__":
    machine.main_with_errors(main)
