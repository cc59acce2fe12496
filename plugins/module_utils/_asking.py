# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a virtual host asks how the client came: the scheme, or what a proxy in front says of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Optional

from ._config_tree import Directive, walk
from ._existing_hosts import ExistingHost
from ._obstacle import FINE, REFUSE, Judgement, Obstacle
from ._redirects import OWN, Rule, read_rules

_SCHEME = re.compile(r"\bHTTPS\b(?![:?])|REQUEST_SCHEME|SERVER_PORT|\bSSL[_:]", re.IGNORECASE)
#: What proxies in front say of it, and how expressions and conditions read that.
_IN_FRONT = r"(?:\w+-Forwarded-(?:Proto(?:col)?|Scheme|Ssl|Port|Https)|Front-End-Https|X(?:-Url)?-Scheme|CF-Visitor|Forwarded)"
_HEADER = re.compile(rf"{_IN_FRONT}\Z", re.IGNORECASE)
_READ = re.compile(rf"(?:%\{{(?:HTTP|REQ(?:_NOVARY)?):|\b(?:HTTP|REQ(?:_NOVARY)?)\(\s*['\"]?)({_IN_FRONT})\b", re.IGNORECASE)
#: Whoever says https by this one is not led there by sites of ours.
_HEEDED = {"x-forwarded-proto"}
#: Who may come in is said by these, and by rules that answer with an error.
_GUARDS = re.compile(r"(?:require.*|allow|deny|order|satisfy|auth.*|sslrequire.*|sslverify.*)\Z", re.IGNORECASE)
_EXPANDED = re.compile(r"[%$]\{[^}]*\}")
_TO_HTTPS = re.compile(r"https://(%\{\w+\}|[\w.-]+)(?=(?::443)?(?:[/%$]|\Z))", re.IGNORECASE)
_CHAIN = ("if", "elseif", "else")
#: Flags of rules by which others are gone through, or are not.
_PARTS = re.compile(r"(?:C|S=.*|L|END|N|P|PT)\Z")
_FROM_FRONT = Judgement(
    REFUSE,
    "it asks what a proxy in front says of how the client came: TLS may end there, and clients be led to https again and again; "
    "have the proxy pass port 443 on as it is, or take this out if there is none",
)
_RULE_BY_FRONT = replace(_FROM_FRONT, reason=f"{_FROM_FRONT.reason}; or, as this is a rule, have it ask for %{{HTTPS}} off, too")
_SET_BY_FRONT = Judgement(
    FINE, "it sets a variable by what a proxy in front says, which goes on; who comes by https without one says nothing there", differs=True
)
_GUARDED = Judgement(REFUSE, "who may come in depends on how the client came, and would be another over https; say it for both")


def asks_scheme(text: str) -> bool:
    """Tell whether an expression or a condition asks for http or https."""
    return bool(_SCHEME.search(text))


def of_front(asked: Sequence[Directive], sets: bool, over_https: bool = True) -> Optional[Judgement]:
    """Refuse what asks a proxy in front, unless it *sets* a variable and no more, or is not for what comes *over https*."""
    heads = [one.words[0] for one in asked if one.is_a("setenvif", "setenvifnocase") and one.words]
    read = [found for one in asked for found in _READ.findall(one.arguments)]
    headers = {head.lower() for head in (*heads, *read) if _HEADER.match(head)}
    if headers - _HEEDED:
        return _FROM_FRONT
    if headers and sets:
        return _SET_BY_FRONT
    if headers and over_https:
        return _RULE_BY_FRONT if asked[0].is_a("rewriterule") else _FROM_FRONT
    return None


def names_one(text: str, variables: Collection[str]) -> bool:
    """Tell whether a text names one of the variables."""
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) for name in variables)


def set_by_scheme(directives: Sequence[Directive], host: ExistingHost, known: Collection[str] = ()) -> set[str]:
    """The variables that rules, and SetEnvIf after them, set by how the client came to the host, or by another such variable, with those
    *known*."""
    found = set(known)
    everything = [one for one, _within in walk(directives)]
    for level in (directives, *(one.children for one in everything if one.section)):
        parted = False  # what comes after is gone through by http or by https alone
        for rule in read_rules(level):
            given = [one[2:].lstrip("!") for one in rule.flags if one.startswith("E=")]
            texts = [*map(tested, rule.conditions), *given]
            asks = any(asks_scheme(text) or _READ.search(text) or names_one(text, found) for text in texts)
            parts = rule.status > 0 or any(_PARTS.match(one) for one in rule.flags)
            parted = parted or (asks and parts and not _leads_back(rule, host))
            found |= {one.partition(":")[0] for one in given} if asks or parted else set()
    for one in everything if found else ():
        if one.is_a("setenvif", "setenvifnocase", "setenvifexpr") and names_one("".join(one.words[:1]), found):
            found |= {word.lstrip("!").partition("=")[0] for word in one.words[1 if one.is_a("setenvifexpr") else 2 :]}
    return found


def _leads_back(rule: Rule, host: ExistingHost) -> bool:
    """Tell whether it leads clients to the https of the host, who come by its rules again then."""
    place = _TO_HTTPS.match(rule.target) if rule.status in range(300, 400) else None
    if not place or any(one == "C" or one.startswith("S=") for one in rule.flags):
        return False
    return bool(OWN.match(place[1])) or host.has(place[1])


@lru_cache(maxsize=4)
def _set_in(host: ExistingHost) -> frozenset[str]:
    """Those that a virtual host sets; many sections of it may ask for some."""
    return frozenset(set_by_scheme(host.body, host))


def of_denial(conditions: Sequence[Directive], variables: Collection[str]) -> Optional[Judgement]:
    """Refuse what denies by http or by https alone, or by one of the *variables* that say so."""
    asked = (asks_scheme(tested(one)) or (asks_variable(one) and names_one(tested(one), variables)) for one in conditions)
    return _GUARDED if any(asked) else None


def tested(condition: Directive) -> str:
    """What a RewriteCond looks at; of its pattern httpd expands nothing. A space in it may be escaped, so that it is of many words."""
    test = "".join(condition.words[:1])
    return condition.arguments if test.lower() == "expr" else " ".join([test, *_EXPANDED.findall(condition.arguments)])


def variables_asked(rules: Sequence[Rule], directives: Sequence[Directive], host: ExistingHost) -> Collection[str]:
    """The variables set by how the client came; looked for only where conditions of *rules* ask for variables."""
    asks = any(asks_variable(one) for rule in rules for one in rule.conditions)
    return set_by_scheme(directives, host, _set_in(host)) if asks else ()


def of_access(one: Directive, host: Optional[ExistingHost] = None) -> Optional[Judgement]:
    """Judge Require and its like."""
    if one.is_a("require") and one.words[:1] == ["ssl"]:
        return Judgement(FINE, "over https it is fulfilled; over http it refuses with 403 as before", differs=True)
    if asks_scheme(one.arguments) or one.words[:2] == ["not", "ssl"]:
        return _GUARDED
    return _GUARDED if host and asks_variable(one) and names_one(one.arguments, _set_in(host)) else None


def asks_variable(one: Directive) -> bool:
    """Tell whether an expression, or who may come in, hangs on some variable."""
    return "env" in one.arguments.lower()


def of_condition(one: Directive, _host: ExistingHost) -> Optional[Judgement]:
    """Judge <If> and <ElseIf> by themselves."""
    if asks_scheme(one.arguments):
        return Judgement(FINE, "it asks how the client came; over https the answer is the one for https", differs=True)
    return None


def of_guards(directives: Sequence[Directive], host: ExistingHost) -> Iterator[Obstacle]:
    """Refuse each <If> with all that belongs to it that lets some in by http or by https alone."""
    asked = guarded = False
    first: Optional[Directive] = None
    for one in (*directives, Directive("If", "", "", 0, True)):
        if one.section and one.is_a("if"):
            if first and asked and guarded:
                yield Obstacle.of(first, _GUARDED)
            first, asked, guarded = one, False, False
        if one.section and one.is_a(*_CHAIN):
            asked, guarded = asked or of_access(one, host) is not None, guarded or _guards(one)
        yield from of_guards(one.children, host) if one.children else ()


def _guards(section: Directive) -> bool:
    """Tell whether it says who may come in."""
    inner = [one for one, _within in walk((section,))]
    return any(_GUARDS.match(one.name) for one in inner) or any(rule.status >= 400 for one in inner for rule in read_rules(one.children))
