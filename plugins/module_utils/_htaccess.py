# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the .htaccess files say that httpd reads for a document root: in it, above and below. It reads them with each request, so nobody but
their author changes them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Callable, Optional

from ._config_tree import Directive, flag, last
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
    everything, root = (*config, *host.body), document_root(host.body, config)
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
    paths = {str(PurePosixPath(place, name)): base for base, place in places if _is_read(place, directives) for name in names}
    texts = {path: (base, read(path)) for path, base in paths.items()}
    return {path: (base, read_directives(text, path)) for path, (base, text) in texts.items() if text}


def _too_many(host: ExistingHost, root: str, count: int, directives: Sequence[Directive]) -> Iterator[Obstacle]:
    """Of a root for each name it has to be known what is in all of them; others have what matters near the top."""
    if "%" in root and count >= MOST and _is_read(root, directives):
        reason = f"there are too many directories to look for a .htaccess that would loop; say AllowOverride None for {root}"
        yield Obstacle(f"VirtualDocumentRoot {root}", host.place.file, host.place.line, Judgement(REFUSE, reason))


def _left_to_its_author(one: Obstacle) -> Obstacle:
    if one.verdict == FINE:
        return replace(one, outside=True)
    reason = f"{one.judgement.reason}; it stands in a file of the site, which is not edited: change it there"
    return replace(one, judgement=Judgement(REFUSE, reason), outside=True)


def _is_read(directory: str, directives: Sequence[Directive]) -> bool:
    """Tell whether a .htaccess may say something there: the section for the longest path counts."""
    return any(_says(directory, directives, name) for name in ("allowoverride", "allowoverridelist"))


def _says(directory: str, directives: Sequence[Directive], name: str) -> bool:
    told = [
        (len(path.rstrip("/")), number, found.arguments.strip('"').lower() != "none")
        for number, one in enumerate(directives)
        if one.is_a("directory") and one.words and (found := last(one.children, name))
        for path in one.words[-1:]
        if fnmatch.fnmatchcase(directory.rstrip("/") + "/", path.rstrip("/") + "/*")
    ]
    return bool(told) and max(told)[2]


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
