# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that proxies on the host ask for by http themselves: led to https, what they show would be a redirect. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ._conditions import flags
from ._config_tree import Directive, walk
from ._existing_hosts import ExistingHost
from ._name_index import spellings

_TARGET = re.compile(r"(?:proxy:)?(?:http|ws|h2c)://(?:[^/@\s]*@)?([^/:\s]+)(?::80)?(?:/|\Z)", re.IGNORECASE)
_PROXIES = ("proxypass", "proxypassmatch", "proxyremote", "proxyremotematch", "balancermember", "sethandler")


@dataclass(frozen=True)
class InnerRequest:
    """The *name* that a proxy asks for at port 80, and the directive that has it do so, in the virtual host at *within*."""

    name: str
    directive: Directive
    within: tuple[str, int]

    def is_for(self, name: str, host: ExistingHost) -> bool:
        """Tell whether it asks for the name, a wildcard perhaps, from outside of the host."""
        return self.within != host.identity and fnmatch.fnmatchcase(self.name, name)


def inner_requests(config: Sequence[Directive]) -> list[InnerRequest]:
    """All in a configuration."""
    found = []
    for top in config:
        within = (top.file, top.line) if top.is_a("virtualhost") else ("", 0)
        found += [InnerRequest(name.lower(), one, within) for one, _within in walk([top]) for name in _asked(one)]
    return found


def by_name(requests: Sequence[InnerRequest]) -> dict[str, list[InnerRequest]]:
    """The same by what they ask for, and by the wildcards that cover it."""
    found: dict[str, list[InnerRequest]] = {}
    for one in requests:
        for name in spellings(one.name):
            found.setdefault(name, []).append(one)
    return found


def _asked(one: Directive) -> Iterator[str]:
    rewritten = one.is_a("rewriterule") and flags(one.words[2:]) & {"P"}
    if rewritten or one.is_a(*_PROXIES):
        yield from (match[1] for word in one.words if (match := _TARGET.match(word)))
