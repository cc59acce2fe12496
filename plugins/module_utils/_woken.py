# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waits for a module (<IfModule>) and counts once that is loaded for https, or does not any more, whoever's site it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ._config_tree import Directive, walk
from ._discovery import Discovery
from ._obstacle import REFUSE

#: What changes no answer, or adds a header to it, or keeps one from applications.
_MILD = re.compile(
    r"(?:header|listen|ssl(?!require|verify)\w*|requestheader unset|setenv|setenvif(?:nocase)?|browsermatch(?:nocase)?)\b", re.IGNORECASE
)
#: Which of their words come before the names of variables.
_SETS = {"setenv": 0, "setenvif": 2, "setenvifnocase": 2, "browsermatch": 1, "browsermatchnocase": 1}
#: Whatever reads a variable may let in or out, or serve, by it; but for what adds headers to answers, writes logs, or sets another one.
_REFERS = re.compile(r"env|[%$]\{", re.IGNORECASE)
_DECIDES_NOTHING = ("header", "customlog", "logformat", "transferlog", "globallog", "errorlogformat", *_SETS)


@dataclass(frozen=True)
class Woken:
    """The *modules* that are to be loaded, and for each directive that they change where it stands and its name."""

    modules: tuple[str, ...] = ()
    mild: tuple[str, ...] = ()
    grave: tuple[str, ...] = ()

    @property
    def refusal(self) -> str:
        """Why nothing can be taken over; empty when it can."""
        if not self.grave:
            return ""
        more = f" (and {len(self.grave) - 1} more)" if self.grave[1:] else ""
        reason = (
            "it waits for a module, as in <IfModule>, and would change what is served as soon as https has its modules; load these first"
        )
        return f"{self.grave[0]}{more}: {reason} ({', '.join(self.modules)}) and see that all is served as it should be, or take it out"

    @property
    def notes(self) -> list[str]:
        """What is to be told of it else."""
        return [f"{one}: it waited for a module, and counts from now on" for one in self.mild]


def woken(now: Sequence[Directive], then: Discovery, modules: Sequence[str]) -> Woken:
    """Compare the configuration as it is now with that once *modules* are loaded."""
    # a virtual host for TLS that is not there at all now takes nothing from others
    secure = {host.identity for host in then.hosts if host.tls} - {_place(one) for one in now}
    before, after = ({(_place(one), one.text): one for one in _lines(config, secure)} for config in (now, then.config))
    changed = [one for key, one in {**before, **after}.items() if (key in before) != (key in after)]
    asked = _asked(now, then) if any(one.is_a(*_SETS) for one in changed) else frozenset()
    mild = [one for one in changed if _is_mild(one, asked) or _place(one) in secure]
    kept = {id(one) for one in mild}
    grave = [_told(one) for one in changed if id(one) not in kept]
    return Woken(tuple(modules), tuple(_told(one) for one in mild if not one.is_a("listen")), (*grave, *_in_files(then, modules)))


def _asked(now: Sequence[Directive], then: Discovery) -> frozenset[str]:
    """The words that stand where variables may be read, in .htaccess files, too; SetEnvIf reads what stands first."""
    config = (*now, *then.config, *(one for host in then.hosts for one in then.in_files(host)))
    lines = [one for one, _within in walk(config)]
    read = [one.arguments for one in lines if not one.is_a(*_DECIDES_NOTHING) and _REFERS.search(one.arguments)]
    read += [word for one in lines if one.is_a("setenvif", "setenvifnocase") for word in one.words[:1]]
    return frozenset(word for text in read for word in _words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text.lower())


def _is_mild(one: Directive, asked: frozenset[str]) -> bool:
    """Tell whether all is served as before but for headers. What is *asked* for may be a variable that it sets."""
    variables = one.words[_SETS[one.name.lower()] :] if one.is_a(*_SETS) else []
    names = [word.lstrip("!").partition("=")[0] for word in (variables[:1] if one.is_a("setenv") else variables)]
    return bool(_MILD.match(f"{one.name} {one.arguments}")) and not any(asked.issuperset(_words(name)) for name in names)


def _lines(config: Sequence[Directive], whole: Collection[tuple[str, int]]) -> Iterator[Directive]:
    """What counts: directives, and virtual hosts; nothing else of those that are taken as a *whole*."""
    for top in config:
        lines = [(top, ())] if _place(top) in whole else walk([top])
        yield from (one for one, _within in lines if one.line and (one.is_a("virtualhost") or not one.section))


def _place(one: Directive) -> tuple[str, int]:
    return one.file, one.line


def _in_files(then: Discovery, modules: Sequence[str]) -> Iterator[str]:
    """Rules in .htaccess files, which have to be in a condition as well, or there would be an error now."""
    for host in then.hosts if "rewrite" in modules else ():
        for one in then.obstacles(host):
            if one.file.endswith("/.htaccess") and one.verdict == REFUSE and one.directive.lower().startswith("rewrite"):
                yield f"{one.file}:{one.line}: {one.directive.split()[0]}"


def _told(one: Directive) -> str:
    """Without what it says, which may be a password."""
    return f"{one.place.file}:{one.place.line}: {'<VirtualHost>' if one.is_a('virtualhost') else one.name}"
