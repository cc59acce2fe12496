# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines by which another ACME client has its challenges answered outside of the document root, which our answer would hide. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._conditions import Request
from ._config_tree import Directive, outside
from ._existing_hosts import ExistingHost
from ._redirects import Rule, read_rules
from ._serving import document_root, handed_down, inherited, is_rewriting, rewrites

_PATH = "/.well-known/acme-challenge/token"
_NAMED = "well-known"  # what is for all paths is for no challenges
_MAPS = ("alias", "aliasmatch", "scriptalias", "scriptaliasmatch", "proxypass", "proxypassmatch")
_NOT = ("!", "-")  # no proxy; the same path


def foreign_challenges(host: ExistingHost, config: Sequence[Directive]) -> Iterator[str]:
    """Why challenges of another client would not be answered any more, and what to do."""
    root = document_root(host.body, config)
    reason = "it answers challenges for another ACME client, and would not any more"
    for rule in _rules(_everything(host, config)):
        if _is_meant(rule) and _leads_away(rule, host.server_name, root):
            place = rule.directive.place
            yield f"{place.file}:{place.line}: {rule.directive.name}: {reason}; have that use the DocumentRoot {root}, or take the line out"


def _everything(host: ExistingHost, config: Sequence[Directive]) -> list[Directive]:
    """What counts in the host. Of the main server's rewriting, what is handed down."""
    around = outside(config) if handed_down(host, config) else inherited(config)
    awake = rewrites(host.body, config)
    return [one for one in (host.body if host.main else (*host.body, *around)) if awake or not is_rewriting(one)]


def _rules(directives: Sequence[Directive]) -> Iterator[Rule]:
    """Redirects, rewriting, aliases and proxies, as rules; those in a <Location> are for its path."""
    yield from read_rules(directives)
    for one in directives:
        if one.is_a(*_MAPS) and len(one.words) > 1:
            yield Rule(one, one.words[0], one.words[1], 0, prefix=not one.name.lower().endswith("match"))
        elif one.is_a("location", "locationmatch") and one.words:
            yield from _of_location(one)


def _of_location(section: Directive) -> Iterator[Rule]:
    pattern, prefix = section.words[-1], section.is_a("location") and section.words[0] != "~"
    yield from (rule for rule in read_rules(section.children, location=pattern) if not is_rewriting(rule.directive))
    for one in section.children:
        if one.words and (one.is_a(*_MAPS) or (one.is_a("sethandler") and one.words[0].startswith("proxy:"))):
            yield Rule(one, pattern, one.words[0], 0, prefix=prefix)


def _is_meant(rule: Rule) -> bool:
    """Tell whether it names challenges, itself or in a condition."""
    told = [rule.pattern, *(word for one in rule.conditions for word in one.words)]
    return any(_NAMED in one.replace("\\", "") for one in told)


def _leads_away(rule: Rule, name: str, root: str) -> bool:
    """Tell whether it takes a challenge elsewhere than to the document root, and does not just refuse it."""
    found = replace(rule, target=rule.target.replace("%{DOCUMENT_ROOT}", root)).answer(Request("http", name, _PATH))
    if not found or found.status >= 400 or rule.target in _NOT:
        return False
    same = (root + _PATH, _PATH) if is_rewriting(rule.directive) else (root + _PATH,)  # a rule may give a path of the site, too
    return os.path.normpath(found.url or "") not in [os.path.normpath(one) for one in same]
