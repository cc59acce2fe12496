# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a site tells by Referer or Origin which pages may use it: pages of sites that come to https say https there. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache

from ._conditions import flags
from ._config_tree import Directive, walk
from ._names import split_url
from ._obstacle import REFUSE, Judgement, Obstacle

_ASKS = re.compile(r"HTTP_REFERER|\b(?:Referer|Origin)\b", re.IGNORECASE)
_PATHS = ("", "/", "/any")
_OTHER = Judgement(REFUSE, "it knows pages of sites of this host by http alone, which will come by https; have it know both, as ^https?://")


def of_origins(directives: Sequence[Directive], config: Sequence[Directive]) -> Iterator[Obstacle]:
    """Refuse what would not know pages of this host any more."""
    names = _names(config)
    for context in (directives, *(one.children for one, _within in walk(directives))):
        for group in _groups(context):
            known = [one for one in group if _differs([one], names)] if _differs(group, names) else []
            yield from (Obstacle.of(one, _OTHER) for one in known[:1])
        yield from (Obstacle.of(one, _OTHER) for one in context if _says_http_alone(one, names))


@lru_cache(maxsize=4)
def _names(config: Sequence[Directive]) -> frozenset[str]:
    """All names of this host."""
    said = [word for one, _within in walk(config) if one.is_a("servername", "serveralias") for word in one.words]
    return frozenset(re.sub(r"^\w+://|:\d+$", "", word).lower().replace("*", "any") for word in said)


def _groups(context: Sequence[Directive]) -> list[list[Directive]]:
    """What belongs together: http may stand in one line, https in the next. So do the conditions of a rule, and what sets a variable."""
    groups: dict[object, list[Directive]] = {}
    rule = 0
    for one in context:
        words = [*one.words, "", ""]
        rule += one.is_a("rewriterule")
        if one.is_a("rewritecond") and words[0] != "expr" and _ASKS.search(words[0]):
            groups.setdefault(rule, []).append(one)
        elif one.is_a("setenvif", "setenvifnocase") and words[0].lower() in ("referer", "origin"):
            groups.setdefault(tuple(words[2:]), []).append(one)
    return list(groups.values())


def _says_http_alone(one: Directive, names: Collection[str]) -> bool:
    if one.is_a("header"):
        return "access-control-allow-origin" in one.arguments.lower() and any(_is_of(word, names) for word in one.words)
    if one.is_a("if", "elseif", "require", "setenvifexpr") or (one.is_a("rewritecond") and one.words[:1] == ["expr"]):
        text = one.arguments.replace("\\", "").lower()
        return bool(_ASKS.search(text)) and "http://" in text and "https" not in text and any(name in text for name in names)
    return False


def _is_of(word: str, names: Collection[str]) -> bool:
    url = split_url(word)
    return url.scheme.lower() == "http" and url.hostname in names


def _differs(group: Sequence[Directive], names: Collection[str]) -> bool:
    """Tell whether a page is another by http than by https."""
    tests = [_test(one) for one in group]
    for name in names:
        for path in _PATHS:
            plain, secure = ([takes(f"{scheme}://{name}{path}") for takes in tests] for scheme in ("http", "https"))
            if any(plain) != any(secure) or all(plain) != all(secure):
                return True
    return False


def _test(one: Directive) -> Callable[[str], bool]:
    """What tells whether it takes a page; there may be many."""
    pattern = one.words[1].lstrip("!") if len(one.words) > 1 else ""
    negative = one.words[1:2] != [pattern]
    if pattern.startswith("="):
        return lambda page: (page == pattern[1:]) != negative
    try:
        search = re.compile(pattern, re.IGNORECASE if one.is_a("setenvifnocase") or "NC" in flags(one.words[2:]) else 0).search
    except re.error:
        return lambda page: (page.startswith("http:") and "http:" in pattern) != negative
    return lambda page: bool(search(page)) != negative
