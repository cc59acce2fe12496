# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a secret may be found in: its own file, closed to others. Pure.

Places are written "host:PATH" or "controller:ROUND/PATH", the latter in the room.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from typing import Any

ROOT, OPEN = 0, stat.S_IRWXG | stat.S_IRWXO
PRIVATE_FILE, PRIVATE_DIRECTORY = 0o600, 0o700

#: By kind of secret: the files of its own. A passphrase has none.
OWN = {
    "key": (
        r"host:/etc/apache2/tls/[^/]+/(pending|versions/[0-9]+)/privkey\.pem",
        r"host:/etc/apache2/md/(domains|archive|tmp)/[^/]+/(fallback-)?privkey\.[a-z0-9.]*pem",
        r"host:/root/key/privkey\.pem",
        r"controller:[a-z]+/account/key\.pem",
        r"controller:[a-z]+/shop/(root|issuing)\.key",
    ),
    "encrypted key": (r"host:/root/old\.key", r"controller:[a-z]+/ca(-in-the-background)?/(root|intermediate)\.key"),
    "account binding": (r"host:(/etc/apache2|/root)/mod-md-eab\.json",),
    "vault password": (r"controller:[a-z]+/vault-password",),
}
#: The store of mod_md is closed as a whole. In it mod_md keeps these in files of mode 0644, and the keys of challenges in open directories.
MOD_MD = r"host:/etc/apache2/md/.+"
OF_MOD_MD = ("encrypted key", "account binding")


def is_own(kind: str, place: str, found: dict[str, Any]) -> bool:
    """Whether this is a secret in its own file, and that closed as it has to be."""
    if kind in OF_MOD_MD and re.fullmatch(MOD_MD, place):
        return not found["reachable"]
    if not any(re.fullmatch(own, place) for own in OWN.get(kind, ())):
        return False
    closed = found["mode"] == PRIVATE_FILE and found["owner"] == ROOT
    return closed and (kind == "account binding" or found["directory"] == PRIVATE_DIRECTORY)


def too_open(place: str, seen: dict[str, Any]) -> str:
    """What is wrong with how a file was made and kept that held a secret; empty when nothing is."""
    readable_key = any("ENCRYPTED" not in key for key in seen["keys"])
    of_mod_md = re.fullmatch(MOD_MD, place)
    if seen["reachable"]:
        return "others could read it"
    if of_mod_md and not readable_key:
        return ""
    if not seen["keys"] and not seen["directory"] & OPEN:
        return ""  # a module with its arguments, in a directory that Ansible made for it
    if seen["mode"] & ~PRIVATE_FILE:
        return f"it was more open than 0600 (all modes that it had, together: {seen['mode']:04o})"
    if seen["directory"] & OPEN and seen["keys"] and not of_mod_md:
        return f"its directory was more open than 0700 ({seen['directory']:04o})"
    return ""


def told(found: dict[str, Any], place: str, name: str, forms: Sequence[str]) -> str:
    """A finding in words."""
    return f"{place} (mode {found['mode']:04o}, owner {found['owner']}): {name}, as {', '.join(forms)}"
