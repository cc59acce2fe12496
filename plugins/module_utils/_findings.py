# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather the insecure links of a site: one entry for each target and use of it, with the first places, and the rest counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ._insecure_links import Link
from ._insecure_uses import CLASSES

#: Places that are told of each finding, and findings that are remembered before the rest is counted alone.
PLACES = 5
_REMEMBERED = 20_000
#: The longest of what is told of each, in characters.
_LONGEST = 400


def printable(text: str) -> str:
    """Text out of files and their names, without what would trouble a terminal or no encoding knows."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:_LONGEST])


@dataclass
class _Finding:
    count: int = 0
    places: list[dict[str, Any]] = field(default_factory=list)


class Findings:
    """What was found at a site."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.counts = dict.fromkeys(CLASSES, 0)
        self._found: dict[tuple[str, str, str, bool], _Finding] = {}

    def add(self, source: str, links: Iterable[Link]) -> None:
        """Add what a file or page, the *source*, has."""
        source = printable(source)
        for link in links:
            self.counts[link.kind] += 1
            key = (link.kind, printable(link.where), printable(link.target), link.known)
            if key not in self._found and len(self._found) == _REMEMBERED:
                continue
            finding = self._found.setdefault(key, _Finding())
            finding.count += 1
            if len(finding.places) < PLACES:
                finding.places.append({"source": source, "line": link.line, "column": link.column})

    def to_dict(self, most: int) -> dict[str, Any]:
        """The *most* findings that harm most; *more* is how many places all the others have."""
        order = sorted(self._found.items(), key=lambda item: (CLASSES.index(item[0][0]), item[0][3], -item[1].count, item[0]))
        findings = [
            {"class": kind, "where": where, "target": target, "has_https": known, "count": found.count, "places": found.places}
            for (kind, where, target, known), found in order[:most]
        ]
        shown = sum(found.count for _key, found in order[:most])
        return {"counts": self.counts, "findings": findings, "more": sum(self.counts.values()) - shown}
