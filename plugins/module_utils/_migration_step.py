# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of one virtual host of a host that is brought to https. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._existing_hosts import ExistingHost
from ._reach import Reach

#: A site of ours takes it over; clients have https already; a person has to see to it; it is no site that clients come to.
TAKE, HTTPS, REFUSED, LEFT = "take", "https", "refused", "left"


@dataclass(frozen=True)
class Step:
    """What becomes of a virtual host. The site of ours has *names*, the first being its own; *default*: for all other names, too.
    *reach*: what came of asking for names. *distrust*: what clients find wrong that come by https already."""

    host: ExistingHost
    action: str
    reason: str = ""
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    default: bool = False
    reach: tuple[Reach, ...] = ()
    distrust: str = ""
    bodies: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """For results and reports, without what stands in the virtual host."""
        return {
            "name": self.names[0] if self.names else self.host.server_name if self.host.named else "",
            "file": self.host.place.file,
            "line": self.host.place.line,
            "action": self.action,
            "reason": self.reason,
            "names": list(self.names),
            "notes": list(self.notes),
            "dropped": list(self.dropped),
            "distrust": self.distrust,
            "reach": [one.to_dict() for one in self.reach],
        }

    def entry(self) -> dict[str, Any]:
        """The site in the words of https_sites."""
        entry: dict[str, Any] = {"name": self.names[0], "aliases": list(self.names[1:]), "body": dict(self.bodies)}
        return {**entry, "default": True} if self.default else entry


def known(names: Iterable[str], steps: Iterable[Step]) -> dict[str, bool]:
    """Whether a virtual host has each of the *names*."""
    there = {name.lower() for step in steps for name in step.host.names}
    return {name: name.lower() in there for name in names}
