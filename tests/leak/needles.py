# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a secret looks like wherever it may have got to: byte strings, each of which nothing but the secret contains. Pure.

A key is searched for in slices, so that a part of it is found, too, whatever wraps, escapes or encodes it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Bytes of a slice. Its 32 characters of base64 stand whole in every PEM line (64 characters), whole base64 and MIME's lines (76).
SLICE = 24
#: Bytes at the start of every key of a type that tell the type alone; of an encrypted one, those that tell how it is encrypted.
HEADER, ENCRYPTED_HEADER = 1 * SLICE, 6 * SLICE
#: Slices of a key that are searched for in the rarer forms; in PEM and DER it is all of them.
RARE = 6
#: The shortest byte string that is searched for in binary form.
SHORTEST = 16

PEM = re.compile(rb"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----\s+(?P<body>[A-Za-z0-9+/=\s]+)-----END (?P=kind)-----")


@dataclass(frozen=True)
class Needle:
    """One byte string to search for, and the form of the secret that it tells."""

    form: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Secret:
    """One secret. *name* tells people which, without telling it; *kind* is what it may be found in."""

    name: str
    kind: str
    needles: tuple[Needle, ...] = field(repr=False)


def of_key(name: str, kind: str, pem: bytes, public: bytes) -> Secret:
    """A private key in PEM. *public* is the DER of its public key, which stands in certificates and is no secret."""
    found = PEM.search(pem)
    if found is None:
        raise ValueError(f"{name}: no private key in PEM")
    header = ENCRYPTED_HEADER if found["kind"].startswith(b"ENCRYPTED") else HEADER
    der = base64.b64decode(found["body"])
    slices = [der[start : start + SLICE] for start in range(header, len(der) - SLICE + 1, SLICE)]
    private = [piece for piece in slices if piece not in public]
    runs = sorted((_searchable(piece) for piece in private), key=len, reverse=True)
    needles = [Needle("PEM", base64.b64encode(piece)) for piece in private]
    needles += [needle for piece in private[:: -(-len(private) // RARE)] for needle in _rarer_forms(piece)]
    needles += [Needle("DER", run) for place, run in enumerate(runs) if place == 0 or len(run) >= SHORTEST]
    return Secret(name, kind, _each_once(needles))


def of_text(name: str, kind: str, text: str) -> Secret:
    """A passphrase or token. Its longest run of letters and digits is the same however the rest is escaped."""
    core = max(re.findall(r"[A-Za-z0-9]+", text), key=len)
    if len(core) < SHORTEST:
        raise ValueError(f"{name}: too short to be told from other text")
    needles = [Needle("plain", core.encode()), Needle("JSON", json.dumps(text)[1:-1].encode())]
    needles += [Needle("base64", piece) for piece in aligned(core.encode())]
    needles += [Needle("hexadecimal", core.encode().hex().encode()), Needle("hexadecimal", core.encode().hex().upper().encode())]
    return Secret(name, kind, _each_once(needles))


def of_token(name: str, kind: str, text: str) -> Secret:
    """Random bytes in base64url, as an HMAC key is handed out: as text, and as the bytes."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    needles = [*of_text(name, kind, text).needles, *_rarer_forms(raw[:SLICE]), Needle("bytes", _searchable(raw))]
    return Secret(name, kind, _each_once(needles))


def aligned(data: bytes) -> Iterator[bytes]:
    """What base64 makes of *data*, for each of the three places that it may have in something longer."""
    for lead in range(3):
        text = base64.b64encode(bytes(lead) + data)
        yield text[(lead * 8 + 5) // 6 : (lead + len(data)) * 8 // 6]


def _rarer_forms(piece: bytes) -> Iterator[Needle]:
    line = base64.b64encode(piece)
    yield Needle("base64", line)
    yield Needle("base64url", base64.urlsafe_b64encode(piece))
    # The second half alone, so that it stands whole in each line of 64 or 76 characters.
    yield from (Needle("base64 of PEM", text) for text in aligned(line[len(line) // 2 :]))
    yield Needle("hexadecimal", piece.hex().encode())
    yield Needle("hexadecimal", piece.hex().upper().encode())


def _searchable(piece: bytes) -> bytes:
    """Its longest part without the bytes that end a line for grep."""
    return max(re.split(rb"[\n\0]", piece), key=len)


def _each_once(needles: list[Needle]) -> tuple[Needle, ...]:
    return tuple({needle.data: needle for needle in reversed(needles)}.values())[::-1]
