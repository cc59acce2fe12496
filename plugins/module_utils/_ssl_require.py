# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSLRequire, which httpd asks over https alone: who came in by http may be refused there. Pure."""

from __future__ import annotations

import re
from typing import Optional

from ._config_tree import Directive
from ._existing_hosts import ExistingHost
from ._obstacle import FINE, REFUSE, Judgement

#: What connections have, whichever of the TLS policies of the role httpd is in force.
CONNECTIONS = {
    "https": ("on",),
    "ssl_protocol": ("TLSv1.2", "TLSv1.3"),
    "ssl_cipher": (
        *(
            f"ECDHE-{kind}-{cipher}"
            for kind in ("ECDSA", "RSA")
            for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
        ),
        *("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
    ),
    "ssl_cipher_usekeysize": ("128", "256"),
    "ssl_cipher_algkeysize": ("128", "256"),
}
#: A comparison of one of these with a pattern that Python reads as httpd does, or with a word.
_COMPARISON = re.compile(
    r"""(?P<quote>["']?)%\{(?P<what>\w+)\}(?P=quote)\s*(?:"""
    r"""(?P<like>!~|=~)\s*(?:m(?=[#|,%!:;])|m?(?=/))(?P<sign>[/#|,%!:;])(?P<pattern>(?:(?!(?P=sign)|\[:).)*)(?P=sign)(?P<case>i?)|"""
    r"""(?P<how>[!=<>]?=|-?\b(?:eq|ne|ge)\b)\s*(?:(?P<mark>["'])(?P<quoted>[\w.-]+)(?P=mark)|(?P<number>\d+))"""
    r""")(?=[\s)&|]|and\b|or\b|\Z)"""
)
#: What may be left once all comparisons are found to be true.
_NO_MORE = re.compile(r"(?:true|and|or|&&|\|\||[\s()])*\Z", re.IGNORECASE)


def of_ssl_require(one: Directive, host: ExistingHost) -> Optional[Judgement]:
    """Judge the directive: harmless is what is true for all connections."""
    if host.tls or _NO_MORE.match(_COMPARISON.sub(lambda found: "true" if _is_true(found) else found[0], one.arguments)):
        return Judgement(FINE, "over https it has what it asks for", differs=True)
    return Judgement(REFUSE, "nobody was asked that by http, and over https it may keep out who came in; say it for both, or take it out")


def _is_true(found: re.Match[str]) -> bool:
    """Tell whether a comparison is true, whatever the connection."""
    there = CONNECTIONS.get(found["what"].lower(), ())
    return bool(there) and all(_holds(one, found) for one in there)


def _holds(one: str, found: re.Match[str]) -> bool:
    if found["like"]:
        try:
            like = re.search(found["pattern"], one, re.IGNORECASE if found["case"] else 0) is not None
        except re.error:
            return False
        return like == (found["like"] == "=~")
    word, how = found["quoted"] or found["number"], found["how"].lstrip("-")
    if how in ("ge", ">="):
        return (len(one), one) >= (len(word), word)  # as httpd compares here
    return how in ("eq", "==", "=", "ne", "!=") and (one == word) == (how in ("eq", "==", "="))
