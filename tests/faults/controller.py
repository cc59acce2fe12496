#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill ansible-playbook at moments all over its run, while a client requests: the host is as before or as asked, never in between.

controller.py HOST ADDRESS ROOT.pem     writes .cache/reliability/controller-HOST.json
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "tests" / "lab"
PLAY = ROOT / "extensions" / "molecule" / "rollback" / "change.yml"
INVENTORY = ROOT / ".cache" / "lab" / "molecule" / "inventory.yml"
KILLS = 10
STATE = """
cat /etc/apache2/sites-enabled/zz-generation.conf
ls -d /etc/apache2/.encrypt-httpd/transaction
flock --nonblock /run/encrypt-httpd/lock true || echo busy
"""


def start(host: str, generation: int) -> subprocess.Popen[bytes]:
    """Have a controller make a change."""
    command = ["ansible-playbook", f"--inventory={INVENTORY}", "-e", f"host={host}", "-e", f"generation={generation}", str(PLAY)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def settled(host: str) -> str:
    """Wait until nothing is under way on the host; gives the generation that is there then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done = subprocess.run(
            [sys.executable, str(LAB / "lab.py"), "exec", "molecule", host, "--", "sh", "-c", STATE],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        lines = done.stdout.splitlines()
        if len(lines) == 1:
            return lines[0].split()[-1]
        time.sleep(0.3)
    raise AssertionError(f"{host} never came to rest: {done.stdout} {done.stderr}")


def main() -> None:
    host, address, root = sys.argv[1:]
    log = ROOT / ".cache" / f"watch-{host}.json"
    stop = log.with_name(log.name + ".stop")
    stop.unlink(missing_ok=True)
    site = f"good.{host}.test={address}"
    watch = subprocess.Popen([sys.executable, str(LAB / "watch.py"), "--root", root, "--log", str(log), site])
    started = time.monotonic()
    assert start(host, 0).wait() == 0
    length = time.monotonic() - started
    undone = 0
    for number in range(1, KILLS + 1):
        run = start(host, number)
        time.sleep(length * number / (KILLS + 1))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        found = settled(host)
        assert found in (str(number - 1), str(number)), f"generation {found} after a kill in run {number}"
        undone += found == str(number - 1)
        assert start(host, number).wait() == 0
        assert settled(host) == str(number)
    stop.touch()
    watch.wait(timeout=30)
    seen = json.loads(log.read_text(encoding="utf-8"))
    row = {
        "fault": "controller killed",
        "times": KILLS,
        "outcome": f"{undone} times as before, {KILLS - undone} times done; a rerun converges",
    }
    row.update(requests=seen["requests"], failed=seen["failed"], seconds=round(time.monotonic() - started, 1), problem="")
    place = ROOT / ".cache" / "reliability"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"controller-{host}.json").write_text(json.dumps([row]), encoding="utf-8")
    assert not seen["failed"], seen["failures"][:5]


if __name__ == "__main__":
    main()
