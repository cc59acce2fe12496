# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at the files and pages of a site for references to http. Only reads; who asks for pages, and the clock, are passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ._arguments import host_name
from ._documents import Documents, read_document, text_of
from ._errors import ArgumentError
from ._findings import Findings, printable
from ._handshake import Answer
from ._insecure_links import Link, insecure_links, kind_of_file
from ._insecure_urls import insecure_urls, may_have_urls
from ._insecure_uses import CLASSES, LINK
from ._pages import Page, Pages, shown

#: Problems of a site that are told; of more only the number is.
_TOLD = 20


@dataclass(frozen=True)
class Site:
    """What to look at: a document root, if any, and the URLs of pages. *names* are as in certificates."""

    name: str
    names: Sequence[str]
    root: str
    pages: Sequence[str]


@dataclass(frozen=True)
class Look:
    """How to look: *secure* are all names with https; the rest is as the module mixed_content has it."""

    secure: Set[str]
    other_hosts: bool
    skip: Sequence[str]
    endings: Sequence[str]
    max_files: int
    max_size: int
    max_pages: int
    depth: int
    seconds: int
    ask: Callable[[str], Answer]
    clock: Callable[[], float]

    def at(self, site: Site, most: int) -> dict[str, Any]:
        """What was found at a site; *most* findings, the rest counted."""
        findings, complete = Findings(), True
        problems: list[str] = []
        read = {"files": 0, "pages": 0}
        if site.root:
            documents = Documents(site.root, self.endings, self.skip, self.max_files, self._late())
            read["files"] = self._files(documents, findings)
            problems, complete = documents.problems, documents.complete
        if site.pages:
            pages = Pages(site.pages, site.names, depth=self.depth, most=self.max_pages)
            read["pages"] = self._pages(pages, findings)
            problems, complete = problems + pages.problems, complete and pages.complete
        return {"name": site.name, **read, "complete": complete, "problems": _first(problems), **findings.to_dict(most)}

    def _files(self, documents: Documents, findings: Findings) -> int:
        count = 0
        for path in documents:
            try:
                data, whole = read_document(path, self.max_size)
            except OSError as error:
                documents.problems.append(f"{path}: {error.strerror}")
                continue
            count += 1
            if not whole:
                documents.problems.append(f"{path}: what comes after {self.max_size} bytes")
            text = text_of(data) if may_have_urls(data) else None
            if text:
                findings.add(path, self._links(text, kind_of_file(path.rpartition("/")[2])))
        return count

    def _pages(self, pages: Pages, findings: Findings) -> int:
        count = 0
        for page in pages.get(self.ask, self._late()):
            count += bool(page.kind)
            findings.add(shown(page.url), self._links(page.text, page.kind) if page.kind else self._location(page))
        return count

    def _links(self, text: str, kind: str) -> list[Link]:
        return insecure_links(text, kind, self.secure, others=self.other_hosts)

    def _location(self, page: Page) -> list[Link]:
        """A page of https that leads back to http."""
        urls = insecure_urls(page.location, self.secure, False) if page.url.startswith("https:") else []
        return [Link(1, 1, LINK, "Location", url.target, True) for url in urls if url.start == 0]

    def _late(self) -> Callable[[], bool]:
        end = self.clock() + self.seconds
        return lambda: self.clock() > end


def read_site(entry: dict[str, Any]) -> Site:
    """One of the sites. Raises ArgumentError that names it."""
    where = f"site {entry['name']!r}"
    names = [host_name(name, f"{where}: names") for name in entry["names"] or [entry["name"]]]
    for url in entry["pages"]:
        check_url(url, f"{where}: pages")
    return Site(entry["name"], names, entry["root"] or "", entry["pages"])


def check_url(url: str, where: str) -> None:
    """Raise ArgumentError when it is no URL of a page."""
    try:
        place = urlsplit(url)
        host_name(place.hostname, where)
        if place.scheme in ("http", "https") and place.port != 0:
            return
    except (ValueError, ArgumentError):
        pass
    raise ArgumentError(f"{where}: {url!r} is no URL of a page; write one such as https://www.example.org/")


def totals(sites: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Places by class, of all sites together."""
    listed = list(sites)
    return {kind: sum(site["counts"][kind] for site in listed) for kind in CLASSES}


def _first(problems: Sequence[str]) -> list[str]:
    more = len(problems) - _TOLD
    return [*map(printable, problems[:_TOLD]), *([f"and {more} more"] if more > 0 else [])]
