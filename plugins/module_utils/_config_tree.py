# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration as httpd has understood it (``-D DUMP_CONFIG`` of mod_info): includes read, conditions decided, macros and
variables replaced. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Optional

_FILE = "# In file: "
_NUMBER = re.compile(r" *# *(\d+):\Z")
_MACRO = re.compile(
    r"macro '(?P<name>.+?)' \(defined on line (?P<defined>\d+) of \"(?P<file>.*?)\"\) used on line (?P<used>\d+) of \"(?P<user>.*)\"\Z"
)
_WORD = re.compile(r"\"((?:\\.|[^\"\\])*)\"?|'((?:\\.|[^'\\])*)'?|(\S+)")
_ESCAPED = re.compile(r"\\([\\\"'])")


@dataclass(frozen=True)
class Directive:
    """A directive, or a section with what is in it. *file* and *line* are httpd's words, which for macros are not a path."""

    name: str
    arguments: str = field(repr=False)
    file: str
    line: int
    section: bool = False
    children: tuple[Directive, ...] = ()

    def is_a(self, *names: str) -> bool:
        """Tell whether it is one of these directives, which httpd reads in any case."""
        return self.key in names

    @cached_property
    def key(self) -> str:
        """The name in small letters."""
        return self.name.lower()

    @cached_property
    def words(self) -> list[str]:
        """The arguments, without quotes."""
        return [_ESCAPED.sub(r"\1", match[1] or match[2] or match[3] or "") for match in _WORD.finditer(self.arguments)]

    @property
    def text(self) -> str:
        """The directive, or the first line of the section, as it could be written."""
        text = f"{self.name} {self.arguments}".rstrip()
        return f"<{text}>" if self.section else text

    @property
    def place(self) -> Place:
        """Where a person finds it."""
        return place(self.file, self.line)


class Config(Sequence[Directive]):
    """A whole configuration. It equals itself alone, so that what is worked out of it is kept (lru_cache), however long it is."""

    def __init__(self, directives: Iterable[Directive]) -> None:
        self._directives = tuple(directives)

    def __getitem__(self, index: Any) -> Any:
        return self._directives[index]

    def __len__(self) -> int:
        return len(self._directives)

    def __iter__(self) -> Iterator[Directive]:
        return iter(self._directives)


@lru_cache(maxsize=4)
def outside(config: Sequence[Directive]) -> tuple[Directive, ...]:
    """What stands in no virtual host: what the main server says."""
    return tuple(one for one in config if not one.is_a("virtualhost"))


@dataclass(frozen=True)
class Place:
    """A line of a file. What a macro gave has the line that uses the macro, and besides where it stands in the macro."""

    file: str
    line: int
    macro: str = ""
    macro_file: str = ""
    macro_line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def place(file: str, line: int) -> Place:
    """Read what httpd says of a place. A macro may be used in another one: the file of the first use counts."""
    match = _MACRO.match(file)
    if not match:
        return Place(file, line)
    outer = place(match["user"], int(match["used"]))
    return Place(outer.file, outer.line, match["name"], match["file"], int(match["defined"]) + line)


def parse(text: str) -> tuple[Directive, ...]:
    """Read the dump. Its indentation alone tells what belongs to a section: one that is empty is never closed."""
    found: list[tuple[int, Directive]] = []
    file, number = "", 0
    for line in text.split("\n"):
        if line.startswith(_FILE):
            file = line[len(_FILE) :]
        elif match := _NUMBER.match(line):
            number = int(match[1])
        elif file and line.strip() and not line.lstrip().startswith("</"):
            found.append(((len(line) - len(line.lstrip(" "))) // 2, _directive(line.strip(), file, number)))
            number = 0
    return _nest(found, 0)


def _directive(text: str, file: str, line: int) -> Directive:
    section = text.startswith("<")
    name, _space, arguments = (text[1:].rstrip().removesuffix(">") if section else text).partition(" ")
    return Directive(name, arguments.strip(), file, line, section)


def _nest(lines: Sequence[tuple[int, Directive]], level: int) -> tuple[Directive, ...]:
    starts = [number for number, (depth, _directive) in enumerate(lines) if depth == level]
    ends = [*starts[1:], len(lines)]
    return tuple(replace(lines[start][1], children=_nest(lines[start + 1 : end], level + 1)) for start, end in zip(starts, ends))


def walk(directives: Iterable[Directive], within: tuple[Directive, ...] = ()) -> Iterator[tuple[Directive, tuple[Directive, ...]]]:
    """All directives and sections, each with the sections that it is in, outermost first."""
    for directive in directives:
        yield directive, within
        yield from walk(directive.children, (*within, directive))


def last(directives: Iterable[Directive], *names: str) -> Optional[Directive]:
    """The one that counts of directives that replace each other; sections are not looked into."""
    return next((one for one in reversed(tuple(directives)) if one.is_a(*names) and not one.section), None)


@lru_cache(maxsize=32)
def last_outside(config: Sequence[Directive], *names: str) -> Optional[Directive]:
    """The one of the main server that counts."""
    return last(outside(config), *names)


def flag(directives: Iterable[Directive], name: str) -> Optional[bool]:
    """What an on/off directive says; None when there is none."""
    found = last(directives, name)
    return None if found is None else found.arguments.strip("\"'").lower() == "on"


def text_of(directives: Iterable[Directive], indent: str = "") -> str:
    """Write directives as a file has them."""
    lines = []
    for one in directives:
        lines.append(f"{indent}{one.text}\n")
        if one.section:
            lines.append(f"{text_of(one.children, indent + '    ')}{indent}</{one.name}>\n")
    return "".join(lines)
