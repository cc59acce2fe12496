# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes of mod_wsgi: those that a virtual host has can be used by another one only if it has the same ServerName. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from ._config_tree import Directive, walk
from ._existing_hosts import ExistingHost

_GLOBAL = "%{GLOBAL}"  # in httpd's own processes


def bound_to_name(host: ExistingHost, config: Sequence[Directive]) -> Optional[Directive]:
    """The directive by which an application of the host runs in processes of a virtual host; those of the main server are for all."""
    for_all = {one.words[0] for one in config if one.is_a("wsgidaemonprocess") and one.words} | {_GLOBAL}
    own = walk(() if host.main else host.body)
    return next((one for one, _within in own for group in _groups(one) if group not in for_all), None)


def _groups(one: Directive) -> Iterator[str]:
    if one.is_a("wsgiprocessgroup"):
        yield from one.words[:1]
    elif one.is_a("wsgiscriptalias", "wsgiscriptaliasmatch", "wsgiimportscript", "wsgihandlerscript"):
        yield from (word.partition("=")[2] for word in one.words if word.startswith("process-group="))
