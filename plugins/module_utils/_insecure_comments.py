# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comments of several lines in style sheets, scripts and templates: nothing in them is loaded. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Optional

from ._insecure_urls import Url

_ENDINGS = {"/*": "*/", "<!--": "-->", "{#": "#}", "<%--": "--%>", "{{--": "--}}"}
#: These are no beginnings of comments: "*/*", "src/**". Strings are not told from text, as that takes a parser for each language.
_OF_SCRIPT = r"(?<![^ \t\r\n;{}(),>])/\*"
#: In a style sheet strings and url() may have "/*" in them. These always match, and end with the line when nothing else ends them.
STYLE = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|\burl\(\s*[^\"'\s)]*|/\*", re.I)
SCRIPT = re.compile(_OF_SCRIPT)
TEMPLATE = re.compile(rf"{_OF_SCRIPT}|(?<![\"'`])(?:<!--|\{{#|<%--|\{{\{{--)")
#: As scripts and styles began for browsers that did not know them: no comment, they are run.
_HIDDEN = re.compile(r"<(?:script|style)\b[^<>]*>\s*\Z", re.I)


def uncommented(text: str, urls: Sequence[Url], kind: re.Pattern[str], start: int = 0, end: Optional[int] = None) -> list[Url]:
    """Those that stand in no comment of a style sheet, a script or a template, which goes from *start* to *end* of the text."""
    comments = list(_comments(text, kind, start, len(text) if end is None else end)) if urls else []
    begins = [0, *(begin for begin, _end in comments)]
    ends = [0, *(end for _begin, end in comments)]
    return [url for url in urls if url.start >= ends[bisect_right(begins, url.start) - 1]]


def _comments(text: str, kind: re.Pattern[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    position, unknown = start, set()
    while True:
        match = kind.search(text, position, end)
        if match is None:
            return
        position, ending = match.end(), _ENDINGS.get(match[0], "")
        if (
            not ending
            or ending in unknown
            or (match[0] == "<!--" and _HIDDEN.search(text[max(start, match.start() - 300) : match.start()]))
        ):
            continue
        closed = text.find(ending, position, end)
        if closed >= 0 or kind is STYLE:
            position = closed + len(ending) if closed >= 0 else end
            yield match.start(), position
        else:  # it is none, and there is no other like it
            unknown.add(ending)
