# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rewrite rules would let others in by https than by http, and what rules do by each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from ._asking import of_denial, variables_asked
from ._conditions import Request
from ._config_tree import Directive
from ._existing_hosts import ExistingHost
from ._obstacle import REFUSE, Judgement
from ._redirects import Answer, Rule

_ENDS = Judgement(REFUSE, "by http or by https alone it ends the rules of directories, too, which may deny; say L in place of END")


def denials(rules: Sequence[Rule], directives: Sequence[Directive], host: ExistingHost) -> Iterator[Optional[Judgement]]:
    """For each of the *rules* that the *directives* have, why it would let others in; None where it would not.

    That is where the scheme decides whether a request is denied, or does not come to the rules that deny as it was.
    """
    variables = variables_asked([rule for rule in rules if _denies(rule)], rules, directives, host)
    last = max((number for number, rule in enumerate(rules) if _denies(rule)), default=-1)
    for number, rule in enumerate(rules):
        passes = number < last and not rule.status and not is_label(rule)
        # rules that lead elsewhere by a variable are those of caches
        by = variables if _denies(rule) or rule.target == "-" else ()
        found = of_denial(rule.conditions, by) if _denies(rule) or passes else None
        if found and _is_paired(rule, rules, host):
            found = None
        yield _ENDS if found and _ends(rule) else found


def _is_paired(rule: Rule, rules: Sequence[Rule], host: ExistingHost) -> bool:
    """Tell whether it leads elsewhere by one scheme, and another one by the other."""
    others = [one for one in rules if not one.status and one.target != "-"] if not rule.status else []
    return any(is_twin(rule, one, host) or is_twin(one, rule, host) for one in others)


def _denies(rule: Rule) -> bool:
    return rule.status >= 400 or _ends(rule)


def _ends(rule: Rule) -> bool:
    """Tell whether rules of directories are not gone through after it."""
    return "END" in rule.flags and not rule.status


def answers(rule: Rule, host: ExistingHost, scheme: str) -> list[Optional[Answer]]:
    """What it makes of requests for each name of the host."""
    requests = [(name.replace("*", "any"), path) for name in host.names or ("any",) for path in rule.samples()]
    return [rule.answer(Request(scheme, *one, forwarded=None)) for one in requests]


def sets(rule: Rule) -> bool:
    """Tell whether it does nothing but set variables."""
    return rule.target == "-" and all(one in ("NC", "NE") or one.startswith("E=") for one in rule.flags)


def is_label(rule: Rule) -> bool:
    """Tell whether the variable is one of its own, as caches of applications have it for two copies of a page."""
    return sets(rule) and not any(one.lower().startswith(("e=https:", "e=https=")) for one in rule.flags)


def is_twin(one: Rule, rule: Rule, host: ExistingHost) -> bool:
    """Tell whether it does over https alone what the *rule* does for http, as caches of applications have one for each."""
    same = (one.pattern, one.base, one.status) == (rule.pattern, rule.base, 0) and one.target != "-"
    if not same or any(answers(one, host, "http")):
        return False
    plain, secure = (
        [found.certain for found in answers if found] for answers in (answers(rule, host, "http"), answers(one, host, "https"))
    )
    return bool(plain and secure) and (all(secure) or not any(plain))  # not at times, where the rule does always
