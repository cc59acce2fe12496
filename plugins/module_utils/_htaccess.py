# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the .htaccess files say that httpd reads for a document root: in it, above and below. It reads them with each request, so nobody but
their author changes them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Callable, Optional

from ._config_tree import Directive, flag, last, outside
from ._existing_hosts import ExistingHost
from ._obstacle import FINE, REFUSE, Judgement, Obstacle
from ._obstacles import judged
from ._origins import of_origins
from ._override_files import MOST, Directories
from ._rewriting import of_directory
from ._serving import document_root

_NESTED = ("<if ", "<elseif ", "<else>")


def in_files(
    host: ExistingHost, config: Sequence[Directive], by: str, read: Callable[[str], Optional[str]], find: Directories
) -> list[Obstacle]:
    """The obstacles in the .htaccess files that httpd reads, unless an application or a proxy answers all (*by*)."""
    everything, root = (*outside(config), *host.body), document_root(host.body, config)
    if by in ("proxy", "application") or not root.startswith("/"):
        return []
    found = find(root)
    texts = _read(list(_with_those_above(found)), everything, read)
    awake = [PurePosixPath(path).parent for path, (_base, inner) in texts.items() if flag(inner, "rewriteengine")]
    told = [*_too_many(host, root, len(found), everything)]
    for path, (base, inner) in texts.items():
        own = flag(inner, "rewriteengine")
        heard = any(above in PurePosixPath(path).parents for above in awake) if own is None else own
        told += [
            _left_to_its_author(one) for one in (*judged(inner, host), *of_directory(inner, host, base, heard), *of_origins(inner, config))
        ]
    return [one for one in told if one.verdict != FINE or one.judgement.differs]


def _with_those_above(found: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """httpd reads the files of all directories on the way, from the uppermost."""
    for base, directory in found:
        if base == "/":
            yield from ((base, str(above)) for above in reversed(PurePosixPath(directory).parents))
        yield base, directory


def _read(
    places: Sequence[tuple[str, str]], directives: Sequence[Directive], read: Callable[[str], Optional[str]]
) -> dict[str, tuple[str, tuple[Directive, ...]]]:
    """The files that there are, each with the path by which clients come there."""
    named = last(directives, "accessfilename")
    names = named.words if named else [".htaccess"]
    may = _overrides(directives)
    paths = {str(PurePosixPath(place, name)): base for base, place in places if _is_read(place, may) for name in names}
    texts = {path: (base, read(path)) for path, base in paths.items()}
    return {path: (base, read_directives(text, path)) for path, (base, text) in texts.items() if text}


def _too_many(host: ExistingHost, root: str, count: int, directives: Sequence[Directive]) -> Iterator[Obstacle]:
    """Of a root for each name it has to be known what is in all of them; others have what matters near the top."""
    if "%" in root and count >= MOST and _is_read(root, _overrides(directives)):
        reason = f"there are too many directories to look for a .htaccess that would loop; say AllowOverride None for {root}"
        yield Obstacle(f"VirtualDocumentRoot {root}", host.place.file, host.place.line, Judgement(REFUSE, reason))


def _left_to_its_author(one: Obstacle) -> Obstacle:
    if one.verdict == FINE:
        return replace(one, outside=True)
    reason = f"{one.judgement.reason}; it stands in a file of the site, which is not edited: change it there"
    return replace(one, judgement=Judgement(REFUSE, reason), outside=True)


def _overrides(directives: Sequence[Directive]) -> list[list[tuple[str, bool]]]:
    """What is said of a .htaccess, in the order in which it counts: the path of a section, and whether it may say something there."""
    sections = [(one.words[-1].rstrip("/"), one.children) for one in directives if one.is_a("directory") and one.words]
    told = [
        [(path, found.arguments.strip('"').lower() != "none") for path, children in sections if (found := last(children, name))]
        for name in ("allowoverride", "allowoverridelist")
    ]
    return [sorted(one, key=lambda section: len(section[0])) for one in told]


def _is_read(directory: str, overrides: Sequence[Sequence[tuple[str, bool]]]) -> bool:
    """Tell whether a .htaccess may say something there: the section for the longest path counts."""
    place = directory.rstrip("/") + "/"
    return any(next((may for path, may in reversed(told) if fnmatch.fnmatchcase(place, f"{path}/*")), False) for told in overrides)


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
        name, _space, arguments = joined.partition(" ")
        if joined.lower().startswith(_NESTED):
            name, _space, arguments = joined[1:].rstrip("> ").partition(" ")
            levels.append((Directive(name, arguments.strip(), path, number, True), []))
        elif joined.lower().startswith(("</if>", "</elseif>", "</else>")) and levels[1:]:
            _close(levels)
        elif name and not name.startswith(("#", "<")):
            levels[-1][1].append(Directive(name, arguments.strip(), path, number))
        joined = ""
    while levels[1:]:
        _close(levels)
    return tuple(levels[0][1])


def _close(levels: list[tuple[Directive, list[Directive]]]) -> None:
    section, children = levels.pop()
    levels[-1][1].append(replace(section, children=tuple(children)))
