# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of a document root that may have a .htaccess: those that matter lie near the top. A hand on a host."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterator
from typing import Callable

#: Directories that are looked into, and how deep.
MOST = 1000
_LEVELS = 2
#: Gives the directories of a document root, each after the path by which clients come there; the root itself is "/".
Directories = Callable[[str], list[tuple[str, str]]]


def root_alone(root: str) -> list[tuple[str, str]]:
    """Where nothing can be looked into."""
    return [("/", root)]


def directories(root: str) -> list[tuple[str, str]]:
    """Those of a root, which may be a pattern of mod_vhost_alias."""
    pattern = "/".join("*" if "%" in part else glob.escape(part) for part in root.rstrip("/").split("/"))
    roots = glob.iglob(pattern) if "%" in root else [root]
    level: Iterator[tuple[str, str]] = (("/", one) for one in roots if os.path.isdir(one))
    found: list[tuple[str, str]] = []
    for _depth in range(_LEVELS + 1):
        there = list(itertools.islice(level, MOST - len(found)))
        found += there
        level = (one for place in there for one in _below(*place))
    return found


def _below(base: str, directory: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(directory) as entries:
            yield from ((f"{base}{one.name}/", one.path) for one in entries if not one.name.startswith(".") and one.is_dir())
    except OSError:
        return
