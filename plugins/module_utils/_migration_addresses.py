# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where virtual hosts of ours have to answer, and in which order httpd reads them among those that were there before. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Optional

from . import _httpd_dumps as dumps
from ._existing_hosts import ANYWHERE, ExistingHost, Listen
from ._neighbours import WEB, Neighbours
from ._shadows import file_names

#: A place in the order: before sites-enabled, in it (by file name), after it; the main server answers last.
Position = tuple[int, str]
_BEFORE, _WITHIN, _AFTER, _LAST = -1, 0, 1, 2
_EVERYWHERE = ("*:443", "*:*")


def web_addresses(host: ExistingHost) -> list[str]:
    """Where the host answers by http, and so do we: an address by itself goes before "*"."""
    return list(dict.fromkeys(f"{one.address}:{one.port}" for one in host.addresses if one.port in WEB))


def https_addresses(host: ExistingHost, hosts: Neighbours) -> list[str]:
    """Where we answer by https: at the addresses at which it does by http, and at no other one. Of those that "*" stands for, one is named
    only where others have it, as it would hide what others serve at "*"."""
    own = ["*" if one.address in ANYWHERE else one.address for one in host.addresses if one.port in WEB]
    more = [one for one, alone in hosts.https_places.items() if alone] if "*" in own else []
    return [f"{one}:443" for one in sorted(dict.fromkeys([*own, *more]), key="*".__eq__)]


def hidden(host: ExistingHost, hosts: Neighbours) -> str:
    """What others serve at "*" by https, and would not any more at an address by itself; empty when there is nothing. Of who has no name,
    as Debian's default-ssl, names that nobody has are all that is hidden."""
    alone = _alone(https_addresses(host, hosts), hosts)
    other = hosts.everywhere
    if not alone or not other:
        return ""
    return f"a virtual host of ours at {alone[0]} would hide what {other.place} serves at *:443 there; give that its addresses, too"


def unheard(host: ExistingHost, listens: Sequence[Listen]) -> str:
    """Why httpd would not listen for https where it does for http; empty when it would, or does nowhere yet, as then we have it listen."""
    web, secure = ([one for one in listens if one.port == port] for port in ("80", "443"))
    own = [one.address for one in host.addresses if one.port in WEB and one.listens]
    wanted = {at for one in own for at in ([one] if one != "*" else [each.address for each in web])}
    everywhere = any(one.anywhere for one in secure)
    more = everywhere and not any(one.anywhere for one in web)
    less = not everywhere and wanted - {one.address for one in secure}
    if not secure or not web or not (more or less):
        return ""
    there, now = (" and ".join(f"Listen {one.address}:443".replace(" *:", " ") for one in listed) for listed in (web, secure))
    return f"httpd would listen for https at {'more' if more else 'fewer'} addresses than for http; say {there} in place of {now}"


def _alone(addresses: Sequence[str], hosts: Neighbours) -> list[str]:
    """Those by themselves at which nobody else speaks TLS, but for who does so at "*"."""
    return [one for one in addresses if one != "*:443" and one.removesuffix(":443") not in hosts.https_places]


def read_order(dump: str, directory: str) -> dict[str, Position]:
    """Where httpd reads files, as DUMP_INCLUDES tells; a file that is included by one in the *directory* is read with that."""
    found: dict[str, Position] = {}
    above: list[str] = []
    reached = False
    for depth, path in dumps.parse_include_tree(dump):
        del above[depth:]
        above.append(path)
        entry = next((one for one in above if os.path.dirname(one) == directory), "")
        reached = reached or bool(entry)
        found.setdefault(path, (_WITHIN, os.path.basename(entry)) if entry else (_AFTER if reached else _BEFORE, ""))
    return found


def position(host: ExistingHost, order: Mapping[str, Position]) -> Position:
    """Where httpd reads a virtual host; of what is in the main file it is not known, and may be before all others."""
    return (_LAST, "") if host.main else order.get(host.place.file, (_BEFORE, ""))


def our_position(names: Sequence[str], default: bool) -> Position:
    """Where httpd reads the virtual hosts of a site."""
    first, usual, wildcard = file_names(names[0])
    return _WITHIN, first if default else wildcard if any(name.startswith("*.") for name in names) else usual


def displaced_default(addresses: Sequence[str], ours: Position, hosts: Neighbours, order: Mapping[str, Position]) -> Optional[ExistingHost]:
    """Whom clients saw by https so far that name no host, or one that nobody has, and will not any more."""
    beside = [one for place in addresses for one in hosts.secure_defaults.get(place, ()) if position(one, order) > ours]
    alone = _EVERYWHERE if _alone(addresses, hosts) else ()  # wherever it is read
    return next(iter(hosts.ordered([*beside, *(one for place in alone for one in hosts.secure_defaults.get(place, ()))])), None)
