#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hurt this host in every way, with a client that requests all the while; prints a row for each as JSON. Run as root on a test host.

faults.py [NAME ...]      all of them, or some
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import files
import kills
import refusals
from host import Client, Host, served, shell

Fault = Callable[[Host], "tuple[int, str]"]


def plain_reloads(host: Host) -> tuple[int, str]:
    """What a graceful reload itself costs."""
    for _time in range(20):
        shell("systemctl reload apache2; sleep 0.3")
    served(host)
    return 20, "for comparison"


#: In this order, as a person would tell them; those of the last group kill httpd on purpose.
FAULTS: dict[str, Fault] = {
    "graceful reloads alone": plain_reloads,
    "run killed at each step": kills.at_each_step,
    "run killed at each step, and nobody comes": kills.undone_by_the_watchdog,
    "run killed at any moment": kills.at_any_moment,
    "controller gone before it confirmed": kills.controller_gone,
    "passes httpd -t, and httpd dies of it": refusals.passes_t_but_dies,
    "httpd takes it, and serves no valid https": refusals.serves_wrongly,
    "expired, future, foreign or missing certificate": refusals.wrong_certificates,
    "configuration that is broken already": refusals.found_broken,
    "port taken by another program": refusals.port_taken,
    "two controllers": refusals.two_controllers,
    "planted links, umask 000": files.planted,
    "file changed by hand": files.edited_by_hand,
    "read-only directories and files": files.read_only,
    "no room in /run": files.no_room_to_run,
    "disk full at each write": files.full_disk,
}
DEADLY: dict[str, Fault] = {
    "ports change": refusals.ports_change,
    "httpd ends when everything is in place": files.ends_meanwhile,
    "disk full when everything is in place": files.full_afterwards,
    "putting back fails, too": files.second_failure,
}


def hurt(host: Host, name: str, fault: Fault, tolerated: bool) -> dict[str, Any]:
    """One row."""
    started = time.monotonic()
    with files.small_disk() if name.startswith("disk full") else contextlib.nullcontext(), Client() as client:
        problem = ""
        try:
            times, outcome = fault(host)
        except Exception:
            times, outcome, problem = 0, "", traceback.format_exc()
    if not tolerated and client.failures:
        problem += f"failed requests: {client.failures[:5]}"
    row = {"fault": name, "times": times, "outcome": outcome, "requests": client.requests, "failed": len(client.failures)}
    return {**row, "seconds": round(time.monotonic() - started, 1), "problem": problem}


def main() -> int:
    host = Host()
    host.setup()
    rows = []
    for name, fault in {**FAULTS, **DEADLY}.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        rows.append(hurt(host, name, fault, name in DEADLY))
        print(f"{rows[-1]['seconds']:6.1f} s  {name}  {rows[-1]['problem'] or 'ok'}", file=sys.stderr, flush=True)
        if rows[-1]["problem"]:
            break  # what comes after would only fail as well
    print(json.dumps(rows))
    return any(row["problem"] for row in rows)


if __name__ == "__main__":
    sys.exit(main())
