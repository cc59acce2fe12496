# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the .htaccess files say that httpd reads for a document root: in it, above and below. It reads them with each request, so nobody but
their author changes them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Callable, Optional

from ._config_tree import Directive, flag, last, last_outside, outside
from ._existing_hosts import ExistingHost
from ._obstacle import FINE, REFUSE, Judgement, Obstacle
from ._obstacles import judged
from ._origins import of_origins
from ._override_files import MOST, Directories
from ._rewriting import of_directory
from ._serving import document_root

#: AllowOverride and AllowOverrideList: the path of each section, and whether a .htaccess may say something there.
Overrides = list[list[tuple[str, bool]]]
_NESTED = re.compile(r"<((?:if|elseif|else)(?=[\s>]).*?)[\s>]*\Z", re.IGNORECASE)


def in_files(
    host: ExistingHost, config: Sequence[Directive], by: str, read: Callable[[str], Optional[str]], find: Directories
) -> list[Obstacle]:
    """The obstacles in the .htaccess files that httpd reads, unless an application or a proxy answers all (*by*)."""
    texts = files(host, config, by, read, find)
    awake = [PurePosixPath(path).parent for path, (_base, inner) in texts.items() if flag(inner, "rewriteengine")]
    told = [*_too_many(host, config, by, find)]
    for path, (base, inner) in texts.items():
        own = flag(inner, "rewriteengine")
        heard = any(above in PurePosixPath(path).parents for above in awake) if own is None else own
        told += [
            _left_to_its_author(one) for one in (*judged(inner, host), *of_directory(inner, host, base, heard), *of_origins(inner, config))
        ]
    return [one for one in told if one.verdict != FINE or one.judgement.differs]


def files(
    host: ExistingHost, config: Sequence[Directive], by: str, read: Callable[[str], Optional[str]], find: Directories
) -> dict[str, tuple[str, tuple[Directive, ...]]]:
    """The .htaccess files that httpd reads, each with the path by which clients come there and what it says."""
    root = _root(host, config, by)
    if not root:
        return {}
    overrides = _overrides(() if host.main else host.body, config)
    named = last(host.body, "accessfilename") or last_outside(config, "accessfilename")
    places = [place for place in _with_those_above(find(root)) if _is_read(place[1], overrides)]
    return _read(places, named.words if named else [".htaccess"], read)


def _root(host: ExistingHost, config: Sequence[Directive], by: str) -> str:
    root = document_root(host.body, config)
    return root if by not in ("proxy", "application") and root.startswith("/") else ""


def _with_those_above(found: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """httpd reads the files of all directories on the way, from the uppermost."""
    for base, directory in found:
        if base == "/":
            yield from ((base, str(above)) for above in reversed(PurePosixPath(directory).parents))
        yield base, directory


def _read(
    places: Sequence[tuple[str, str]], names: Sequence[str], read: Callable[[str], Optional[str]]
) -> dict[str, tuple[str, tuple[Directive, ...]]]:
    """The files that there are, each with the path by which clients come there."""
    paths = {str(PurePosixPath(place, name)): base for base, place in places for name in names}
    texts = {path: (base, read(path)) for path, base in paths.items()}
    return {path: (base, read_directives(text, path)) for path, (base, text) in texts.items() if text}


def _too_many(host: ExistingHost, config: Sequence[Directive], by: str, find: Directories) -> Iterator[Obstacle]:
    """Of a root for each name it has to be known what is in all of them; others have what matters near the top."""
    root = _root(host, config, by)
    if "%" in root and len(find(root)) >= MOST and _is_read(root, _overrides(() if host.main else host.body, config)):
        reason = f"there are too many directories to look for a .htaccess that would loop; say AllowOverride None for {root}"
        yield Obstacle(f"VirtualDocumentRoot {root}", host.place.file, host.place.line, Judgement(REFUSE, reason))


def _left_to_its_author(one: Obstacle) -> Obstacle:
    if one.verdict == FINE:
        return replace(one, outside=True)
    reason = f"{one.judgement.reason}; it stands in a file of the site, which is not edited: change it there"
    return replace(one, judgement=Judgement(REFUSE, reason), outside=True)


def _overrides(body: Sequence[Directive], config: Sequence[Directive]) -> Overrides:
    """What a virtual host and the main server say of .htaccess files, in the order in which it counts."""
    return [sorted([*others, *own], key=lambda one: len(one[0])) for others, own in zip(_of_server(config), _said(body))]


@lru_cache(maxsize=4)
def _of_server(config: Sequence[Directive]) -> Overrides:
    return _said(outside(config))


def _said(directives: Sequence[Directive]) -> Overrides:
    sections = [(one.words[-1].rstrip("/"), one.children) for one in directives if one.is_a("directory") and one.words]
    return [
        [(path, found.arguments.strip('"').lower() != "none") for path, children in sections if (found := last(children, name))]
        for name in ("allowoverride", "allowoverridelist")
    ]


def _is_read(directory: str, overrides: Overrides) -> bool:
    """Tell whether a .htaccess may say something there: the section for the longest path counts."""
    place = directory.rstrip("/") + "/"
    return any(next((may for path, may in reversed(told) if _is_within(place, path)), False) for told in overrides)


def _is_within(place: str, path: str) -> bool:
    """Tell whether a section for a path, which may be a pattern, is for a place."""
    return place.startswith(f"{path}/") or (any(sign in path for sign in "*?[") and fnmatch.fnmatchcase(place, f"{path}/*"))


@lru_cache(maxsize=1024)
def read_directives(text: str, path: str) -> tuple[Directive, ...]:
    """The directives of a .htaccess. What is in sections is read as if it were not, but for <If> and what belongs to it."""
    levels: list[tuple[Directive, list[Directive]]] = [(Directive("", "", path, 0, True), [])]
    joined = ""
    for number, line in enumerate(text.splitlines(), 1):
        joined += line.strip()
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        nested = _NESTED.match(joined)
        name, arguments = [*(nested[1] if nested else joined).split(None, 1), "", ""][:2]
        if nested:
            levels.append((Directive(name, arguments, path, number, True), []))
        elif joined.lower().startswith(("</if>", "</elseif>", "</else>")) and levels[1:]:
            _close(levels)
        elif name and not name.startswith(("#", "<")):
            levels[-1][1].append(Directive(name, arguments, path, number))
        joined = ""
    while levels[1:]:
        _close(levels)
    return tuple(levels[0][1])


def _close(levels: list[tuple[Directive, list[Directive]]]) -> None:
    section, children = levels.pop()
    levels[-1][1].append(replace(section, children=tuple(children)))
