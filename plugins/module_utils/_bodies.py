# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of an existing virtual host: as a person wrote it, and as virtual hosts of ours can have it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from ._config_tree import Directive, text_of
from ._existing_hosts import ExistingHost
from ._obstacle import DROP, Obstacle
from ._obstacles import taken

_START = re.compile(r"\s*<VirtualHost\b", re.IGNORECASE)
_END = re.compile(r"\s*</VirtualHost\s*>", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_NAMES = ("servername", "serveralias", "serverpath")
#: What httpd decides or replaces while it reads: the same text may mean something else in another place.
_READ = {
    "includes": re.compile(r"\s*Include(?:Optional)?\s+(.+?)\s*\Z", re.IGNORECASE),
    "macros": re.compile(r"\s*Use\s+(\S+)", re.IGNORECASE),
    "conditions": re.compile(r"\s*<(If(?:Module|Define|Version|File|Directive|Section)\s+.*?)>\s*\Z", re.IGNORECASE),
    "definitions": re.compile(r"\s*(?:Un)?Define\s+(\S+)", re.IGNORECASE),
}


@dataclass(frozen=True)
class Source:
    """What stands in a file from <VirtualHost> to </VirtualHost>, and what httpd replaces in it while it reads."""

    text: str = field(repr=False)
    first_line: int
    last_line: int
    variables: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()


def source(host: ExistingHost, text: str) -> Optional[Source]:
    """Find the host in the *text* of its file; None when it does not stand there as it is: it comes from a macro, or is the main server."""
    if host.main or host.place.macro:
        return None
    lines = text.split("\n")
    first = _begin(lines, host.place.line)
    last = next((number for number in range(first, len(lines) + 1) if _END.match(lines[number - 1])), 0) if first else 0
    if not last:
        return None
    body = lines[first - 1 : last]
    plain = [line for line in body if not line.lstrip().startswith("#")]
    found = {kind: tuple(match[1] for line in plain if (match := pattern.match(line))) for kind, pattern in _READ.items()}
    variables = tuple(dict.fromkeys(name for line in plain for name in _VARIABLE.findall(line)))
    return Source("\n".join(body) + "\n", first, last, variables, **found)


def _begin(lines: Sequence[str], line: int) -> int:
    """The first line; httpd tells the last one of several that backslashes join."""
    while 1 < line <= len(lines) and not _START.match(lines[line - 1]) and lines[line - 2].endswith("\\"):
        line -= 1
    return line if 0 < line <= len(lines) and _START.match(lines[line - 1]) else 0


def body(host: ExistingHost, obstacles: Sequence[Obstacle], kind: str) -> str:
    """What a virtual host of ours says to do what the host does, without its names; *kind* is http or https. HSTS of ours comes after."""
    found = [one for one in obstacles if one.verdict == DROP and kind in one.judgement.bodies]
    answers = [one.added + "\n" for one in obstacles if one.added and kind in one.judgement.bodies]
    return "".join(dict.fromkeys(answers)) + text_of(_without(taken(host), found, kind))


def _without(directives: Iterable[Directive], obstacles: Sequence[Obstacle], kind: str) -> Iterable[Directive]:
    for one in directives:
        dropped = next((obstacle for obstacle in obstacles if obstacle.drops(one, kind)), None)
        if one.is_a(*_NAMES):
            continue
        if dropped is None:
            yield replace(one, children=tuple(_without(one.children, obstacles, kind)))
        elif dropped.judgement.instead:
            name, _space, arguments = dropped.judgement.instead.partition(" ")
            yield replace(one, name=name, arguments=arguments, section=False, children=())
