# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of a site, as far as a few links lead. Pure: who asks, and when it has been long enough, is passed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Optional
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from ._arguments import host_name
from ._documents import text_of
from ._errors import ArgumentError, HandshakeError
from ._handshake import Answer
from ._insecure_links import HTML, kind_of_type
from ._insecure_markup import attributes, parts

#: What of a page is looked at, too: other pages, and what they are laid out and run by.
_FOLLOWED = {"a": "href", "area": "href", "iframe": "src", "frame": "src", "link": "href", "script": "src"}
#: What its links start from, if it says so.
_BASE = {"base": "href"}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
#: What of a URL may be secret, in the words of an error.
_QUERY = re.compile(r"[?#]\S*")
#: Paths with these endings are not asked for.
_NO_PAGES = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|eot|mp[34]|m4[av]|og[gav]|webm|pdf|zip|gz|bz2|xz|iso|exe|dmg)\Z", re.I
)


@dataclass(frozen=True)
class Page:
    """What was answered: *text* to be read as *kind*; where it leads instead, if anywhere."""

    url: str
    kind: str
    text: str
    location: str = ""


def shown(url: str) -> str:
    """A URL for people: without user, password, query and fragment, which may be secret."""
    try:
        place = urlsplit(url)
    except ValueError:
        return "what is no URL"
    return urlunsplit((place.scheme, place.netloc.rpartition("@")[2], place.path, "", ""))


class Pages:
    """Pages from *starts* on, with what they link to of the same site, *depth* links away and *most* in all; *problems* tells of starts.

    *names* are those of the site. *ask* gets a URL and raises HandshakeError when nothing answers.
    """

    def __init__(self, starts: Sequence[str], names: Collection[str], *, depth: int, most: int) -> None:
        """Ask nobody yet."""
        self.problems: list[str] = []
        self.complete = True
        self._names, self._depth, self._most = names, depth, most
        self._waiting = [(start, 0) for start in starts]
        self._seen = set(starts)

    def get(self, ask: Callable[[str], Answer], late: Callable[[], bool]) -> Iterator[Page]:
        """One page after the other, until there are no more, or it is *late*."""
        asked = 0
        while self._waiting:
            if asked == self._most or late():
                self.complete = False
                return
            url, depth = self._waiting.pop(0)
            asked += 1
            try:
                answer = ask(url)
            except HandshakeError as error:
                self._tell(depth, url, _QUERY.sub("", str(error)))
                continue
            yield from self._read(url, depth, answer)

    def _read(self, url: str, depth: int, answer: Answer) -> Iterator[Page]:
        location = answer.headers.get("location", "") if 300 <= answer.status < 400 else ""
        if location:
            if not self._add(url, location, depth):
                self._tell(depth, url, f"leads to {shown(location)}")
            yield Page(url, "", "", location)
            return
        media_type = answer.headers.get("content-type", "")
        kind, charset = kind_of_type(media_type), _CHARSET.search(media_type)
        text = text_of(answer.body, charset[1] if charset else "") if kind else None
        if answer.status != 200 or text is None:
            self._tell(depth, url, f"answers {answer.status} with {media_type or 'no Content-Type'}")
            return
        yield Page(url, kind, text)
        if kind == HTML and depth < self._depth:
            base = _base(url, text)
            for link in _links(text, _FOLLOWED):
                self._add(url, link, depth + 1, base)

    def _tell(self, depth: int, url: str, text: str) -> None:
        """Links that lead nowhere are no matter of https."""
        if depth == 0:
            self.problems.append(text if shown(url) in text else f"{shown(url)}: {text}")

    def _add(self, page: str, link: str, depth: int, base: str = "") -> bool:
        """Look at a link of a page later, if it leads to the same site; False if it leads elsewhere."""
        try:
            place = urlsplit(urljoin(base or page, link.strip()))
            here = _is_of_web(place, urlsplit(page).port) and host_name(place.hostname, "") in self._names
        except (ValueError, ArgumentError):
            return False
        url = place._replace(netloc=place.netloc.rpartition("@")[2], fragment="").geturl()
        if here and url not in self._seen and not _NO_PAGES.search(place.path):
            self._seen.add(url)
            self._waiting.append((url, depth))
        return here


def _is_of_web(place: SplitResult, port: Optional[int]) -> bool:
    return place.scheme in ("http", "https") and place.port in (None, 80, 443, port)


def _base(page: str, text: str) -> str:
    """What the links of a page start from."""
    try:
        return urljoin(page, next(_links(text, _BASE), "").strip())
    except ValueError:
        return page


def _links(text: str, wanted: Mapping[str, str]) -> Iterator[str]:
    """Of links to pages those without a query, as these may do something, or go on for ever."""
    for part in parts(text, xml=False):
        followed = wanted.get(part.name)
        if not followed or part.raw:
            continue
        value = next((one.value for one in attributes(text, part) if one.name == followed), "")
        if value and (part.name in ("link", "script") or "?" not in value):
            yield unescape(value)
