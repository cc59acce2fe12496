# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import HandshakeError
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import Answer
from ansible_collections.encrypt.httpd.plugins.module_utils._pages import Page, Pages

S = "https://www.example.org"
NAMES = ("www.example.org", "example.org")


def html(body: str) -> Answer:
    return Answer(200, {"content-type": "text/html; charset=UTF-8"}, body.encode())


def crawl(answers: Mapping[str, Answer], starts: Sequence[str] = (f"{S}/",), **more: Any) -> tuple[list[Page], Pages, list[str]]:
    asked = []

    def ask(url: str) -> Answer:
        asked.append(url)
        if url not in answers:
            raise HandshakeError(f"nothing answers {url}")
        return answers[url]

    pages = Pages(starts, NAMES, **{"depth": 1, "most": 9, **more})
    return list(pages.get(ask, lambda: False)), pages, asked


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ('<a href="/a">', ["/a"]),
        ('<a href="a/../b#c">', ["/b"]),
        (f'<a href="{S}/a">', ["/a"]),
        ('<link rel=stylesheet href="/a.css?ver=5&amp;x=1"><script src=/b.js></script>', ["/a.css?ver=5&x=1", "/b.js"]),
        ('<a href="/a"><a href="/a"><a href="/"><a href="#b">', ["/a"]),
        ('<a href="/logout?now=1">', []),
        ('<a href="https://other.example/"><a href="mailto:a@www.example.org"><a href="https://www.example.org:8443/">', []),
        ('<a href="/a.pdf"><a href="/a.JPG">', []),
        ('<a href="http://[/"><a href="https://www.example.org:x/"><a href="">', []),
        ('<!-- <a href="/a"> --><script>"<a href=/b>"</script>', []),
        ('<base href="/shop/"><a href="cart"><a href="/a">', ["/shop/cart", "/a"]),
        ('<base target=_blank><base href="https://other.example/"><a href="cart"><a href="https://www.example.org/a">', ["/a"]),
        ('<base href="https://[/"><a href="/a">', ["/a"]),
        ('<a href="https://joe:secret@www.example.org/a">', ["/a"]),
    ],
)
def test_links_to_the_same_site_are_followed(body: str, asked: list[str]) -> None:
    assert crawl({f"{S}/": html(body)})[2][1:] == [S + path for path in asked]


def test_links_are_followed_as_deep_as_allowed() -> None:
    answers = {f"{S}/{number or ''}": html(f'<a href="/{number + 1}">') for number in range(9)}
    assert [len(crawl(answers, depth=depth)[0]) for depth in (0, 1, 3)] == [1, 2, 4]


def test_no_more_pages_than_allowed_and_none_when_it_is_late() -> None:
    answers = {f"{S}/": html("".join(f'<a href="/{number}">' for number in range(20)))}
    found, pages, asked = crawl(answers, most=5)
    assert (len(found), len(asked), pages.complete) == (1, 5, False)
    pages = Pages([f"{S}/"], NAMES, depth=1, most=5)
    assert (list(pages.get(answers.__getitem__, lambda: True)), pages.complete) == ([], False)


def test_redirects_within_the_site_are_followed_and_told() -> None:
    answers = {f"{S}/": Answer(301, {"location": "/start"}, b""), f"{S}/start": html("x"), "http://example.org/": html("y")}
    assert [(page.url, page.kind, page.location) for page in crawl(answers, depth=0)[0]] == [
        (f"{S}/", "", "/start"),
        (f"{S}/start", "html", ""),
    ]
    loop = {f"{S}/": Answer(302, {"location": f"{S}/"}, b"")}
    assert len(crawl(loop)[2]) == 1
    down = {**answers, f"{S}/": Answer(302, {"location": "http://example.org/"}, b"")}
    assert [page.text for page in crawl(down)[0]] == ["", "y"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Answer(302, {"location": "https://login.example/?from=secret"}, b""),
            f"{S}/: leads to https://login.example/",
        ),
        (
            Answer(302, {"location": "https://joe:secret@login.example:8443/in#token=secret"}, b""),
            f"{S}/: leads to https://login.example:8443/in",
        ),
        (Answer(302, {"location": "https://[oops/"}, b""), f"{S}/: leads to what is no URL"),
        (Answer(401, {"content-type": "text/html"}, b"x"), f"{S}/: answers 401 with text/html"),
        (Answer(200, {}, b"x"), f"{S}/: answers 200 with no Content-Type"),
        (Answer(200, {"content-type": "text/html"}, b"\0\1"), f"{S}/: answers 200 with text/html"),
        (None, f"nothing answers {S}/"),
    ],
)
def test_a_start_that_cannot_be_looked_at_is_told(answer: Answer, told: str) -> None:
    assert crawl({f"{S}/": answer} if answer else {})[1].problems == [told]


@pytest.mark.parametrize("answer", [Answer(404, {"content-type": "text/html"}, b"x"), None])
def test_what_may_be_secret_in_a_url_is_not_told_when_it_fails(answer: Answer) -> None:
    url = f"{S}/in?token=secret#secret"
    assert "secret" not in str(crawl({url: answer} if answer else {}, [url])[1].problems)


def test_a_link_that_leads_nowhere_is_not() -> None:
    found, pages, asked = crawl({f"{S}/": html('<a href="/a">')})
    assert (len(found), pages.problems, len(asked)) == (1, [], 2)
