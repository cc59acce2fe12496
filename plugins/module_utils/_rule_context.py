# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rewrite rules of one context, and what each makes of requests for a virtual host by http and by https. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Optional

from ._conditions import Request
from ._existing_hosts import ExistingHost
from ._redirects import Answer, Rule


class RuleContext:
    """The rules in their order, told apart by their numbers. What they make of requests is worked out once."""

    def __init__(self, rules: Sequence[Rule], host: ExistingHost) -> None:
        self.rules, self.host = rules, host
        self.answers = lru_cache(maxsize=None)(self._answers)
        #: Whether rules answer for certain: in all cases {True}, in none {False}.
        self.certain = lru_cache(maxsize=None)(self._certain)

    def _answers(self, number: int, scheme: str) -> list[Answer]:
        """What a rule makes of requests for each name of the host, without those that it leaves alone."""
        rule = self.rules[number]
        requests = [(name.replace("*", "any"), path) for name in self.host.names or ("any",) for path in rule.samples()]
        found: list[Optional[Answer]] = [rule.answer(Request(scheme, *one, forwarded=None)) for one in requests]
        return [one for one in found if one]

    def pairs(self, number: int) -> Iterator[tuple[int, int]]:
        """The pairs that a rule is in: one for http, and one that leads the same requests elsewhere over https alone, as caches of
        applications have them."""
        rule = self.rules[number]
        plain, secure = self._leading.get((rule.pattern, rule.base), ([], []))
        if number in plain:
            yield from ((number, other) for other in secure if self._are_twins(number, other))
        elif number in secure:
            yield from ((other, number) for other in plain if self._are_twins(other, number))

    @cached_property
    def _leading(self) -> dict[tuple[str, str], tuple[list[int], list[int]]]:
        """Rules that lead elsewhere by http, and those that do over https alone, by what they are for."""
        found: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
        for number, rule in enumerate(self.rules):
            if not rule.status and rule.target != "-":
                plain, secure = found.setdefault((rule.pattern, rule.base), ([], []))
                (plain if self.answers(number, "http") else secure).append(number)
        return found

    def _are_twins(self, plain: int, secure: int) -> bool:
        """Tell whether the one over https is not for some requests, where the other one is for all."""
        always, there = self.certain(plain, "http"), self.certain(secure, "https")
        return bool(there) and (there == {True} or always == {False})

    def _certain(self, number: int, scheme: str) -> frozenset[bool]:
        return frozenset(one.certain for one in self.answers(number, scheme))
