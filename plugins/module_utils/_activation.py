# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host, one transaction: check, put in place, reload, prove by handshakes, or put everything back."""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _transaction as transaction
from ._diff import of_certificate, of_file
from ._errors import HandshakeError, HttpdError
from ._files import read
from ._handshake import first_certificate, own_address, shake_hands
from ._httpd import Httpd
from ._layout import CHAIN, Layout
from ._transaction import ConfigFile, Swap

if TYPE_CHECKING:
    from ._store import Promotion


@dataclass(frozen=True)
class Site:
    """What is to be served under some host names."""

    layout: Layout
    names: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a host shall look like: files, certificates to make live, and what the handshakes have to show."""

    files: tuple[ConfigFile, ...]
    activate: tuple[Layout, ...]
    sites: tuple[Site, ...]
    port: int
    timeout: float


def carry_out(plan: Plan, httpd: Httpd, scratch: str, check_mode: bool) -> dict[str, Any]:
    """Make the host so, or tell what would be done. *scratch* is a private directory outside of the server root.

    Raises Error when it cannot be done; the host then is as before.
    """
    root = httpd.build().server_root
    transaction.check_paths(plan.files, (*plan.activate, *(site.layout for site in plan.sites)), root)
    before = [file.found() for file in plan.files]
    changed = [file for found, file in zip(before, plan.files) if found != file]
    stale = {} if changed or plan.activate else wrongly_served(plan)
    acts = bool(changed or plan.activate or stale)
    diff = [of_file(found, file) for found, file in zip(before, plan.files) if found != file]
    diff += [of_certificate(layout) for layout in plan.activate]
    if acts and not check_mode:
        _Activation(plan, changed, httpd, root).run(scratch)
    return {
        "changed": acts,
        "reloaded": acts,
        "activated": [layout.name for layout in plan.activate],
        "files": [file.path for file in changed],
        "served": [site.layout.name for site in plan.sites if read(f"{site.layout.current}/{CHAIN}") is not None],
        "diff": diff,
    }


def wrongly_served(plan: Plan) -> dict[str, str]:
    """For each host name that does not show the certificate in place: what it shows instead."""
    address = own_address()
    wrong = {}
    for site in plan.sites:
        pem = read(f"{site.layout.current}/{CHAIN}")
        if pem is None:
            continue  # served over http only, so far
        expected = ssl.PEM_cert_to_DER_cert(first_certificate(pem.decode()))
        for name in site.names:
            try:
                if shake_hands(name, address, plan.port).leaf != expected:
                    wrong[name] = f"another certificate than {site.layout.current}/{CHAIN} is served"
            except HandshakeError as error:
                wrong[name] = str(error)
    return wrong


class _Activation:
    """One attempt, with what is needed to take it back."""

    def __init__(self, plan: Plan, changed: Sequence[ConfigFile], httpd: Httpd, root: str) -> None:
        self._plan = plan
        self._changed = changed
        self._httpd = httpd
        self._root = root
        self._swap = Swap()
        self._promotions: list[Promotion] = []

    def run(self, scratch: str) -> None:
        checked = self._check_candidate(scratch)
        try:
            self._put_in_place()
            if not checked:
                self._refuse(self._httpd.check())
            self._httpd.reload()
            self._prove()
        except Exception as error:  # whatever it is: the host must be as before
            raise HttpdError(f"{error}. {self._take_back()}") from error
        self._tidy_up()

    def _check_candidate(self, scratch: str) -> bool:
        """Let httpd check the complete candidate; False when this host cannot do that beforehand."""
        # What marks a file as gone cannot be made on a file system that is an overlay itself, as in containers.
        with tempfile.TemporaryDirectory(dir="/run" if os.path.ismount("/run") else scratch) as overlay:
            try:
                transaction.stage(overlay, self._root, self._changed, self._plan.activate)
            except PermissionError:
                return False
            answer = self._httpd.check_with(overlay, self._root)
        if answer:
            raise HttpdError(f"httpd refuses the new configuration; nothing was changed: {answer}")
        return answer is not None

    @staticmethod
    def _refuse(answer: str) -> None:
        if answer:
            raise HttpdError(f"httpd refuses the new configuration: {answer}")

    def _put_in_place(self) -> None:
        self._swap.put(self._changed)
        if self._plan.activate:
            from ._store import promote

            for layout in self._plan.activate:
                self._promotions.append(promote(layout))

    def _prove(self) -> None:
        deadline = time.monotonic() + self._plan.timeout
        while wrong := wrongly_served(self._plan):
            if time.monotonic() > deadline:
                told = "; ".join(f"{name}: {reason}" for name, reason in wrong.items())
                raise HttpdError(f"httpd took the configuration, but does not serve as it should ({told})")
            time.sleep(0.1)

    def _take_back(self) -> str:
        """Put everything back; tells how that went, as the second sentence of the error."""
        try:
            if self._promotions:
                from ._store import take_back

                while self._promotions:
                    take_back(self._promotions.pop())
            self._swap.take_back()
            self._httpd.reload()
        except Exception as error:  # the second failure must be told beside the first
            return f"Putting the former configuration back failed, too: {error}"
        return "Everything was put back, and httpd runs as before"

    def _tidy_up(self) -> None:
        if self._promotions:
            from ._store import forget_old_versions

            for promotion in self._promotions:
                forget_old_versions(promotion.layout)
