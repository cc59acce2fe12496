# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rewrite rules would let others in by https than by http. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Optional

from ._asking import of_denial, variables_asked
from ._config_tree import Directive
from ._obstacle import REFUSE, Judgement
from ._redirects import ALIAS, Rule
from ._rule_context import RuleContext

_ENDS = "by http or by https alone it ends the rules of directories, too, which may deny; say L in place of END"


def denials(context: RuleContext, directives: Sequence[Directive]) -> Iterator[Optional[Judgement]]:
    """For each rule of the context, which the *directives* have, why it would let others in; None where it would not.

    That is where the scheme decides whether a request is denied, or does not come to the rules that deny as it was.
    """
    rules = context.rules
    denying = [number for number, rule in enumerate(rules) if _denies(rule)]
    variables = variables_asked(rules, directives, context.host) if denying else ()
    # redirects of mod_alias come after all rewrite rules
    last = max(denying, key=lambda number: (rules[number].directive.is_a(*ALIAS), number), default=-1)
    end = len(rules) if denying and rules[last].directive.is_a(*ALIAS) else last
    for number, rule in enumerate(rules):
        passes = number < end and not rule.status and not sets(rule)
        # rules that lead elsewhere by a variable are those of caches
        by = variables if _denies(rule) or rule.target == "-" else ()
        found = of_denial(rule.conditions, by) if _denies(rule) or passes else None
        if found and any(_is_fair(*pair, context, denying) for pair in context.pairs(number)):
            yield None
        elif found and not rule.status:
            where = rules[last].directive.place
            yield Judgement(REFUSE, _ENDS if _ends(rule) else f"by http or by https alone it passes {where}, which denies; say it for both")
        else:
            yield found


def _is_fair(plain: int, secure: int, context: RuleContext, denying: Sequence[int]) -> bool:
    """Tell whether the same rules that deny are passed over https by no more requests than by http."""
    more = True in context.certain(secure, "https") and True not in context.certain(plain, "http")
    first, last = sorted((plain, secure))
    return not more and bisect_right(denying, first) == bisect_left(denying, last)


def sets(rule: Rule) -> bool:
    """Tell whether it does nothing but set variables."""
    return rule.target == "-" and all(one in ("NC", "NE") or one.startswith("E=") for one in rule.flags)


def _denies(rule: Rule) -> bool:
    return rule.status >= 400 or _ends(rule)


def _ends(rule: Rule) -> bool:
    """Tell whether rules of directories are not gone through after it."""
    return "END" in rule.flags and not rule.status
