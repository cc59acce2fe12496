# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A transient systemd timer that undoes a change which nobody confirms, because module or controller are gone."""

from __future__ import annotations

import os
import secrets

from ._errors import HttpdError
from ._httpd import Run

UNIT = "encrypt-httpd-undo"


class Watchdog:
    """Armed, it runs a script after some seconds; a host without systemd has none."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._available = os.path.isdir("/run/systemd/system")
        self._armed = ""

    def arm(self, script: str, seconds: float) -> None:
        """Have *script* run after *seconds* (and no more when it was to run before), unless told otherwise. Raises HttpdError."""
        if not self._available:
            return
        unit = f"{UNIT}-{secrets.token_hex(4)}"
        about = "Undo a change of httpd that was not confirmed"
        timer = ["--timer-property=AccuracySec=500ms", f"--on-active={seconds:.0f}s"]
        command = ["systemd-run", "--quiet", "--collect", f"--unit={unit}", f"--description={about}", *timer, "/bin/sh", script]
        code, out, err = self._run(command)
        if code:
            raise HttpdError(f"systemd takes no timer that would undo the change if this run were cut off: {(err or out).strip()}")
        if self._armed:
            self._stop(self._armed)
        self._armed = unit

    def disarm(self) -> None:
        """Nobody undoes anything by itself any more."""
        if self._available:
            self._stop(f"{UNIT}-*")

    def _stop(self, unit: str) -> None:
        self._run(["systemctl", "stop", f"{unit}.timer", f"{unit}.service"])

    def pending(self) -> bool:
        """Tell whether it is armed, or at work."""
        if not self._available:
            return False
        units = ["systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating", f"{UNIT}-*"]
        return bool(self._run(units)[1].strip())
