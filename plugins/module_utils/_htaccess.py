# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the .htaccess of a document root says of http and https. httpd reads it with each request, so nobody but its author changes it."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import replace
from typing import Callable, Optional

from ._config_tree import Directive, last
from ._existing_hosts import ExistingHost
from ._obstacle import FINE, REFUSE, Judgement, Obstacle
from ._obstacles import judged
from ._rewriting import of_rules
from ._serving import Serving


def in_files(host: ExistingHost, config: Sequence[Directive], serves: Serving, read: Callable[[str], Optional[str]]) -> list[Obstacle]:
    """The obstacles in the .htaccess of the document root, if httpd reads it."""
    if serves.by != "files" or not serves.target.startswith("/") or not _is_read(serves.target, (*config, *host.body)):
        return []
    path = f"{serves.target.rstrip('/')}/.htaccess"
    directives = read_directives(read(path) or "", path)
    found = [*judged(directives, host), *of_rules((Directive("Directory", serves.target, path, 0, True, directives),), host, ())]
    return [_left_to_its_author(one) for one in found if one.verdict != FINE]


def _left_to_its_author(one: Obstacle) -> Obstacle:
    reason = f"{one.judgement.reason}; it stands in a file of the site, which is not edited: change it there"
    return replace(one, judgement=Judgement(REFUSE, reason), outside=True)


def _is_read(directory: str, directives: Sequence[Directive]) -> bool:
    """Tell whether a .htaccess may say something there: the section for the longest path counts."""
    told = [
        (len(path.rstrip("/")), number, found.arguments.strip('"').lower() != "none")
        for number, one in enumerate(directives)
        if one.is_a("directory") and one.words and (found := last(one.children, "allowoverride"))
        for path in one.words[-1:]
        if fnmatch.fnmatchcase(directory.rstrip("/") + "/", path.rstrip("/") + "/*")
    ]
    return bool(told) and max(told)[2]


def read_directives(text: str, path: str) -> tuple[Directive, ...]:
    """The directives of a .htaccess. What is in sections is read as if it were not."""
    found, joined = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        joined += line.strip()
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        name, _space, arguments = joined.partition(" ")
        if name and not name.startswith(("#", "<")):
            found.append(Directive(name, arguments.strip(), path, number))
        joined = ""
    return tuple(found)
