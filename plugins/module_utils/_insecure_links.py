# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find references to http in a text of a site that has https now: what browsers block or warn of, and links. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Optional

from ._insecure_code import in_code, in_style
from ._insecure_comments import STYLE, TEMPLATE, uncommented
from ._insecure_markup import in_markup
from ._insecure_urls import Url, insecure_urls
from ._insecure_uses import LINK, Use

#: How a text is read. Templates and programs that write pages are code.
HTML, CSS, CODE, XML = "html", "css", "code", "xml"
_ENDINGS = {
    HTML: ("html", "htm", "xhtml", "shtml"),
    CSS: ("css",),
    CODE: (
        *("js", "mjs", "json", "webmanifest", "php", "phtml", "inc", "tpl", "twig", "mustache", "hbs", "ejs", "erb", "j2"),
        *("jsp", "asp", "aspx", "cgi", "pl", "htaccess"),
    ),
    XML: ("xml", "svg", "rss", "atom", "xsl", "rdf"),
}
#: The kind of a file by what follows the last dot of its name.
KINDS = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}


@dataclass(frozen=True)
class Link:
    """A reference to http. *kind* is its class; *known* tells whether the host that it leads to has https."""

    line: int
    column: int
    kind: str
    where: str
    target: str
    known: bool


def kind_of_file(name: str) -> str:
    """How a file is read; by default as code, which looks at all URLs."""
    return KINDS.get(name.rpartition(".")[2].lower(), CODE)


def kind_of_type(media_type: str) -> str:
    """How an answer with this Content-Type is read; empty when it has no references, such as an image."""
    essence = media_type.partition(";")[0].strip().lower()
    if essence in ("text/html", "application/xhtml+xml"):
        return HTML
    if essence == "text/css":
        return CSS
    if essence.endswith(("/xml", "+xml")):
        return XML
    return CODE if essence.endswith(("javascript", "ecmascript", "json")) else ""


def insecure_links(text: str, kind: str, secure: Set[str], *, others: bool = False) -> list[Link]:
    """All references by ``http:`` to the hosts *secure*, which are names as of certificates; one of them may be "*.example.org".

    With *others* also what a page surely loads from, or sends a form to, any other host or port: nobody knows whether these have https.
    """
    urls = insecure_urls(text, secure, others)
    lines = [match.start() for match in re.finditer("\n", text)] if urls else []
    used = _used(text, kind, urls)
    return [_link(url, use, lines) for url, use in used if url.known or (use.sure and use.kind != LINK)]


def _used(text: str, kind: str, urls: Sequence[Url]) -> Iterator[tuple[Url, Use]]:
    if kind in (HTML, XML):
        yield from in_markup(text, urls, xml=kind == XML)
        return
    for url in uncommented(text, urls, STYLE if kind == CSS else TEMPLATE):
        found: Optional[Use] = in_style(text, url) if kind == CSS else in_code(text, url)
        if found:
            yield url, found


def _link(url: Url, use: Use, lines: Sequence[int]) -> Link:
    before = bisect_right(lines, url.start)
    column = url.start - (lines[before - 1] if before else -1)
    return Link(before + 1, column, use.kind, use.where, url.target, url.known)
