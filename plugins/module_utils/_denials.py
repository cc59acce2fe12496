# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rewrite rules would let others in by https than by http. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Optional

from ._asking import asks_scheme, of_denial, tested, variables_asked
from ._config_tree import Directive
from ._obstacle import REFUSE, Judgement
from ._redirects import ALIAS, Rule
from ._rule_context import RuleContext

#: Flags by which rules after it are not gone through, or the request is another one for them.
_PASSES = re.compile(r"(?:C|S=.*|L|END|N|P|PT)\Z")
_OF_FILES = re.compile(r"!?-[fdslLFhx]\Z")
_ENDS = "by http or by https alone it ends the rules of directories, too, which may deny; say L in place of END"
_PASSED = "by http or by https alone it passes {}, which denies, or ends what may deny; say it for both"


def denials(context: RuleContext, directives: Sequence[Directive]) -> Iterator[Optional[Judgement]]:
    """For each rule of the context, which the *directives* have, why it would let others in; None where it would not.

    That is where the scheme decides whether a request is denied, or does not come to the rules that deny as it was.
    """
    rules = context.rules
    redirects = [number for number, rule in enumerate(rules) if rule.status >= 400 and rule.directive.is_a(*ALIAS)]
    denying = [number for number, rule in enumerate(rules) if _denies(rule) and not rule.directive.is_a(*ALIAS)]
    variables = variables_asked(rules, directives, context.host) if denying or redirects else ()
    leading = max((number for number, rule in enumerate(rules) if not rule.status and rule.target != "-"), default=-1)
    for number, rule in enumerate(rules):
        later = denying if denying and number < denying[-1] else []
        # of a virtual host, mod_alias does not see what a rule leads elsewhere, wherever it stands; others decide whether it comes to that
        later = redirects if redirects and not rule.base and number <= leading else later
        passes = bool(later) and not rule.status and not sets(rule)
        # rules that lead elsewhere by a variable are those of caches
        by = variables if _denies(rule) or rule.target == "-" else ()
        found = of_denial(rule.conditions, by) if _denies(rule) or passes else None
        if found and any(_is_fair(*pair, context, denying) for pair in context.pairs(number)):
            yield None
        elif found and not rule.status:
            yield Judgement(REFUSE, _ENDS if _ends(rule) else _PASSED.format(rules[later[-1]].directive.place))
        else:
            yield found


def _is_fair(plain: int, secure: int, context: RuleContext, denying: Sequence[int]) -> bool:
    """Tell whether the same rules that deny are passed over https by no more requests than by http."""
    one, other = context.rules[plain], context.rules[secure]
    more = True in context.certain(secure, "https") and True not in context.certain(plain, "http")
    first, last = sorted((plain, secure))
    return not more and _passing(one) == _passing(other) and bisect_right(denying, first) == bisect_left(denying, last)


def _passing(rule: Rule) -> tuple[set[str], list[str]]:
    """How requests pass others by a rule, and what it asks of them but for the scheme and for which files are there."""
    of_files = [bool(_OF_FILES.match("".join(one.words[1:2]))) for one in rule.conditions]
    asked = [
        "".join(one.words[1:]) if of_file else one.arguments
        for one, of_file in zip(rule.conditions, of_files)
        if of_file or not asks_scheme(tested(one))
    ]
    return {flag for flag in rule.flags if _PASSES.match(flag)}, asked


def sets(rule: Rule) -> bool:
    """Tell whether it does nothing but set variables."""
    return rule.target == "-" and all(one in ("", "NC", "NE") or one.startswith("E=") for one in rule.flags)


def _denies(rule: Rule) -> bool:
    return rule.status >= 400 or _ends(rule)


def _ends(rule: Rule) -> bool:
    """Tell whether rules of directories are not gone through after it."""
    return "END" in rule.flags and not rule.status
