# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which redirects and rewrites of a virtual host would loop over https, or would not be what they were. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Optional

from ._asking import of_front, set_by_scheme
from ._conditions import Request
from ._config_tree import Directive, flag, outside, walk
from ._denials import denials, sets
from ._existing_hosts import ExistingHost
from ._names import split_url
from ._obstacle import BOTH, DROP, FINE, REFUSE, Judgement, Obstacle
from ._redirects import OWN, Answer, Rule, read_rules
from ._rule_context import RuleContext
from ._serving import handed_down, is_rewriting, rewrites

_LEADS = re.compile(r"https?://", re.IGNORECASE)
_ASKS_SCHEME = re.compile(r"%\{(HTTPS|REQUEST_SCHEME|SERVER_PORT)\}['\"]?\s*(==|=|-eq|!=|-ne)\s*['\"]?(\w+)")
_OF_HTTPS = ("on", "https", "443")
_PORT = {"http": (None, 80), "https": (None, 443)}


def of_rules(directives: Sequence[Directive], host: ExistingHost, config: Sequence[Directive]) -> Iterator[Obstacle]:
    """Judge the redirects and rewrite rules in a virtual host, and in each section of it."""
    asleep = not rewrites(directives, config)
    if asleep:
        yield from _asleep(directives)
    yield from _of_context([one for one in directives if not (asleep and is_rewriting(one))], host)
    yield from _of_sections(directives, host)


def of_directory(directives: Sequence[Directive], host: ExistingHost, base: str, awake: bool) -> Iterator[Obstacle]:
    """Judge those of a directory by itself, to which clients come by the path *base*."""
    yield from _of_context([one for one in directives if awake or not is_rewriting(one)], host, base, base)
    yield from _of_sections(directives, host, base, awake)


def _of_sections(directives: Sequence[Directive], host: ExistingHost, base: str = "/", awake: bool = False) -> Iterator[Obstacle]:
    for section, within in walk(directives):
        if section.section and not any(_is_for_http(one) for one in (*within, section)):
            heard = awake or any(flag(one.children, "rewriteengine") for one in (*within, section))
            location = section.words[0] if section.is_a("location") and section.words else base
            yield from _of_context([one for one in section.children if heard or not is_rewriting(one)], host, base, location)


def of_server(host: ExistingHost, config: Sequence[Directive]) -> Iterator[Obstacle]:
    """Judge the rules of the main server that are handed down to a virtual host (RewriteOptions), as they would be to ours."""
    config = outside(config)
    rules = [one for one in config if one.is_a("rewritecond", "rewriterule")]
    asked = handed_down(host, config)
    if not asked or not rules:
        return
    # a virtual host that says nothing of rewriting has none, whatever the main server says; ours turns it on
    asleep = not rewrites(host.body, config) or not any(is_rewriting(one) for one in host.body)
    if host.main or asleep or any(one.endswith("before") for one in asked):
        reason = "rules of the main server are handed down, and would count in virtual hosts of ours for the first time, twice, or first"
        yield Obstacle.of(rules[0], Judgement(REFUSE, f"{reason}; write them into each virtual host that is to have them"))
    elif set_by_scheme([*host.body, *rules], host) - set_by_scheme(host.body, host):
        yield Obstacle.of(rules[0], Judgement(REFUSE, "rules of the main server set variables by how the client came; write them here"))
    else:  # they come after its own
        own = {(one.file, one.line, one.verdict) for one in _of_context(host.body, host)}
        yield from (one for one in _of_context(rules, host, before=host.body) if (one.file, one.line, one.verdict) not in own)


def _asleep(directives: Sequence[Directive]) -> Iterator[Obstacle]:
    """Rules that are switched off would awake, since answering challenges takes RewriteEngine on."""
    reason = "RewriteEngine is off here, and answering challenges turns it on, which must not wake what slept"
    for one in directives:
        if is_rewriting(one):
            yield Obstacle.of(one, Judgement(DROP, reason, BOTH))


def _is_for_http(section: Directive) -> bool:
    """Tell whether an <If> lets only what came by http in."""
    found = _ASKS_SCHEME.search(section.arguments) if section.is_a("if", "elseif") else None
    if not found or "||" in section.arguments:
        return False
    return (found[3].lower() in _OF_HTTPS) != (found[2] in ("==", "=", "-eq"))


def _of_context(
    directives: Sequence[Directive], host: ExistingHost, base: str = "", location: str = "/", before: Sequence[Directive] = ()
) -> Iterator[Obstacle]:
    """Judge the rules of one context, which come after those *before*."""
    chained = skipping = False
    context = RuleContext([*read_rules(before), *read_rules(directives, base, location)], host)
    for number, denied in enumerate(denials(context, [*before, *directives])):
        rule, judgement = context.rules[number], denied or _judge(number, context)
        chained = chained or "C" in rule.flags
        if judgement and judgement.verdict == DROP and (chained or skipping):
            judgement = Judgement(REFUSE, f"{judgement.reason}, but other rules are chained to it or skip it; take them apart")
        if judgement:
            yield Obstacle.of(rule.directive, judgement)
        if judgement and judgement.verdict == DROP:
            yield from _conditions(rule)
        chained = "C" in rule.flags
        skipping = skipping or any(one.startswith("S=") for one in rule.flags)


def _conditions(rule: Rule) -> Iterator[Obstacle]:
    for condition in rule.conditions:
        yield Obstacle.of(condition, Judgement(DROP, f"it belongs to the rule in line {rule.directive.line}"))


def _is_label(rule: Rule) -> bool:
    """Tell whether the variable is one of its own, as caches of applications have it for two copies of a page."""
    return sets(rule) and not any(one.lower().startswith(("e=https:", "e=https=")) for one in rule.flags)


def _judge(number: int, context: RuleContext) -> Optional[Judgement]:
    rule, host = context.rules[number], context.host
    plain, secure = (context.answers(number, scheme) for scheme in ("http", "https"))
    front = None if _is_label(rule) else of_front([rule.directive, *rule.conditions], sets(rule), bool(secure))
    if front:
        return front
    if plain and not secure:
        return _for_http_alone(rule, host, [one.url for one in plain], any(context.pairs(number)))
    if not _LEADS.match(rule.target) or rule.status not in range(300, 400):
        return _proxied(rule, host)
    if not secure:
        return None if any(rule.takes(path) for path in rule.samples()) else _unclear(rule, host)
    ways = {_way(rule, answer, host) for answer in secure}
    if "mixed" in ways:
        return Judgement(REFUSE, "over https it would lead to http on port 443, or to https on port 80; leave the port out")
    if "loops" in ways:
        return Judgement(DROP, "over https it would lead to itself, again and again")
    if "unclear" in ways:
        return _unclear(rule, host)
    return Judgement(FINE, "it leads to another address of the site, once") if "once" in ways else None


def _for_http_alone(rule: Rule, host: ExistingHost, urls: Sequence[Optional[str]], has_twin: bool) -> Judgement:
    if rule.status or rule.target == "-":
        places = [split_url(url or "") for url in urls]
        to_https = all(one.scheme == "https" and (host.has(one.hostname or "") or one.hostname == "any") for one in places)
        return Judgement(FINE, "it says itself that it is for http alone", differs=not to_https)
    if has_twin:
        return Judgement(FINE, "it works for http alone, and another rule like it for https", differs=True)
    return Judgement(REFUSE, "it works for http alone, and what it does would be missing over https; let it work for both")


def _proxied(rule: Rule, host: ExistingHost) -> Optional[Judgement]:
    found = re.match(r"http://(?:[^/@]*@)?([^/:]+)(?::80)?(?:/|\Z)", rule.target) if "P" in rule.flags else None
    if found and (host.has(found[1]) or OWN.match(found[1])):
        return Judgement(REFUSE, "it asks the site itself by http, which will lead to https; name the server behind it")
    return None


def _unclear(rule: Rule, host: ExistingHost) -> Optional[Judgement]:
    """It cannot be told where it leads; that matters if it may lead to the site itself."""
    place = _LEADS.sub("", rule.target).partition("/")[0]
    if host.has(place) or OWN.search(place) or "%" in place or "$" in place:
        return Judgement(REFUSE, "it cannot be told whether it would loop over https; write it more simply, or take it out")
    return None


def _way(rule: Rule, answer: Answer, host: ExistingHost) -> str:
    """What comes of following a rule: it "loops", leads to the site "once" or "elsewhere", that is "unclear", or
    "mixed": the port is of the other scheme."""
    url = split_url(answer.url or "")
    try:
        port = url.port
    except ValueError:
        return "unclear"
    if not url.scheme:  # none is known, or it is no URL
        return "unclear"
    if (url.scheme.lower(), port) in (("http", 443), ("https", 80)):
        return "mixed"
    if not (host.has(url.hostname or "") or url.hostname == "any") or port not in _PORT[url.scheme.lower()]:
        return "elsewhere"
    # by http, too, since that will lead to https
    return "loops" if rule.answer(Request("https", url.hostname or "", url.path or "/")) else "once"
