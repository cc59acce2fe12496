# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directive of an existing virtual host that https has to be thought of for, and what becomes of it in virtual hosts of ours. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ._config_tree import Directive
from ._hidden_values import hide_values

#: It may stay as it is; the line is left out; the site cannot be served over https before a person has seen to it.
FINE, DROP, REFUSE = "fine", "drop", "refuse"
#: The virtual hosts of ours, on port 443 and on port 80, that a verdict is for.
HTTPS, BOTH = ("https",), ("http", "https")


@dataclass(frozen=True)
class Judgement:
    """*instead* of a line that is dropped there may come another. What the main server says, or nothing does, can be met with an
    *answer*: a line more. *differs*: it stays, but clients get something else over https."""

    verdict: str
    reason: str
    bodies: tuple[str, ...] = HTTPS
    instead: str = ""
    answer: str = ""
    differs: bool = False


@dataclass(frozen=True)
class Obstacle:
    """A judgement on the directive at a place in httpd's words. *outside*: it is not in the virtual host, but counts for it."""

    directive: str
    file: str
    line: int
    judgement: Judgement
    outside: bool = False

    @classmethod
    def of(cls, directive: Directive, judgement: Judgement) -> Obstacle:
        return cls(directive.text, directive.file, directive.line, judgement)

    @property
    def verdict(self) -> str:
        return self.judgement.verdict

    @property
    def added(self) -> str:
        """A line more, for what is not dropped in the virtual host itself."""
        return self.judgement.answer if self.verdict == FINE or (self.verdict == DROP and self.outside) else ""

    def from_outside(self, within: bool) -> Obstacle:
        """What the main server says counts in virtual hosts of ours, too: it can be answered with another line, if it is not in a
        section, or the site is refused."""
        if self.verdict != DROP or (self.judgement.answer and not within):
            return replace(self, outside=True)
        reason = f"{self.judgement.reason}; it stands outside of the virtual host and counts in ours, too: move it, or take it out"
        return replace(self, judgement=Judgement(REFUSE, reason), outside=True)

    def drops(self, directive: Directive, body: str) -> bool:
        """Tell whether the directive does not go into a body of ours."""
        here = (directive.file, directive.line, directive.text) == (self.file, self.line, self.directive)
        return here and self.verdict == DROP and body in self.judgement.bodies and not self.outside

    def to_dict(self) -> dict[str, Any]:
        """For results, which are kept: without what may be a password; the place is one that a person finds."""
        place = Directive("", "", self.file, self.line).place
        judged = {"verdict": self.verdict, "reason": self.judgement.reason}
        return {
            "directive": hide_values(self.directive),
            "file": place.file,
            "line": place.line,
            **judged,
            "bodies": list(self.judgement.bodies) if self.verdict == DROP else [],
            "outside": self.outside,
            "instead": self.added or self.judgement.instead,
        }
