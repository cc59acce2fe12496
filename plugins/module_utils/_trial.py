# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start httpd with its whole configuration beside the running one, which does not notice: ``httpd -t`` does not find all it dies of."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from . import _processes as processes
from ._errors import HttpdError
from ._files import make_private_directory, remove
from ._httpd import Httpd, reason
from ._proof import Address, Site, chains, must_serve
from ._sockets import Listener, listeners
from ._view import in_view

#: Seconds until httpd has started, or counts as one that does not.
_START = 20.0
#: Nothing that is tried runs longer.
LIMIT = 300.0
#: Octets of a log above which it is not copied.
_LARGE = 1 << 20
#: Once it has started it has to live on for a moment: children may find what the parent did not.
_LIVES = 0.2


@dataclass(frozen=True)
class Trial:
    """What is tried: *change* makes the candidate out of what lies there; *sites* have to be served then."""

    httpd: Httpd
    sites: Sequence[Site]
    where: Address
    timeout: float
    scratch: str

    def candidate(self, change: Callable[[], None]) -> list[Listener]:
        """Try it; gives where it listens. Raises HttpdError when httpd would not serve as it should, NoViewError."""
        return self._run(change, self.sites)

    def present(self) -> None:
        """Try what is there already. Raises HttpdError when httpd would not start with it again."""
        self._run(lambda: None, ())

    def _run(self, change: Callable[[], None], sites: Sequence[Site]) -> list[Listener]:
        running = self.httpd.process()
        environment = processes.environment(running)
        logs = processes.written_files(running) | self._large_logs()
        make_private_directory(self.scratch, tighten=True)

        def work() -> dict[str, Any]:
            change()
            refusal = self.httpd.check()
            if refusal:
                raise HttpdError(f"httpd refuses the configuration: {refusal}")
            _empty(logs)
            with started(self.httpd, self.httpd.foreground(), environment, self.httpd.settings().get("PidFile", "")):
                must_serve(chains(sites), self.where, self.timeout)
                return {"listeners": [asdict(one) for one in listeners()]}

        found = in_view(work, self.scratch, _START + self.timeout + 10)
        return [Listener(**one) for one in found["listeners"]]

    def _large_logs(self) -> set[str]:
        """Files that httpd would open beside its main log, and that are too large to be copied."""
        directory = os.path.dirname(self.httpd.settings().get("Main ErrorLog", ""))
        if not os.path.isdir(directory):
            return set()
        return {entry.path for entry in os.scandir(directory) if entry.is_file(follow_symlinks=False) and entry.stat().st_size > _LARGE}


def _empty(logs: set[str]) -> None:
    """Begin logs anew, else the whole of each would be copied into memory."""
    for path in logs:
        found = os.stat(path)
        os.unlink(path)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, found.st_mode & 0o777)
        os.fchown(descriptor, found.st_uid, found.st_gid)
        os.close(descriptor)


@contextlib.contextmanager
def started(httpd: Httpd, command: Sequence[str], environment: Mapping[str, str], pid_file: str, log: str = "") -> Iterator[None]:
    """Have an httpd run meanwhile. Raises HttpdError when it does not start."""
    remove(pid_file)
    with tempfile.TemporaryFile() as told:
        # If this process is killed, the other one ends a little later, all the same.
        limited = ["timeout", "--signal=KILL", f"{LIMIT:.0f}", *command]
        process = subprocess.Popen(
            limited, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True
        )
        try:
            if not _starts(process, pid_file):
                told.seek(0)
                raise HttpdError(
                    f"httpd would not start with it: {reason(told.read(4000).decode(errors='replace'), '')}{httpd.last_words(log)}"
                )
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):  # all of it has ended
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _starts(process: subprocess.Popen[bytes], pid_file: str) -> bool:
    deadline = time.monotonic() + _START
    while not os.path.exists(pid_file):
        if time.monotonic() > deadline:
            raise HttpdError(f"httpd has not started with it within {_START:.0f} seconds")
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    time.sleep(_LIVES)
    return process.poll() is None
