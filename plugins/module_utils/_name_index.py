# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, and the patterns of ServerAlias, looked up instead of compared one by one. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

_Owner = TypeVar("_Owner")
_PATTERN = re.compile(r"[*?]")


def matches(name: str, pattern: str) -> bool:
    """Tell whether a pattern, or a name as it is, takes a name; both in small letters."""
    if _PATTERN.search(pattern.removeprefix("*.")):
        return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))  # to httpd, it is a letter as others
    return name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def spellings(name: str) -> list[str]:
    """How it is usually said that somebody has a name: as it is, and as ``*.domain`` of each domain above."""
    return list(dict.fromkeys([name, *(f"*{name[at:]}" for at, letter in enumerate(name) if letter == ".")]))


class NameIndex(Generic[_Owner]):
    """Who has which names. Other patterns than ``*.domain``, of which there are few, are kept apart."""

    def __init__(self, owners: Iterable[tuple[_Owner, Sequence[str]]]) -> None:
        self._owners: list[_Owner] = []
        self._usual: dict[str, list[int]] = {}
        self._patterns: dict[str, list[int]] = {}
        for number, (owner, names) in enumerate(owners):
            self._owners.append(owner)
            for name in dict.fromkeys(name.lower() for name in names):
                kept = self._patterns if _PATTERN.search(name.removeprefix("*.")) else self._usual
                kept.setdefault(name, []).append(number)

    def having(self, name: str) -> list[_Owner]:
        """Those that have a name, in their order."""
        found = {number for one in spellings(name.lower()) for number in self._usual.get(one, ())}
        found.update(number for pattern, there in self._patterns.items() if matches(name.lower(), pattern) for number in there)
        return [self._owners[number] for number in sorted(found)]
