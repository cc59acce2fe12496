# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Try a change before anything is touched, as thoroughly as the host allows, and say whose fault it is when it does not work."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from . import _httpd_dumps as dumps
from . import _proof as proof
from ._change import Change
from ._errors import Error, HttpdError
from ._files import read
from ._httpd import Httpd
from ._proof import Address, Site
from ._shadows import FIRST
from ._sockets import Listener, own, taken_by_others
from ._trial import Trial
from ._view import NoViewError


@dataclass(frozen=True)
class Rehearsal:
    """How it is tried: *kind* is "auto" or "tls"; *warnings* takes what the person should know."""

    httpd: Httpd
    where: Address
    timeout: float
    run_directory: str
    kind: str
    warnings: list[str]

    def candidate(self, change: Change, apply: Callable[[], None]) -> bool:
        """Refuse what httpd would refuse, die of, or not serve; nothing is touched. Tells whether httpd has to be restarted for it.

        A port that moves from one address to another is one that httpd still has open when it reloads, of which it dies.
        """
        trial = self._trial(change.sites)
        try:
            if self.kind == "tls":
                raise NoViewError("not asked for")
            wanted = trial.candidate(apply)
        except NoViewError as error:
            self._throw_away(change, str(error))
            return False
        except Error as error:
            self._blame_present(trial.present, error)
            raise HttpdError(f"{error}. Nothing was changed") from error
        self._refuse_taken(wanted)
        present = own(self.httpd.process())
        return any(one.excludes(other) and one.address != other.address for one in wanted for other in present)

    def _trial(self, sites: Sequence[Site]) -> Trial:
        return Trial(self.httpd, sites, self.where, self.timeout, f"{self.run_directory}/view")

    def present(self) -> None:
        """Refuse to touch an httpd that would not start again with what lies there. Raises HttpdError."""
        with contextlib.suppress(NoViewError):
            if self.kind != "tls":
                self._trial(()).present()

    def _refuse_taken(self, listeners: Sequence[Listener]) -> None:
        taken = taken_by_others(listeners, self.httpd.process())
        if taken:
            raise HttpdError(
                f"{', '.join(taken)}, and httpd would listen there; stop that program, or have it listen elsewhere. Nothing was changed"
            )

    @staticmethod
    def _blame_present(present: Callable[[], None], candidate: Error) -> None:
        try:
            present()
        except Error as error:
            raise HttpdError(
                f"httpd would not start again even with its present configuration, so it was broken before: {error}. Mend it first; "
                f"nothing was changed. If it only fails without the network, say httpd_trial: tls. (With the change: {candidate})"
            ) from error

    def _throw_away(self, change: Change, reason: str) -> None:
        """The lesser trial: TLS directives and certificates alone."""
        if self.kind != "tls":
            self.warnings.append(f"only TLS directives and certificates were tried, since this host allows no private view: {reason}")
        changed = {wanted.path: wanted.content for wanted in change.wanted if wanted.content is not None}
        dump = self.httpd.dump()
        paths = dict.fromkeys([*dumps.parse_includes(dump), *changed])
        present = {path: (read(path) or b"").decode(errors="surrogateescape") for path in paths}
        texts = _in_order({path: changed.get(path) or text for path, text in present.items()})
        ports = {port for text in texts for port in dumps.parse_listens(text, dumps.parse_modules(dump))}
        ports -= {one.port for one in own(self.httpd.process())}
        self._refuse_taken([Listener("", port, "") for port in ports])
        try:
            self._start_throwaway(texts, change.activated, proof.chains(change.sites, change.activated))
        except Error as error:
            self._blame_present(lambda: self._start_throwaway(_in_order(present), {}, {}), error)
            raise HttpdError(f"{error}. Nothing was changed") from error

    def _start_throwaway(self, texts: Sequence[str], moved: dict[str, str], expected: dict[str, str]) -> None:
        from ._throwaway import Throwaway

        with tempfile.TemporaryDirectory(dir=self.run_directory) as scratch:
            Throwaway(self.httpd, texts, moved, scratch).must_serve(expected, self.timeout)


def _in_order(texts: Mapping[str, str]) -> list[str]:
    """As httpd reads them: the virtual hosts of the default site before those of all others."""
    return [texts[path] for path in sorted(texts, key=lambda path: not _is_default_site(path, texts[path]))]


def _is_default_site(path: str, text: str) -> bool:
    return os.path.basename(path).startswith(FIRST) and "<VirtualHost" in text
