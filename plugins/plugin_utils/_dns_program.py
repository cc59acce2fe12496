# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records by any program of the user, run as ``program present|cleanup FQDN VALUE`` (as lego's provider exec does)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from ._dns_provider import DnsError, in_turn

#: Characters of what it prints that are told.
SHOWN = 500


@dataclass(frozen=True)
class Program:
    """See Provider. For one name it runs once at a time."""

    program: str

    def present(self, name: str, value: str, timeout: float) -> None:
        """See Provider."""
        self._run("present", name, value, timeout)

    def clean_up(self, name: str, value: str, timeout: float) -> None:
        """See Provider."""
        self._run("cleanup", name, value, timeout)

    def _run(self, action: str, name: str, value: str, timeout: float) -> None:
        told, end = f"{self.program} {action} {name}. {value}", time.monotonic() + timeout
        with in_turn(f"{self.program} for {name}", timeout):
            process = subprocess.Popen(  # noqa: S603  # running it is what the user asks for
                [self.program, action, f"{name}.", value],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            try:
                _nothing, errors = process.communicate(timeout=max(end - time.monotonic(), 1.0))
            except subprocess.TimeoutExpired:
                raise DnsError(f"{told}: was not done after {timeout:.0f} seconds, and was ended") from None
            finally:
                _end(process)
        if process.returncode:
            said = " ".join(errors.decode("utf-8", "replace").split())[-SHOWN:]
            raise DnsError(f"{told}: ended with status {process.returncode}: {said or 'it says nothing on stderr'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it started, if it still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stderr:
        process.stderr.close()
