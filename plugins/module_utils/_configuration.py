# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host's httpd shall look like, and the way there: in turn, after what an earlier run left, all of it or nothing."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import _config_files as config_files
from . import _edits as edits
from . import _proof as proof
from ._activation import Activation
from ._change import Change
from ._config_files import ConfigFile
from ._diff import of_certificate, of_file
from ._errors import HttpdError
from ._httpd import Httpd
from ._journal import Journal
from ._layout import Layout
from ._lock import RUN_DIRECTORY, Lock
from ._proof import Address, Site
from ._rehearsal import Rehearsal
from ._watchdog import Watchdog


@dataclass(frozen=True)
class Plan:
    """What a host shall look like: files, certificates to make live, and what the handshakes have to show."""

    files: tuple[ConfigFile, ...]
    activate: tuple[Layout, ...]
    sites: tuple[Site, ...]
    port: int
    timeout: float
    overwrite_edits: bool = False
    trial: str = "auto"
    #: Seconds to wait for another run, and those within which the controller has to confirm; 0 is not to wait for that.
    patience: float = 120
    confirm_within: float = 0

    @property
    def where(self) -> Address:
        """Where httpd is asked."""
        return Address(self.port, places={name: site.addresses for site in self.sites if site.addresses for name in site.names})


class Configuration:
    """The configuration of a host's httpd, for one run at a time."""

    def __init__(self, httpd: Httpd, run_directory: str = RUN_DIRECTORY) -> None:
        self._httpd = httpd
        self._root = httpd.build().server_root
        self._run_directory = run_directory
        self._journal = Journal(self._root)
        self._watchdog = Watchdog(httpd.run)
        self._warnings: list[str] = []

    def carry_out(self, plan: Plan, now: datetime, check_mode: bool) -> dict[str, Any]:
        """Make the host so, or tell what would be done. Raises Error when it cannot be done; the host then is as before."""
        config_files.check_paths(plan.files, (*plan.activate, *(site.layout for site in plan.sites)), self._root)
        with self._in_turn(plan.patience) as lock:
            self._settle(plan, lock, check_mode)
            found = [(file.found(), file) for file in plan.files]
            changed = [(before, after) for before, after in found if before.differs(after)]
            record = edits.read_record(self._root)
            edited = [(before, after) for before, after in changed if edits.edited(record, before, after)]
            if not plan.overwrite_edits:
                edits.refuse(edited)
            copies = edits.copies(edited, now.strftime("%Y%m%dT%H%M%S"))
            acts = bool(changed or plan.activate)
            told: dict[str, Any] = {"unconfirmed": "", "diff": [of_file(before, after) for before, after in changed]}
            told["diff"] += [of_certificate(layout) for layout in plan.activate]
            stale = {} if acts else proof.wrongly_served(proof.chains(plan.sites), plan.where)
            if acts and not check_mode:
                additions = [*copies, edits.new_record(self._root, record, plan.files)]
                told["unconfirmed"] = self._change(plan, changed, additions, now, lock)
            elif stale and not check_mode:
                self._take_up(plan)
        return {
            "changed": acts or bool(stale),
            "reloaded": acts or bool(stale),
            "activated": [layout.name for layout in plan.activate],
            "files": [after.path for _before, after in changed],
            "copies": [file.path for file in copies],
            "served": [site.layout.name for site in plan.sites if proof.chains([site])],
            "warnings": self._warnings,
            **told,
        }

    def confirm(self, plan: Plan, token: str) -> None:
        """Keep a change. Raises HttpdError when it was undone meanwhile."""
        with Lock(plan.patience, self._run_directory) as lock:
            if self._journal.awaits() != token:
                raise HttpdError("the change was undone on the host, as it was not confirmed in time; run again")
            self._keep(plan, lock)

    def _keep(self, plan: Plan, lock: Lock) -> None:
        lock.note("keeps the change")
        self._journal.forget()  # first: from here on the timer would undo nothing
        self._watchdog.disarm()
        if plan.activate:
            from ._store import forget_promoted
            from ._versions import forget_old_versions

            lock.note("tidies up")
            for layout in plan.activate:
                forget_promoted(layout)
                forget_old_versions(layout)

    @contextlib.contextmanager
    def _in_turn(self, patience: float) -> Iterator[Lock]:
        """Wait for other runs, and for the controller of one to confirm what it did."""
        deadline = time.monotonic() + patience
        while True:
            with Lock(max(deadline - time.monotonic(), 0), self._run_directory) as lock:
                if not (self._journal.awaits() and self._watchdog.pending()):
                    yield lock
                    return
            if time.monotonic() > deadline:
                raise HttpdError("a change of another run still waits to be confirmed or undone. Nothing was changed; run again later")
            time.sleep(0.5)

    def _settle(self, plan: Plan, lock: Lock, check_mode: bool) -> None:
        """Undo what a run left that was cut off."""
        if not self._journal.exists():
            return
        if check_mode:
            self._warnings.append(
                "an earlier run was cut off; the next one that is no check puts back what it had changed, before anything else"
            )
            return
        lock.note("puts back what a run left that was cut off")
        told = f"an earlier run was cut off. {self._activation(plan, lock).take_back({})}"
        if self._journal.exists():
            raise HttpdError(told)
        self._warnings.append(told)

    def _change(
        self, plan: Plan, changed: list[tuple[ConfigFile, ConfigFile]], additions: list[ConfigFile], now: datetime, lock: Lock
    ) -> str:
        self._refuse_broken()
        links = self._versions(plan, now)
        pairs = [*changed, *((file.found(), file) for file in (*links, *additions))]
        self._activation(plan, lock).carry_out(Change(tuple(pairs), plan.sites), lock.path)
        return self._conclude(plan, lock)

    @staticmethod
    def _versions(plan: Plan, now: datetime) -> list[ConfigFile]:
        """Make what is pending versions, once it has passed all checks; gives the links that make them current."""
        if not plan.activate:
            return []
        from ._versions import check_waiting, make_version

        for layout in plan.activate:
            check_waiting(layout, [name for site in plan.sites if site.layout == layout for name in site.names], now)
        return [ConfigFile(layout.current, link=f"versions/{make_version(layout)}") for layout in plan.activate]

    def _conclude(self, plan: Plan, lock: Lock) -> str:
        """Keep the change at once, or have it undone unless it is confirmed; gives what has to be told then."""
        if not plan.confirm_within:
            self._keep(plan, lock)
            return ""
        lock.note("waits to be confirmed")
        token = secrets.token_hex(8)
        self._journal.wait_for(token)
        with contextlib.suppress(HttpdError):  # the timer that is armed already goes off a little later
            self._watchdog.arm(self._journal.script, plan.confirm_within)
        return token

    def _take_up(self, plan: Plan) -> None:
        self._refuse_broken()
        self._rehearsal(plan).present()
        self._httpd.reload()
        proof.must_serve(proof.chains(plan.sites), plan.where, plan.timeout)

    def _refuse_broken(self) -> None:
        refusal = self._httpd.check()
        if refusal:
            raise HttpdError(f"the configuration of httpd on this host is broken already: {refusal}. Mend it first; nothing was changed")

    def _activation(self, plan: Plan, lock: Lock) -> Activation:
        return Activation(self._httpd, self._journal, self._watchdog, plan.where, plan.timeout, self._rehearsal(plan), lock.note)

    def _rehearsal(self, plan: Plan) -> Rehearsal:
        return Rehearsal(self._httpd, plan.where, plan.timeout, self._run_directory, plan.trial, self._warnings)
