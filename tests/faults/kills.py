# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run is killed: at each step, at any moment, or it is not confirmed."""

from __future__ import annotations

import random
import signal
import time

from host import TRANSACTION, Host, output, served, settled, snapshot


def at_each_step(host: Host) -> tuple[int, str]:
    steps = len(host.must(host.next())["steps"])
    for step in range(1, steps + 1):
        plan = host.next()
        told = host.change(plan, "--kill-at", str(step))
        assert told["code"] == -signal.SIGKILL, told
        host.must(plan)
        served(host)
        assert not TRANSACTION.exists()
    return steps, "a rerun converges"


def undone_by_the_watchdog(host: Host) -> tuple[int, str]:
    steps = host.must(host.next())["steps"]
    armed = steps.index("arms the watchdog") + 1
    for step in range(armed + 1, steps.index("keeps the change") + 2):
        before = snapshot()
        plan = host.next(spare=-3)  # two seconds
        told = host.change(plan, "--kill-at", str(step))
        assert told["code"] == -signal.SIGKILL, told
        settled(15)
        assert snapshot() == before, f"after {steps[step - 1]!r} not all was undone"
        host.generation -= 1
        served(host)
    return steps.index("keeps the change") + 1 - armed, "undone by the timer, byte for byte"


def at_any_moment(host: Host) -> tuple[int, str]:
    started = time.monotonic()
    host.must(host.next())
    length = time.monotonic() - started
    dice = random.Random()
    for _time in range(20):
        plan = host.next()
        process = host.start(plan)
        time.sleep(dice.uniform(0, length))
        process.kill()
        process.communicate()
        told = host.change(plan)
        if "nothing to activate" in told.get("error", ""):  # it was done already
            told = host.change(host.present())
        assert not told["code"], told
        served(host)
    return 20, "a rerun converges"


def controller_gone(host: Host) -> tuple[int, str]:
    """It is confirmed in time, too late, or never; another run comes meanwhile."""
    told = host.must(host.next(confirm_within=20))
    host.must(host.present() | {"activate": ["a.test"]}, "--confirm", told["unconfirmed"])
    assert output("systemctl", "list-units", "--all", "--plain", "--no-legend", "encrypt-httpd-undo*") == ""
    served(host)
    before = snapshot()
    told = host.must(host.next(confirm_within=2))
    served(host)
    settled(15)
    assert snapshot() == before
    late = host.change(host.present(), "--confirm", told["unconfirmed"])
    assert "was undone on the host" in late["error"], late
    host.generation -= 1
    served(host)
    host.must(host.next(confirm_within=3))
    host.must(host.next())  # waits for the timer of the one before
    served(host)
    return 3, "undone by the timer; a late word is told so; the next run waits its turn"
