# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host, one transaction: prepare, try beside the running httpd, put in place, reload, prove, or put everything back."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import _httpd_dumps as dumps
from . import _proof as proof
from ._config_files import ConfigFile
from ._errors import Error, HttpdError
from ._files import read
from ._httpd import Httpd
from ._journal import Journal
from ._proof import Address, Site
from ._sockets import Listener, taken_by_others
from ._trial import Trial
from ._view import NoViewError
from ._watchdog import Watchdog

#: Where reloading may not be enough.
_RESTARTS = re.compile(r"^\s*(?:Listen|LoadModule)\s.*$", re.IGNORECASE | re.MULTILINE)
#: Seconds that the watchdog gives to a run beyond the time of its handshakes.
_SPARE = 60.0


@dataclass(frozen=True)
class Change:
    """What changes on a host: files (as they are, as they shall be), the links of certificates among them, and what has to be served."""

    files: tuple[tuple[ConfigFile, ConfigFile], ...]
    sites: tuple[Site, ...]

    @property
    def wanted(self) -> list[ConfigFile]:
        return [wanted for _found, wanted in self.files]

    @property
    def activated(self) -> dict[str, str]:
        """By what is current of a certificate, the version that becomes it."""
        return {
            file.path: f"{os.path.dirname(file.path)}/{file.link}" for file in self.wanted if file.link and file.path.endswith("/current")
        }

    def may_need_restart(self) -> bool:
        """Tell whether ports or modules change, which httpd does not always take up by a reload."""
        return any(_restarting(found) != _restarting(wanted) for found, wanted in self.files)


@dataclass(frozen=True)
class Activation:
    """How a change is brought about; *note* hears of each step before it is done."""

    httpd: Httpd
    journal: Journal
    watchdog: Watchdog
    where: Address
    timeout: float
    run_directory: str
    trial: str
    note: Callable[[str], None]

    def carry_out(self, change: Change, lock: str) -> None:
        """Raises Error when it cannot be done; the host then is as before."""
        self.note("prepares the change")
        try:
            self.journal.prepare(change.wanted, lock=lock, reload=self.httpd.take_up())
            self.try_out(change)
            self.note("arms the watchdog")
            self.watchdog.arm(self.journal.script, self.timeout + _SPARE)
        except BaseException:
            self.journal.forget()  # nothing was put in place yet
            raise
        served, answers = self._served(change.sites), proof.statuses(change.sites, self.where)
        try:
            self._activate(change, answers)
        except Exception as error:  # whatever it is: the host must be as before
            raise HttpdError(f"{error}. {self.take_back(served)}") from error

    def _served(self, sites: Sequence[Site]) -> dict[str, str]:
        """What is served rightly now, and has to be again if the change is taken back."""
        expected = proof.chains(sites)
        wrong = proof.wrongly_served(expected, self.where)
        return {name: path for name, path in expected.items() if name not in wrong}

    def try_out(self, change: Change) -> None:
        """Refuse what httpd would refuse, die of, or not serve. Nothing is touched."""
        self.note("tries the change")
        trial = Trial(self.httpd, change.sites, self.where, self.timeout, f"{self.run_directory}/view")
        try:
            if self.trial == "tls":
                raise NoViewError("not asked for")
            listeners = trial.candidate(self.journal.apply)
        except NoViewError:
            self._throw_away(change)
            return
        except Error as error:
            self._blame_present(trial, error)
            raise HttpdError(f"{error}. Nothing was changed") from error
        self._refuse_taken(listeners)

    def _refuse_taken(self, listeners: Sequence[Listener]) -> None:
        taken = taken_by_others(listeners, self.httpd.process())
        if taken:
            raise HttpdError(
                f"{', '.join(taken)}, and httpd would listen there; stop that program, or have it listen elsewhere. Nothing was changed"
            )

    @staticmethod
    def _blame_present(trial: Trial, candidate: Error) -> None:
        try:
            trial.present()
        except Error as error:
            raise HttpdError(
                f"httpd would not start again even with its present configuration, so it was broken before: {error}. Mend it first; "
                f"nothing was changed. If it only fails without the network, say httpd_trial: tls. (With the change: {candidate})"
            ) from error

    def _throw_away(self, change: Change) -> None:
        """The lesser trial: TLS directives and certificates alone."""
        from ._throwaway import Throwaway

        changed = {wanted.path: wanted.content for wanted in change.wanted if wanted.content is not None}
        dump = self.httpd.dump()
        paths = dict.fromkeys([*dumps.parse_includes(dump), *changed])
        texts = [changed.get(path) or (read(path) or b"").decode(errors="surrogateescape") for path in paths]
        ports = {port for text in texts for port in dumps.parse_listens(text, dumps.parse_modules(dump))}
        self._refuse_taken([Listener("", port, "") for port in ports])
        with tempfile.TemporaryDirectory(dir=self.run_directory) as scratch:
            try:
                Throwaway(self.httpd, texts, change.activated, scratch).must_serve(
                    proof.chains(change.sites, change.activated), self.timeout
                )
            except Error as error:
                raise HttpdError(f"{error}. Nothing was changed") from error

    def _activate(self, change: Change, answers: dict[str, int]) -> None:
        self.journal.apply(self.note)
        refusal = self.httpd.check()
        if refusal:
            raise HttpdError(f"httpd refuses the new configuration: {refusal}")
        self.note("reloads httpd")
        try:
            self.httpd.reload()
            self._prove(change, answers)
        except Error:
            if not change.may_need_restart():
                raise
            self.note("restarts httpd")
            self.httpd.restart()
            self._prove(change, answers)

    def _prove(self, change: Change, answers: dict[str, int]) -> None:
        self.note("looks at what is served")
        proof.must_serve(proof.chains(change.sites), self.where, self.timeout)
        worse = proof.worsened(answers, proof.statuses(change.sites, self.where))
        if worse:
            raise HttpdError(f"httpd takes the configuration, but does not answer as before ({proof.in_words(worse)})")
        if not self.httpd.process():
            raise HttpdError(f"httpd died after it had taken up the configuration{self.httpd.last_words()}")

    def take_back(self, served: dict[str, str]) -> str:
        """Put everything back; tells how that went, as the second sentence of an error. *served* is what has to be served then."""
        self.note("puts everything back")
        try:
            self.undo()
            self.httpd.reload()
            proof.must_serve(served, self.where, self.timeout)
        except Exception as error:  # the second failure must be told beside the first
            return (
                f"Putting the former configuration back failed, too: {error}. See {self.journal.directory} for what lay there before; "
                "look after this host now"
            )
        self.journal.forget()
        self.watchdog.disarm()
        return "Everything was put back, and httpd runs as before"

    def undo(self) -> None:
        """Put files and directories back as they were. Raises HttpdError."""
        code, out, err = self.httpd.run(["/bin/sh", self.journal.script, "locked"])
        if code:
            raise HttpdError(f"{self.journal.script}: {(err or out).strip()}")


def _restarting(file: ConfigFile) -> list[str]:
    path = os.path.join(os.path.dirname(file.path), file.link or "")
    text = file.content if file.link is None else (read(path) or b"").decode(errors="replace") if os.path.isfile(path) else ""
    return _RESTARTS.findall(text or "")
