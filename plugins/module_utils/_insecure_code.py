# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a URL is used for in style sheets, scripts, JSON and templates, by the text before it. Nothing is run or parsed. Pure."""

from __future__ import annotations

import re
from typing import Optional

from ._insecure_urls import Url
from ._insecure_uses import ACTIVE, FORM, LINK, PASSIVE, Use, use

#: Characters before a URL that are looked at, and those in which a rule of a style sheet may have begun.
_NEAR = 300
_FAR = 4000

_QUOTE = r"(?:\\*[\"'`]|&quot;|&#0*3[49];)"
_IMPORT = re.compile(rf"@import\s+(?:url\(\s*)?{_QUOTE}?\s*\Z", re.I)
_OF_STYLE = re.compile(rf"\burl\(\s*{_QUOTE}?\s*\Z", re.I)
_SET = re.compile(rf"image-set\((?:[^()]|\([^()]*\))*{_QUOTE}\Z", re.I)
_NAMESPACE = re.compile(r"@namespace[^;{}]*\Z", re.I)
#: Calls that load, with the URL as the first thing in them, or the second.
_CALL = re.compile(
    rf"(?:\b(fetch|import|importScripts|(?:Shared)?Worker|EventSource|sendBeacon|getScript|getJSON|axios(?:\.\w+)?|\$\.(?:get|post|ajax|load))"
    rf"\s*\(|\b(from|import)|\.(open)\(\s*{_QUOTE}\w+{_QUOTE}\s*,|\b(\w*(?:enqueue|register)_(?:script|style))\s*\([^()]*,)\s*{_QUOTE}\Z"
)
#: Calls that load, with the URL among the settings.
_SETTING = re.compile(rf"(?:\$\.(ajax|get|post)|\b(axios|fetch|ajax))\s*\([^()]*\b(?:url|baseURL){_QUOTE}?\s*:\s*{_QUOTE}\Z")
_KEY = re.compile(rf"([A-Za-z_][\w-]*){_QUOTE}?\s*\]?\s*(?:=>|=|:|,)\s*{_QUOTE}\Z")
_LOADING_KEY = re.compile(r"src\Z|ajax|api|endpoint|socket", re.I)
_LEADING_KEY = re.compile(r"(?:href|location)\Z", re.I)
#: A tag in a text, up to the URL in one of its attributes.
_TAG = re.compile(rf"<([a-zA-Z][\w:-]*)((?:[^<>]*[\s\"'])?)([\w:-]+)\s*=\s*{_QUOTE}?\s*\Z")
_ATTRIBUTE = re.compile(r"([a-zA-Z][\w:-]*)\s*=\s*\\*[\"']?([^\"'<>\\]*)")
_STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`"
#: Comments to the end of the line. A "*" or "#" with a "{" after it is a selector; "url(//" is a URL; words may have an apostrophe.
_LINE_COMMENT = re.compile(
    r"^\s*//\s|^\s*(?:<\?(?:php)?\s+)?[*#](?:[^\"'`{]|\{@)*\Z|(?:^|[\s;{},)]|(?<!url)\()//[^\"'`]*\Z"
    rf"|^(?:{_STRING}|[^\"'`])*?[\s;{{}}(),]//\s.*(?<![\"'`])\Z"
)
#: Quotes and brackets as JSON and JavaScript may write them.
_ESCAPED = re.compile(r"\\+(?:u00|x)(2[27]|3[cCeE])")
_ENDINGS = (
    (PASSIVE, re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|mp3|mp4|m4[av]|ogg|og[av]|wav|webm)\Z", re.I)),
    (ACTIVE, re.compile(r"\.(?:m?js|css|woff2?|ttf|otf|eot|wasm|swf)\Z", re.I)),
)


def in_style(text: str, url: Url, start: int = 0) -> Optional[Use]:
    """In a style sheet, which begins at *start*; None where nothing is loaded."""
    far = _plain(text[max(start, url.start - _FAR) : url.start])
    near = far[-_NEAR:]
    if _IMPORT.search(near):
        return Use(ACTIVE, "@import")
    if _NAMESPACE.search(near) or not (_OF_STYLE.search(near) or _SET.search(near)):
        return None
    selector = re.split(r"[{};]", far.rpartition("{")[0])[-1]
    return Use(ACTIVE, "@font-face") if "@font-face" in selector.lower() else Use(PASSIVE, "url()")


def in_code(text: str, url: Url, start: int = 0) -> Optional[Use]:
    """In a script, JSON, or a template, which begins at *start*; None in a comment to the end of its line."""
    first = max(start, url.start - _NEAR)
    near = _plain(text[first : url.start])
    line = near[near.rfind("\n") + 1 :]
    if _LINE_COMMENT.search(line if first == start or "\n" in near else f"…{line}"):
        return None
    if url.socket:
        return Use(ACTIVE, "WebSocket")
    return _of_tag(text, url, near) or _of_style(text, url, start, near) or _of_call(near) or _of_key(url, near)


def _of_tag(text: str, url: Url, near: str) -> Optional[Use]:
    match = _TAG.search(near)
    if match is None:
        return None
    after = re.split("[<>]", _plain(text[url.start : url.start + _NEAR]), maxsplit=1)[0]
    others = {name.lower(): value for name, value in _ATTRIBUTE.findall(f"{match[2]} {after}")}
    return use(match[1].lower(), match[3].lower(), others)


def _of_style(text: str, url: Url, start: int, near: str) -> Optional[Use]:
    return in_style(text, url, start) if _OF_STYLE.search(near) or _IMPORT.search(near) else None


def _of_call(near: str) -> Optional[Use]:
    match = _CALL.search(near) or _SETTING.search(near)
    if match is None:
        return None
    name = next(filter(None, match.groups()))
    return Use(ACTIVE, "import" if name in ("from", "import") else f"{name}()")


def _of_key(url: Url, near: str) -> Use:
    """By the name that the URL is given, or else by its ending."""
    match = _KEY.search(near[-80:])
    key = match[1] if match else ""
    if _LEADING_KEY.search(key):
        return Use(LINK, key)
    if key == "action":
        return Use(FORM, key)
    by_ending = [kind for kind, ending in _ENDINGS if ending.search(url.path)]
    if not by_ending and _LOADING_KEY.search(key):
        by_ending = [ACTIVE]
    return Use(by_ending[0] if by_ending else LINK, key or "text", sure=False)


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
