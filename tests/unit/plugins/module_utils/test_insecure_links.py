# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import time
from typing import Optional

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._insecure_links import (
    CODE,
    CSS,
    HTML,
    XML,
    Link,
    insecure_links,
    kind_of_file,
    kind_of_type,
)
from ansible_collections.encrypt.httpd.plugins.module_utils._insecure_urls import SHOWN, insecure_urls, may_have_urls

SECURE = frozenset({"www.example.org", "*.cdn.example.org", "xn--bcher-kva.example", "2001:db8::7"})
W = "http://www.example.org"


def found(text: str, kind: str = HTML, *, others: bool = False) -> list[Link]:
    return insecure_links(text, kind, SECURE, others=others)


def uses(text: str, kind: str = HTML) -> list[tuple[str, str]]:
    return [(link.kind, link.where) for link in found(text, kind)]


@pytest.mark.parametrize(
    ("text", "kind", "where"),
    [
        (f'<script src="{W}/a.js"></script>', "active", "<script src>"),
        (f"<SCRIPT SRC='{W}/a.js'>", "active", "<script src>"),
        (f"<script src={W}/a.js>", "active", "<script src>"),
        (f'<script\n  async\n  src = "{W}/a.js">', "active", "<script src>"),
        (f'<iframe data-src="{W}/"></iframe>', "active", "<iframe data-src>"),
        (f'<object data="{W}/a.swf">', "active", "<object data>"),
        (f'<link href="{W}/a.css" rel="StyleSheet">', "active", "<link rel=stylesheet>"),
        (f'<link rel="preload" as="font" href="{W}/a.woff2">', "active", "<link rel=preload>"),
        (f'<link rel="preload" as="image" href="{W}/a.png">', "passive", "<link rel=preload>"),
        (f'<link rel="shortcut icon" href="{W}/favicon.ico">', "passive", "<link rel=shortcut icon>"),
        (f'<link rel="canonical" href="{W}/">', "link", "<link rel=canonical>"),
        (f'<link href="{W}/">', "link", "<link href>"),
        (f'<base href="{W}/">', "active", "<base href>"),
        (f'<img src="{W}/a.png">', "passive", "<img src>"),
        (f'<img alt="a > b" src="{W}/a.png">', "passive", "<img src>"),
        (f'<img src=" {W}/a.png ">', "passive", "<img src>"),
        (f'<img src="/b.png" srcset="/b.png 1x, {W}/a.png 2x">', "active", "<img srcset>"),
        (f'<img src="/b.png" srcset="/b.png 1x,{W}/a.png 2x">', "active", "<img srcset>"),
        (f'<img data-srcset="{W}/a.png 2x">', "active", "<img data-srcset>"),
        (f'<video poster="{W}/a.png">', "passive", "<video poster>"),
        (f'<video><source src="{W}/a.mp4">', "passive", "<source src>"),
        (f'<picture><source srcset="{W}/a.webp">', "active", "<source srcset>"),
        (f'<body background="{W}/a.png">', "passive", "<body background>"),
        (f'<form method=post action="{W}/login">', "form", "<form action>"),
        (f'<button formaction="{W}/login">', "form", "<button formaction>"),
        (f'<a href="{W}/">', "link", "<a href>"),
        (f'<meta property="og:url" content="{W}/">', "link", "<meta og:url>"),
        (f'<meta http-equiv="refresh" content="0; URL={W}/">', "link", "<meta refresh>"),
        (f"<meta http-equiv=refresh content=\"5;url='{W}/'\">", "link", "<meta refresh>"),
        (f'<div style="background: url({W}/a.png)">', "passive", "<div style>"),
        (f"<div style='background: url(&quot;{W}/a.png&quot;)'>", "passive", "<div style>"),
        (f"<style>@import '{W}/a.css';</style>", "active", "@import"),
        (f"<style>a {{ background: url({W}/a.png) }}</style>", "passive", "url()"),
        (f"<a onclick=\"location.href='{W}/'\">", "link", "href"),
        (f"<a onclick=\"fetch('{W}/')\">", "active", "fetch()"),
        (f'<svg><image xlink:href="{W}/a.png"/></svg>', "passive", "<image xlink:href>"),
        (f'<svg><use xlink:href="{W}/a.svg#b"/></svg>', "active", "<use xlink:href>"),
        (f'<svg><script xlink:href="{W}/a.js"/></svg>', "active", "<script xlink:href>"),
        (f"<iframe srcdoc=\"<script src='{W}/a.js'>\">", "active", "<script src>"),
        (f"<script>fetch('{W}/a')</script>", "active", "fetch()"),
        (f'<script type="application/ld+json">{{"image": "{W}/a.png"}}</script>', "link", "<script>"),
        (r"""<div data-settings='{"ajaxurl":"http:\/\/www.example.org\/ajax"}'>""", "active", "ajaxurl"),
        ("<div data-settings='{&quot;ajaxurl&quot;:&quot;http:\\/\\/www.example.org\\/ajax&quot;}'>", "active", "ajaxurl"),
        ('<img src="http&#58;&#x2F;&#47;www.example.org/a.png">', "passive", "<img src>"),
        (f"<p don't><img src='{W}/a.png'>", "passive", "<img src>"),
        (f'<!--> <script src="{W}/a.js">', "active", "<script src>"),
        (f'<svg><title/></svg><textarea></textarea><script src="{W}/a.js">', "active", "<script src>"),
        (f"<script><!--\nfetch('{W}/a')\n//--></script>", "active", "fetch()"),
        (f"<style>a {{ content: '/*' }} b {{ background: url({W}/a.png) }} /* c */</style>", "passive", "url()"),
    ],
)
def test_markup(text: str, kind: str, where: str) -> None:
    assert uses(text) == [(kind, where)]


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://www.example.org/a.js">',
        '<script src="//www.example.org/a.js">',
        '<script src="/a.js">',
        f'<a href="/go?to={W}/">',
        f'<a href="https://share.example/?u={W}/">',
        f"<p>You find us at {W}/ these days",
        f'<img alt="{W}/">',
        f'<!-- <script src="{W}/a.js"></script> -->',
        f'<!-- <script src="{W}/a.js"></script>',
        f"<script>// see {W}/\n</script>",
        f"<script>/* see {W}/ */</script>",
        f"<style>/* @import '{W}/a.css'; */</style>",
        f"<style>a{{color:red/* url({W}/a.png) */}}</style>",
        f"<textarea><script src='{W}/a.js'></script></textarea>",
        f"<title><img src='{W}/a.png'></title>",
        f'<html xmlns="{W}/ns" xmlns:o="{W}/o"><p itemtype="{W}/type">',
        '<script src="http://other.example/a.js">',
        '<script src="http://www.example.org.evil.example/a.js">',
        '<script src="http://www.example.org:8080/a.js">',
        '<script src="http://example.org/a.js">',
        '<script src="shttp://www.example.org/a.js">',
        '<script src="http://">',
    ],
)
def test_what_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("HTTP://WWW.Example.ORG/A.js", f"{W}/A.js"),
        ("http://www.example.org.:80/a.js", f"{W}/a.js"),
        ("http://www.example.org:/a.js", f"{W}/a.js"),
        ("http://bücher.example/a", "http://xn--bcher-kva.example/a"),
        ("http://BÜCHER.example/a", "http://xn--bcher-kva.example/a"),
        ("http://a.cdn.example.org/a", "http://a.cdn.example.org/a"),
        ("http://[2001:DB8:0::7]:80/a", "http://[2001:db8::7]/a"),
        ("http://user:secret@www.example.org/a", f"{W}/a"),
        ("http://www.example.org/a?token=secret", f"{W}/a…"),
        ("http://www.example.org?token=secret", f"{W}…"),
        ("http://www.example.org/a#secret", f"{W}/a…"),
    ],
)
def test_a_target_is_told_as_people_compare_it_and_without_secrets(url: str, target: str) -> None:
    (link,) = found(f'<img src="{url}">')
    assert (link.target, link.known) == (target, True)


def test_long_urls_are_told_in_part() -> None:
    (link,) = found(f'<img src="{W}/{"a" * 9999}">')
    assert link.target == f"{W}/{'a' * 9999}"[:SHOWN] + "…"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://other.example/a", "active"),
        ("http://www.example.org:8080/a", "active"),
        ("http://127.0.0.1:8080/a", None),
        ("http://localhost/a", None),
        ("http://app.localhost/a", None),
        ("http://$host/a", None),
        ("http://www.w3.org/1999/xhtml", None),
    ],
)
def test_what_pages_load_from_others_is_told_when_asked_for(url: str, kind: Optional[str]) -> None:
    text = f'<script src="{url}"></script><a href="{url}">'
    assert found(text) == []
    assert [(link.kind, link.known) for link in found(text, others=True)] == ([(kind, False)] if kind else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"@import '{W}/a.css';", ("active", "@import")),
        (f"@import url({W}/a.css);", ("active", "@import")),
        (f'@font-face {{ font-family: a; src: url("{W}/a.woff") }}', ("active", "@font-face")),
        (f"@font-face {{ src: local(a) }} p {{ background: URL( '{W}/a.png' ) }}", ("passive", "url()")),
        (f"p {{ background: image-set('{W}/a.png' 1x) }}", ("passive", "url()")),
        (f"/* a */ p {{ background: url({W}/a.png) }} /* b */", ("passive", "url()")),
        (f"p {{ background: image-set(url(a.png) 1x, '{W}/a.png' 2x) }}", ("passive", "url()")),
        (f"p {{ background: url(data:image/*;base64,AA) }} b {{ background: url({W}/a.png) }} /* c */", ("passive", "url()")),
        (f'p::before {{ content: "it\'s /*" }} b {{ background: url({W}/a.png) }} /* c */', ("passive", "url()")),
        (f"p::before {{ content: 'open\n}} b {{ background: url({W}/a.png) }}", ("passive", "url()")),
        (f"/* p {{ background: url({W}/a.png) }} */", None),
        (f"p {{ color: red/* url({W}/a.png) */ }}", None),
        (f"/* {'a' * 5000} url({W}/a.png) */", None),
        (f"/* p {{ background: url({W}/a.png) }}", None),
        (f"p::after {{ content: '{W}/' }}", None),
        (f"@namespace url({W}/ns);", None),
    ],
)
def test_style_sheets(text: str, expected: Optional[tuple[str, str]]) -> None:
    assert uses(text, CSS) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"fetch('{W}/a')", ("active", "fetch()")),
        (f"fetch(`{W}/a`)", ("active", "fetch()")),
        (f"import a from '{W}/a'", ("active", "import")),
        (f"const a = await import('{W}/a')", ("active", "import")),
        (f'x.open("GET", "{W}/a")', ("active", "open()")),
        ("new WebSocket('ws://www.example.org/a')", ("active", "WebSocket")),
        (f"new Worker('{W}/a')", ("active", "Worker()")),
        (f"$.getJSON('{W}/a', f)", ("active", "getJSON()")),
        (f"$.ajax({{type: 'POST', url: '{W}/a'}})", ("active", "ajax()")),
        (f"script.src = '{W}/a'", ("active", "src")),
        (f"img.src = '{W}/a.png'", ("passive", "src")),
        (f"location.href = '{W}/a'", ("link", "href")),
        (f"window.open('{W}/a')", ("link", "text")),
        (f"fetch(x, {{accept: '*/*', referrer: '{W}/'}})", ("link", "referrer")),
        (f"document.write(\"<script src='{W}/a.js'><\\/script>\")", ("active", "<script src>")),
        (f'document.write("<img src=\\"{W}/a.png\\">")', ("passive", "<img src>")),
        (f's += \'<link href="{W}/a" rel="stylesheet">\'', ("active", "<link rel=stylesheet>")),
        (f"css = 'background: url({W}/a.png)'", ("passive", "url()")),
        (r'{"ajaxurl": "http:\/\/www.example.org\/a"}', ("active", "ajaxurl")),
        (r'{"concatemoji":"http:\/\/www.example.org\/a.min.js?ver=1"}', ("active", "concatemoji")),
        (r'"{\"a\": \"http:\\\/\\\/www.example.org\\\/a\"}"', ("link", "a")),
        (r'"http:\u002f\u002fwww.example.org/a"', ("link", "text")),
        (f'{{"icons": [{{"src": "{W}/a.png"}}]}}', ("passive", "src")),
        (f"wp_enqueue_script('a', '{W}/a');", ("active", "wp_enqueue_script()")),
        (f"define('WP_HOME', '{W}');", ("link", "WP_HOME")),
        (f"$config['api_url'] = '{W}/';", ("active", "api_url")),
        (f'<?php if ($a < 1) {{ ?><form action="{W}/"><?php }} ?>', ("form", "<form action>")),
        (f"Redirect permanent / {W}/", ("link", "text")),
        (r'{"a": "\u003Cscript src=\u0022http:\/\/www.example.org\/a.js\u0022\u003E"}', ("active", "<script src>")),
        (
            r'{"a": "\u003clink rel=\u0022stylesheet\u0022 href=\u0022http:\/\/www.example.org\/a\u0022\u003e"}',
            ("active", "<link rel=stylesheet>"),
        ),
        (r'"<script src=\x27http://www.example.org/a.js\x27>"', ("active", "<script src>")),
        (r'{"a": "b\nhttp:\/\/www.example.org\/a.png"}', ("passive", "text")),
        (f"<style>\n#header {{ background: url({W}/a.png) }}\n</style>", ("passive", "url()")),
        (f"<style>\n* {{ background: url({W}/a.png) }}\n</style>", ("passive", "url()")),
        (f"p {{ background: url(//cdn.example/x.png), url({W}/a.png) }}", ("passive", "url()")),
        (f"p {{ background: url( //cdn.example/x.png), url('{W}/a.png') }}", ("passive", "url()")),
        (f"@media print{{#a{{background:url({W}/a.png)}}}}", ("passive", "url()")),
        (f"<script><!--\nfetch('{W}/a')\n//--></script>", ("active", "fetch()")),
        (f"a = '<!--'; fetch('{W}/a'); b = '-->'", ("active", "fetch()")),
        (f"a = ' /*'; fetch('{W}/a')", ("active", "fetch()")),
        (f"{'a' * 300}//cdn.example/a', fetch('{W}/a')", ("active", "fetch()")),
        (f"// We don't load {W}/a.js any more", None),
        (f"a('b'); // we don't load {W}/a.js", None),
        (f"  // fetch('{W}/a')", None),
        (f"if (a)// see {W}/a.js", None),
        (f"<?php # see {W}/a.js", None),
        (f" * {{@see {W}/a.js}}", None),
        (f'<?php ?>\n<!-- <script src="{W}/a.js"></script> -->', None),
        (f'{{# <script src="{W}/a.js"></script> #}}', None),
        (f'<%-- <script src="{W}/a.js"></script> --%>', None),
        (f'{{{{-- <script src="{W}/a.js"></script> --}}}}', None),
        (f"/* {'a' * 5000} fetch('{W}/a') */", None),
        (f"  # Redirect / {W}/", None),
        (f"a(); // see {W}/", None),
        (f" * @see {W}/", None),
        (f"/* {W}/ */", None),
        (f"glob('src/**', '{W}/')", ("link", "text")),
        (f"echo '//'; $a = '{W}/';", ("link", "a")),
    ],
)
def test_code(text: str, expected: Optional[tuple[str, str]]) -> None:
    assert uses(text, CODE) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<urlset><url><loc>{W}/</loc></url></urlset>", ("link", "text")),
        (f'<feed><link href="{W}/"/></feed>', ("link", "<link href>")),
        (f'<feed xmlns="{W}/"/>', None),
        (f'<?xml-stylesheet type="text/xsl" href="{W}/a.xsl"?><a/>', ("active", "<?xml-stylesheet href>")),
        (f'<content>&lt;img src="{W}/a.png"&gt;</content>', ("link", "text")),
        (f"<a/><!-- {W}/ --><b/>", None),
        (f"<rss><title>{W}/</title></rss>", ("link", "text")),
        (f'<svg><script href="{W}/a.js"/><a/></svg>', ("active", "<script href>")),
        (f"<svg><style>@import '{W}/a.css';</style></svg>", ("active", "@import")),
    ],
)
def test_xml(text: str, expected: Optional[tuple[str, str]]) -> None:
    assert uses(text, XML) == ([expected] if expected else [])


def test_lines_and_columns_are_those_of_the_url() -> None:
    text = f'<p>ü</p>\r\n<img src="{W}/a.png">\n\n  <a\n href="{W}/"><script>\nfetch("{W}/b")</script>'
    assert [(link.line, link.column) for link in found(text)] == [(2, 11), (5, 8), (6, 8)]
    assert text.splitlines()[1][10:].startswith(W)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.html", HTML), ("A.HTM", HTML), ("a.min.js", CODE), ("a.css", CSS), ("sitemap.xml", XML), (".htaccess", CODE), ("a", CODE)],
)
def test_kinds_of_files(name: str, kind: str) -> None:
    assert kind_of_file(name) == kind


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("text/html; charset=UTF-8", HTML),
        ("Application/XHTML+XML", HTML),
        ("text/css", CSS),
        ("application/javascript", CODE),
        ("application/ld+json", CODE),
        ("application/rss+xml", XML),
        ("image/svg+xml", XML),
        ("image/png", ""),
        ("", ""),
    ],
)
def test_kinds_of_answers(media_type: str, kind: str) -> None:
    assert kind_of_type(media_type) == kind


@pytest.mark.parametrize("data", [b"a HTTP://a", b'"http:\\/\\/a"', b"http&#58;//a", b"ws://a", "http://a".encode("utf-16")])
def test_bytes_that_may_have_urls(data: bytes) -> None:
    assert may_have_urls(data)
    assert not may_have_urls(data.lower().replace(b"h", b"s").replace(b"w", b"s").replace(b"\0", b""))


BROKEN = [
    *(
        "<a ",
        "<a",
        "<!-- >",
        "<!",
        '<a b="',
        "<a b='c",
        "<script>",
        "</script",
        "<style>",
        "<![CDATA[",
        "<?php ",
        "&#",
        "=",
        "<a =",
        "\\",
        "/*",
    ),
    *(
        "a/*",
        "//",
        "'",
        "`",
        "{#",
        "{{--",
        "<%--",
        '\\"',
        "<textarea>",
        "<title>",
        "url(",
        f"<a b='{W}' ",
        f"{W} ",
        "http://",
        f"url({W}) ",
        "fetch(",
        "\0",
        "\ud800",
        "İ",
    ),
]


@pytest.mark.parametrize("kind", [HTML, CSS, CODE, XML])
@pytest.mark.parametrize("piece", BROKEN)
def test_broken_text_takes_time_by_its_size_alone(piece: str, kind: str) -> None:
    text = f"{W} {piece * (300_000 // len(piece))} <img src={W}"
    start = time.process_time()
    insecure_links(text, kind, SECURE, others=True)
    assert time.process_time() - start < 3


@pytest.mark.parametrize("kind", [HTML, CSS, CODE, XML])
def test_no_text_is_too_broken(kind: str) -> None:
    dice = random.Random(6)
    for _round in range(300):
        text = "".join(dice.choice([*BROKEN, W, ">", '"', " ", "\n", "@import ", "-->", "</script>"]) for _word in range(60))
        for link in insecure_links(text, kind, SECURE, others=True):
            assert text.split("\n")[link.line - 1][link.column - 1 :][:4].lower() == "http"


def test_most_of_a_text_is_looked_at_when_it_has_very_many_urls() -> None:
    assert len(insecure_urls(f"{W} " * 6000, SECURE, False)) == 5000
