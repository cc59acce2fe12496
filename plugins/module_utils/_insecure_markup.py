# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What URLs are used for in HTML and XML.

Not by html.parser: of broken pages it takes the square of their size (60 kB that have "<a" again and again: 24 seconds in Python 3.13.0),
and it does not tell where an attribute is. This takes any text, each character of it a few times at most. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional

from ._insecure_code import in_code, in_style
from ._insecure_comments import SCRIPT, STYLE, uncommented
from ._insecure_urls import Url
from ._insecure_uses import LINK, Use, use

#: Elements whose text is no markup; that of the last two is for people, and in XML it is as any other.
_RAW = {name: re.compile(rf"</{name}(?![a-z0-9-])", re.I) for name in ("script", "style", "textarea", "title")}
_FOR_PEOPLE = ("textarea", "title")
#: A script element that search engines alone read.
DATA = "data"
_COMMENTS = {"style": STYLE, "script": SCRIPT}
_IN_RAW: dict[str, Callable[[str, Url, int], Optional[Use]]] = {
    "style": in_style,
    "script": in_code,
    DATA: lambda _text, _url, _start: Use(LINK, "<script>"),
    **dict.fromkeys(_FOR_PEOPLE, lambda _text, _url, _start: None),
}
#: All that may fail is at its end, and may be missing, so that nothing is looked at twice.
_TAG = re.compile(r"<!--|<(\??[a-zA-Z][^\s/>]*)((?:[^>=]+|=\s*\"[^\"]*\"|=\s*'[^']*'|=)*)>?")
_ATTRIBUTE = re.compile(r"([^\s/>=\"'][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)|'([^']*)|([^\s>]+)))?")
#: What may stand before a URL in an attribute that has nothing else, or several of them.
_ONE = re.compile(r"\A\s*\Z")
_MANY = re.compile(r"(?:\A|[\s,])\Z")
_REFRESH = re.compile(r"\A[\s\d.;,]*(?:url\s*=\s*)?[\"']?\s*\Z", re.I)


@dataclass(frozen=True)
class Attribute:
    """An attribute of a tag: its name in lower case, its value, and where that starts."""

    name: str
    start: int
    value: str


class Part(NamedTuple):
    """A part of a text: a comment (named "!--"), a tag, or with *raw* the text of a script or style element."""

    name: str
    start: int
    end: int
    raw: bool = False


def in_markup(text: str, urls: Sequence[Url], *, xml: bool) -> Iterator[tuple[Url, Use]]:
    """The use of each URL that is used. Text of XML leads elsewhere: feeds and site maps have URLs there."""
    starts, done = [url.start for url in urls], 0
    for part in parts(text, xml=xml):
        if done < len(urls) and part.end <= starts[done]:
            continue
        first, last = bisect_left(starts, part.start, done), bisect_left(starts, part.end, done)
        yield from _in_text(urls[done:first], xml)
        done = last
        if part.name != "!--":
            yield from _in_part(text, part, urls[first:last])
        if done == len(urls):
            return
    yield from _in_text(urls[done:], xml)


def parts(text: str, *, xml: bool) -> Iterator[Part]:
    """The parts of a text, from the first to the last."""
    position = 0
    while True:
        match = _TAG.search(text, position)
        if match is None:
            return
        name, end = (match[1] or "!--").lower(), match.end()
        if name == "!--":
            closed = text.find("-->", match.start() + 2)
            end = closed + 3 if closed >= 0 else len(text)
        yield Part(name, match.start(), end)
        position = end
        if _is_raw(name, xml, text[end - 2] == "/"):
            closing = _RAW[name].search(text, end)
            position = closing.start() if closing else len(text)
            yield Part(DATA if "ld+json" in text[match.start() : end] else name, end, position, raw=True)


def _is_raw(name: str, xml: bool, closed: bool) -> bool:
    """What HTML calls a title, SVG in it may have, too, and there it may be *closed* at once."""
    if name in _FOR_PEOPLE:
        return not xml and not closed
    return name in _RAW and not (xml and closed)


def attributes(text: str, part: Part) -> list[Attribute]:
    """The attributes of a tag."""
    start = part.start + 1 + len(part.name)
    found = []
    for match in _ATTRIBUTE.finditer(text, start, part.end):
        group = next((number for number in (2, 3, 4) if match[number] is not None), 0)
        found.append(Attribute(match[1].lower(), match.start(group), match[group] if group else ""))
    return found


def _in_text(urls: Sequence[Url], xml: bool) -> Iterator[tuple[Url, Use]]:
    if xml:
        yield from ((url, Use(LINK, "text")) for url in urls)


def _in_part(text: str, part: Part, urls: Sequence[Url]) -> Iterator[tuple[Url, Use]]:
    listed = attributes(text, part) if urls and not part.raw else []
    urls = uncommented(text, urls, _COMMENTS[part.name], part.start, part.end) if part.raw and part.name in _COMMENTS else urls
    places = [attribute.start for attribute in listed]
    others = {attribute.name: attribute.value for attribute in reversed(listed)}
    for url in urls:
        if part.raw:
            found = _IN_RAW[part.name](text, url, part.start)
        else:
            before = bisect_right(places, url.start)
            found = _in_attribute(text, url, part.name, listed[before - 1], others) if before else None
        if found:
            yield url, found


def _in_attribute(text: str, url: Url, tag: str, attribute: Attribute, others: dict[str, str]) -> Optional[Use]:
    name, start = attribute.name, attribute.start
    before = text[max(start, url.start - 4000) : url.start]
    if url.start >= start + len(attribute.value):
        return None
    if name == "style":
        found = in_style(text, url, start)
        return Use(found.kind, f"<{tag} style>") if found else None
    if name.startswith("on") or name == "srcdoc":
        return in_code(text, url, start)
    if tag == "meta" and others.get("http-equiv", "").lower() == "refresh":
        return use(tag, name, others) if _REFRESH.search(before) else None
    several = name.endswith("srcset") or name in ("archive", "ping")
    if (_MANY if several else _ONE).search(before):
        return use(tag, name, others)
    return in_code(text, url, start) if name.startswith("data-") else None
