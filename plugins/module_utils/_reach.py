# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do clients that ask for a name by http, and so a CA (RFC 8555 section 8.3), come to this host? What the answers tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from ._handshake import Answer

#: What came of asking for a name.
ANSWERED, ANOTHER, SILENT, UNASKED, STOPPED, UNRESOLVED = "answered", "another", "silent", "unasked", "stopped", "unresolved"
#: An answer, or why there is none.
Heard = Union[Answer, str]
NO_TIME = "there was no time left"
_LEAD = "have DNS lead here, or what is in front of this host pass /.well-known/acme-challenge/ on by http"
_LOOPBACK = ("127.", "::1")
_KEY_AUTHORIZATION = re.compile(rb"[-_A-Za-z0-9]+\.[-_A-Za-z0-9]{43}\s*")


@dataclass(frozen=True)
class Reach:
    """What came of asking for a name at its *addresses* in DNS. *told* is what there is to know, with the next step; *provable*: as far as
    can be seen from here, http-01 can prove it."""

    name: str
    addresses: tuple[str, ...]
    probe: str
    told: str = ""
    provable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """For results."""
        return {"name": self.name, "addresses": list(self.addresses), "probe": self.probe, "told": self.told}


def judge(name: str, there: Union[Mapping[str, Heard], str], here: Sequence[Heard], ours: Container[str]) -> Reach:
    """What it means.

    *there* has what was heard at each address of DNS, or why none is known; *here* what this host's own httpd said to the same request.
    *ours*: addresses of this host; others may be out of reach from here alone, as behind NAT.
    """
    if isinstance(there, str) and there:
        return Reach(name, (), UNASKED, f"it could not be looked up from here ({there}); a CA may see more")
    if not there or isinstance(there, str):
        return Reach(name, (), UNRESOLVED, "it has no address in DNS, and so cannot be proven to a CA", provable=False)
    addresses = tuple(there)
    own = [one for one in here if isinstance(one, Answer)]
    if not own:
        why = next((one for one in here if isinstance(one, str)), NO_TIME)
        return Reach(
            name, addresses, STOPPED, f"httpd on this host did not answer for it ({why}), so nothing could be compared; does it run?"
        )
    if all(address.startswith(_LOOPBACK) for address in addresses):
        told = f"this host says by itself that it is {', '.join(addresses)}, as in /etc/hosts, so what DNS tells a CA could not be seen"
        return Reach(name, addresses, UNASKED, told)
    for address, heard in there.items():
        if isinstance(heard, Answer) and not _alike(heard, own):
            told = f"at {address} another server answers: {_shown(heard)}, where httpd here says {_shown(own[0])}"
            return Reach(name, addresses, ANOTHER, f"{told}; {_LEAD}", provable=False)
    return _without_answer(name, there, ours)


def _without_answer(name: str, there: Mapping[str, Heard], ours: Container[str]) -> Reach:
    """All that answers is this host; some addresses may not."""
    silent = {address: heard for address, heard in there.items() if isinstance(heard, str)}
    closed = {address: why for address, why in silent.items() if address in ours and why != NO_TIME}
    away = {address: why for address, why in silent.items() if address not in closed}
    told = []
    if closed:
        told.append(f"nothing answers at {_listed(closed)} on port 80, though of this host; have httpd listen there, or DNS not lead there")
    if away:
        told.append(f"it leads to {_listed(away)}, where it could not be asked from here; a CA has to come from there to here")
    probe = ANSWERED if len(silent) < len(there) else UNASKED if away else SILENT
    return Reach(name, tuple(there), probe, "; ".join(told), provable=probe != SILENT)


def _alike(there: Answer, own: Sequence[Answer]) -> bool:
    """Tell whether both come from the same httpd. What is in front may say another Server, and a page may be another one each time, or
    tell who asks; not both. Where challenges are answered already, but not here yet, it is another host of the fleet that does."""
    if _answers_challenges(there) or any(map(_answers_challenges, own)):
        return not any(map(_answers_challenges, own)) or any(_kind(one) == _kind(there) and one.body == there.body for one in own)
    return any(_kind(one) == _kind(there) and (one.body == there.body or _origin(one) == _origin(there)) for one in own)


def _answers_challenges(one: Answer) -> bool:
    return one.status == 200 and bool(_KEY_AUTHORIZATION.fullmatch(one.body))


def _kind(one: Answer) -> tuple[int, str]:
    return one.status, one.headers.get("location", "")


def _origin(one: Answer) -> list[str]:
    return [one.headers.get(name, "") for name in ("server", "content-type")]


def _shown(one: Answer) -> str:
    """An answer as far as it helps to find who gave it; it may come from anybody."""
    parts = [f"{one.status} to {one.headers['location']}" if "location" in one.headers else str(one.status), one.headers.get("server", "")]
    text = " from ".join(part[:80] for part in parts if part)
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _listed(silent: Mapping[str, str]) -> str:
    return ", ".join(f"{address} ({why})" for address, why in silent.items())
