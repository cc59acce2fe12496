# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a site tells by Referer or Origin which pages may use it: pages of sites that come to https say https there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from ._conditions import flags, search
from ._config_tree import Directive, walk
from ._obstacle import REFUSE, Judgement, Obstacle

_ASKS = re.compile(r"HTTP_REFERER|\b(?:Referer|Origin)\b", re.IGNORECASE)
_PATHS = ("", "/", "/any")
_OTHER = Judgement(REFUSE, "it knows pages of sites of this host by http alone, which will come by https; have it know both, as ^https?://")


def of_origins(directives: Sequence[Directive], config: Sequence[Directive]) -> Iterator[Obstacle]:
    """Refuse what would not know pages of this host any more."""
    said = [word for one, _within in walk(config) if one.is_a("servername", "serveralias") for word in one.words]
    names = {re.sub(r"^\w+://|:\d+$", "", word).lower().replace("*", "any") for word in said}
    for one, _within in walk(directives):
        if _knows_http_alone(one, names):
            yield Obstacle.of(one, _OTHER)


def _knows_http_alone(one: Directive, names: set[str]) -> bool:
    words = [*one.words, "", ""]
    if one.is_a("header"):
        return "access-control-allow-origin" in one.arguments.lower() and any(_is_of(word, names) for word in words)
    if one.is_a("setenvif", "setenvifnocase") and words[0].lower() in ("referer", "origin"):
        return _differs(words[1], names, one.is_a("setenvifnocase"))
    if one.is_a("rewritecond") and words[0] != "expr" and _ASKS.search(words[0]):
        pattern = words[1].lstrip("!")
        return _differs(f"^{re.escape(pattern[1:])}$" if pattern.startswith("=") else pattern, names, "NC" in flags(words[2:]))
    if one.is_a("if", "elseif", "require", "rewritecond", "setenvifexpr") and _ASKS.search(one.arguments):
        text = one.arguments.replace("\\", "").lower()
        return "http://" in text and any(name in text for name in names)
    return False


def _is_of(word: str, names: set[str]) -> bool:
    url = urlsplit(word)
    return url.scheme.lower() == "http" and url.hostname in names


def _differs(pattern: str, names: set[str], any_case: bool) -> bool:
    """Tell whether it takes a page by http and not by https, or the other way round."""
    try:
        return any(
            bool(search(pattern, f"http://{name}{path}", any_case)) != bool(search(pattern, f"https://{name}{path}", any_case))
            for name in names
            for path in _PATHS
        )
    except re.error:
        return "http:" in pattern
