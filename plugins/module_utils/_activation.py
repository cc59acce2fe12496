# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host, one transaction: prepare, try beside the running httpd, put in place, reload, prove, or put everything back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import _proof as proof
from ._change import Change
from ._errors import Error, HttpdError
from ._httpd import Httpd
from ._journal import Journal
from ._proof import Address, Site
from ._rehearsal import Rehearsal
from ._watchdog import Watchdog

#: Seconds that the watchdog gives to a run beyond the time of its handshakes.
_SPARE = 60.0


@dataclass(frozen=True)
class Activation:
    """How a change is brought about; *note* hears of each step before it is done."""

    httpd: Httpd
    journal: Journal
    watchdog: Watchdog
    where: Address
    timeout: float
    rehearsal: Rehearsal
    note: Callable[[str], None]

    def carry_out(self, change: Change, lock: str) -> None:
        """Raises Error when it cannot be done; the host then is as before."""
        self.note("prepares the change")
        try:
            self.journal.prepare(change.wanted, lock=lock, reload=self.httpd.take_up())
            self.note("tries the change")
            clashes = self.rehearsal.candidate(change, self.journal.apply)
            served, answers = self._served(change.sites), proof.statuses(change.sites, self.where)
            self.note("arms the watchdog")
            self.watchdog.arm(self.journal.script, self.timeout + _SPARE)
        except BaseException:
            self.journal.forget()  # nothing was put in place yet
            raise
        try:
            self._activate(change, clashes, answers)
        except BaseException as error:  # whatever it is: the host must be as before
            raise HttpdError(f"{error}. {self.take_back(served)}") from error

    def _served(self, sites: Sequence[Site]) -> dict[str, str]:
        """What is served rightly now, and has to be again if the change is taken back."""
        expected = proof.chains(sites)
        wrong = proof.wrongly_served(expected, self.where)
        return {name: path for name, path in expected.items() if name not in wrong}

    def _activate(self, change: Change, clashes: bool, answers: dict[str, int]) -> None:
        self.journal.apply(self.note)
        refusal = self.httpd.check()
        if refusal:
            raise HttpdError(f"httpd refuses the new configuration: {refusal}")
        try:
            if not clashes:
                self.note("reloads httpd")
                self.httpd.reload()
                self._must_serve(change, answers)
                return
        except Error:
            if not change.may_need_restart():
                raise
        self.note("restarts httpd")
        self.httpd.restart()
        self._must_serve(change, answers)

    def _must_serve(self, change: Change, answers: dict[str, int]) -> None:
        self.note("looks at what is served")
        proof.must_serve(proof.chains(change.sites), self.where, self.timeout)
        proof.must_answer(change.sites, answers, self.where, self.timeout)
        if not self.httpd.process():
            raise HttpdError(f"httpd died after it had taken up the configuration{self.httpd.last_words()}")

    def take_back(self, served: dict[str, str]) -> str:
        """Put everything back; tells how that went, as the second sentence of an error. *served* is what has to be served then."""
        try:
            self.note("puts everything back")
            self._undo()
            self.httpd.recover()
            proof.must_serve(served, self.where, self.timeout)
        except Exception as error:  # the second failure must be told beside the first
            return (
                f"Putting the former configuration back failed, too: {error}. See {self.journal.directory} for what lay there before; "
                "look after this host now"
            )
        self.journal.forget()
        self.watchdog.disarm()
        return "Everything was put back, and httpd runs as before"

    def _undo(self) -> None:
        """Put files and directories back as they were. Raises HttpdError."""
        code, out, err = self.httpd.run(["/bin/sh", self.journal.script, "locked"])
        if code:
            raise HttpdError(f"{self.journal.script}: {(err or out).strip()}")
