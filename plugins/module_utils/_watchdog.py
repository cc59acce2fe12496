# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A transient systemd timer that undoes a change which nobody confirms, because module or controller are gone."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ._errors import HttpdError
from ._httpd import Run

UNIT = "encrypt-httpd-undo"


class Watchdog:
    """Armed, it runs a script after some seconds; a host without systemd has none."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._available = os.path.isdir("/run/systemd/system")

    def arm(self, script: str, seconds: float) -> None:
        """Have *script* run after *seconds*, unless told otherwise until then. Raises HttpdError."""
        if not self._available:
            return
        self.disarm()
        about = "Undo a change of httpd that was not confirmed"
        timer = ["--timer-property=AccuracySec=500ms", f"--on-active={seconds:.0f}s"]
        self._must(["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", f"--description={about}", *timer, "/bin/sh", script])

    def disarm(self) -> None:
        """Nobody undoes anything by itself any more."""
        if self._available:
            self._run(["systemctl", "stop", f"{UNIT}.timer", f"{UNIT}.service"])

    def pending(self) -> bool:
        """Tell whether it is armed, or at work."""
        if not self._available:
            return False
        return self._run(["systemctl", "is-active", "--quiet", f"{UNIT}.timer", f"{UNIT}.service"])[0] == 0

    def _must(self, command: Sequence[str]) -> None:
        code, out, err = self._run(command)
        if code:
            raise HttpdError(f"systemd takes no timer that would undo the change if this run were cut off: {(err or out).strip()}")
