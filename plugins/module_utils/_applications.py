# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications in processes of their own that a virtual host of ours would not reach, though it says the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from ._config_tree import Directive, last, outside, walk
from ._existing_hosts import ExistingHost

_MOUNTS = ("jkmount", "jkmountfile", "jkautoalias")
_GLOBAL = "%{GLOBAL}"  # in httpd's own processes


def unreached(host: ExistingHost, config: Sequence[Directive], name: str) -> Iterator[str]:
    """What a site with that *name* would not reach, and what to do."""
    bound, mounted = bound_to_name(host, config), not_inherited(host)
    if bound and name != host.server_name:
        yield f"{_told(bound)}: mod_wsgi has these processes for {host.server_name} alone; make {name} its ServerName"
    if mounted:
        reason = "virtual hosts do not inherit it, and ours would show the files of the application"
        yield f"{_told(mounted)}: {reason}; say JkMountCopy All beside it, or move both into a virtual host"


def not_inherited(host: ExistingHost) -> Optional[Directive]:
    """A JkMount of the main server, without JkMountCopy."""
    copied = last(host.body, "jkmountcopy")
    return last(host.body, *_MOUNTS) if host.main and not (copied and copied.arguments.lower() == "all") else None


def bound_to_name(host: ExistingHost, config: Sequence[Directive]) -> Optional[Directive]:
    """The directive by which an application of the host runs in processes that mod_wsgi has for a ServerName: those of a virtual host.
    Those of the main server are for all."""
    for_all = {one.words[0] for one in outside(config) if one.is_a("wsgidaemonprocess") and one.words} | {_GLOBAL}
    own = walk(() if host.main else host.body)
    return next((one for one, _within in own for group in _groups(one) if group not in for_all), None)


def _groups(one: Directive) -> Iterator[str]:
    if one.is_a("wsgiprocessgroup"):
        yield from one.words[:1]
    elif one.is_a("wsgiscriptalias", "wsgiscriptaliasmatch", "wsgiimportscript", "wsgihandlerscript"):
        yield from (word.partition("=")[2] for word in one.words if word.startswith("process-group="))


def _told(one: Directive) -> str:
    return f"{one.place}: {one.name}"
