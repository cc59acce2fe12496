# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time on a host. The lock goes with the process that holds it, however that ends; its file says who that is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from types import TracebackType

from . import _files as files
from ._errors import FileError, HttpdError
from ._processes import environment, parent

#: What does not outlive a boot: the lock, and where a private view is laid out.
RUN_DIRECTORY = "/run/encrypt-httpd"


class Lock:
    """Held in a ``with`` block. Raises HttpdError that says who holds it when it is not free within *patience* seconds."""

    def __init__(self, patience: float, directory: str = RUN_DIRECTORY) -> None:
        self.path = f"{directory}/lock"
        self._patience = patience
        self._descriptor = -1
        self._holder = f"process {os.getpid()} ({_origin()})"

    def __enter__(self) -> Lock:
        files.make_private_directory(os.path.dirname(self.path), tighten=True)
        deadline = time.monotonic() + self._patience
        while not self._take():
            if time.monotonic() >= deadline:
                raise HttpdError(
                    f"another run changes httpd on this host: {holder(self.path)}; waited {self._patience:.0f} seconds for it. "
                    "Nothing was changed; run again when it is done"
                )
            time.sleep(0.1)
        self.note("looks at the host")
        return self

    def _take(self) -> bool:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, files.PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def note(self, step: str) -> None:
        """Say in the lock's file who holds it and what it is doing; where there is no room for that, it is not said."""
        text = f"{self._holder}, {step}, since {time.strftime('%Y-%m-%d %H:%M:%S %Z')}\n".encode()
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text, 0)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._descriptor)


def holder(path: str) -> str:
    """Who holds the lock, as far as it is known."""
    return (files.read(path) or b"").decode(errors="replace").strip() or "nobody says who"


def _origin() -> str:
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"user {os.getuid()}"
    address = _address()
    return f"{user} from {address}" if address else user


def _address() -> str:
    """Where the ssh session comes from that this process belongs to; sudo hides that from it, but not from those above."""
    process = os.getpid()
    with contextlib.suppress(FileError):  # of another user
        while process > 1:
            address = environment(process).get("SSH_CONNECTION", "").partition(" ")[0]
            if address:
                return address
            process = parent(process)
    return ""
