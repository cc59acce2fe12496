# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the rules of mod_rewrite and mod_alias lead a request, as far as that can be told from what they say. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ._conditions import Request, expand, flags, holds, search
from ._config_tree import Directive

_STATUS = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
#: Directives of mod_alias, with the status of their answers.
ALIAS = {"redirect": 302, "redirecttemp": 302, "redirectpermanent": 301, "redirectmatch": 302}
_URL = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
#: How rules write the name that a client has asked for.
OWN = re.compile(r"%\{(?:HTTP_HOST|SERVER_NAME)\}")
_ANY = "any"  # stands for whatever a pattern takes


@dataclass(frozen=True)
class Answer:
    """What a rule makes of a request: a *url* (None: it cannot be told), *status* 0 for what is served. Not *certain*: it may be so."""

    url: Optional[str]
    status: int
    certain: bool
    proxied: bool = False


@dataclass(frozen=True)
class Rule:
    """A RewriteRule with its conditions, or a redirect of mod_alias (*prefix*: of all that begins with a path).

    What stands in a directory sees paths without the *base*, the path by which clients come there."""

    directive: Directive
    pattern: str
    target: str
    status: int
    flags: frozenset[str] = frozenset()
    conditions: tuple[Directive, ...] = ()
    prefix: bool = False
    base: str = ""

    def answer(self, request: Request) -> Optional[Answer]:
        """What it makes of a request; None when it leaves it alone."""
        if not request.path.startswith(self.base):
            return None
        path = request.path[len(self.base) :]
        if self.prefix:
            below = path == self.pattern or path.startswith(self.pattern.rstrip("/") + "/")
            return Answer(self.target + path[len(self.pattern) :], self.status, True) if below else None
        try:
            found = search(self.pattern.lstrip("!"), path, "NC" in self.flags)
        except re.error:
            return Answer(None, self.status, False)
        if bool(found) == self.pattern.startswith("!"):
            return None
        may, certain, captured = self._conditions(request, found)
        if not may:
            return None
        url = "" if self.target == "-" else expand(self.target, request, found, captured)
        if url is not None and self.status in range(300, 400) and not _URL.match(url):
            url = f"{request.scheme}://{request.host}/{url.lstrip('/')}"
        return Answer(url, self.status, certain, "P" in self.flags)

    def takes(self, path: str) -> bool:
        """Tell whether it is for a path, if only its conditions hold."""
        return replace(self, conditions=()).answer(Request("http", _ANY, path)) is not None

    def _conditions(self, request: Request, match: Optional[re.Match[str]]) -> tuple[bool, bool, Optional[re.Match[str]]]:
        """Whether they hold or may hold, whether that is certain, and what the last one has captured."""
        certain, captured, alternatives = True, None, []
        for condition in self.conditions:
            true, found = holds(condition, request, match, captured)
            captured = found or captured
            alternatives.append(true)
            if "OR" in flags(condition.words[2:]):
                continue
            if True not in alternatives:
                certain = False
                if None not in alternatives:
                    return False, True, None
            alternatives = []
        return True, certain, captured

    def samples(self) -> list[str]:
        """Paths of which the rule takes some, as far as they can be told from its pattern."""
        if self.prefix:
            return [self.pattern, f"{self.pattern.rstrip('/')}/{_ANY}"]
        made = re.sub(r"\[(\^?)\\?([^]])[^]]*\]", lambda match: _ANY if match[1] else match[2], self.pattern.lstrip("!^").rstrip("$"))
        made = made.replace("\\d", "1").replace("\\w", "a")
        made = re.sub(r"\.[*+]\??", _ANY, re.sub(r"\(([^()|]*)\|?[^()]*\)", r"\1", made))
        own = re.sub(r"[()?*+^$\\]", "", made).lstrip("/")
        return [(self.base or "/") + path for path in ("", f"{_ANY}/{_ANY}.html", own)]


def read_rules(directives: Iterable[Directive], base: str = "", location: str = "/") -> Iterator[Rule]:
    """The rules of one context, such as that of a *location*, in their order; sections are not looked into."""
    conditions: list[Directive] = []
    for one in directives:
        if one.is_a("rewritecond"):
            conditions.append(one)
        elif one.is_a("rewriterule") and len(one.words) > 1:
            yield _rewrite(one, tuple(conditions), base)
            conditions = []
        elif one.is_a(*ALIAS) and one.words:
            yield _redirect(one, location)


def _rewrite(one: Directive, conditions: tuple[Directive, ...], base: str) -> Rule:
    pattern, target = one.words[:2]
    said = flags(one.words[2:])
    told = next((flag.partition("=")[2] or "302" for flag in said if flag == "R" or flag.startswith("R=")), "")
    status = 403 if "F" in said else 410 if "G" in said else _STATUS.get(told.lower(), int(told) if told.isdigit() else 0)
    if not status and _URL.match(target) and "P" not in said:
        status = 302
    return Rule(one, pattern, target, status, said, conditions, base=base)


def _redirect(one: Directive, location: str) -> Rule:
    words = list(one.words)
    status = ALIAS[one.name.lower()]
    if one.is_a("redirect", "redirectmatch") and (words[0].lower() in _STATUS or words[0].isdigit()):
        told = words.pop(0).lower()
        status = _STATUS.get(told) or int(told)
    if len(words) == 1 and _URL.match(words[0]):  # in a section: all of it leads to that one address
        return Rule(one, f"^{re.escape(location)}", words[0], status)
    pattern, target = [*words, "", ""][:2]
    return Rule(one, pattern, target, status, prefix=not one.is_a("redirectmatch"))
