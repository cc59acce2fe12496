# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tells applications how the client came, and where nothing does. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Optional

from ._asking import asks_scheme
from ._conditions import flags
from ._config_tree import Directive, walk
from ._existing_hosts import ExistingHost
from ._obstacle import DROP, FINE, REFUSE, Judgement, Obstacle

#: Names of variables and headers that tell an application how the client came, and what they say for http and for https.
_TELLS = {
    "https": ("HTTPS", "on"),
    "request_scheme": ("REQUEST_SCHEME", "https"),
    "server_port": ("SERVER_PORT", "443"),
    "x-forwarded-proto": ("X-Forwarded-Proto", "https"),
    "x-forwarded-protocol": ("X-Forwarded-Protocol", "https"),
    "x-forwarded-scheme": ("X-Forwarded-Scheme", "https"),
    "x-forwarded-port": ("X-Forwarded-Port", "443"),
    "x-forwarded-ssl": ("X-Forwarded-Ssl", "on"),
    "x-scheme": ("X-Scheme", "https"),
}
_PLAIN = ("off", "0", "http", "80", "false", "no")
#: What speaks HTTP to an application, which then knows nothing of TLS; by FastCGI it does.
_PROXIED = re.compile(r"(?:proxy:)?(?:unix:[^|]*\|)?(?:https?|wss?|h2c?|balancer)://", re.IGNORECASE)
_UNTOLD = Judgement(
    FINE,
    "nothing tells the application how the client came, and it may take https for http",
    answer='RequestHeader set X-Forwarded-Proto "https"',
    differs=True,
)


def tells_the_scheme(one: Directive, _host: ExistingHost) -> Optional[Judgement]:
    """SetEnv, RequestHeader, SetEnvIf, ProxyFCGISetEnvIf: do they tell the application that the client came by http?"""
    words = one.words[1:] if one.is_a("requestheader", "proxyfcgisetenvif") else one.words
    if one.is_a("setenvif", "setenvifnocase", "setenvifexpr"):
        return _sets_when(one)
    name, value = [*words, "", ""][:2]
    told = _TELLS.get(name.lower())
    if not told or value.strip('"').lower() not in _PLAIN:
        return None
    start = "RequestHeader set" if one.is_a("requestheader") else one.name
    instead = "" if one.is_a("proxyfcgisetenvif") else f'{start} {told[0]} "{told[1]}"'
    return Judgement(DROP, "it tells the application that the client came by http", instead=instead, answer=instead)


def _sets_when(one: Directive) -> Optional[Judgement]:
    sets = [word.lower() for word in one.words[1:]]
    if any(word == f"https={plain}" for word in sets for plain in _PLAIN) or "!https" in sets:
        return Judgement(DROP, "it tells the application that the client came by http")
    if asks_scheme(one.words[0] if one.words else ""):
        return Judgement(REFUSE, "what depends on it may be other over https; set it for both, or take it out")
    return None


def of_silence(host: ExistingHost, around: Sequence[Directive]) -> Iterator[Obstacle]:
    """Find the proxy, in the host or *around* it, whose application has to be told of https."""
    everything = [one for one, _within in walk((*host.body, *(() if host.main else around)))]
    found = next((one for one in everything if _is_proxied(one)), None)
    said = {word.lower() for one in everything if one.is_a("requestheader") for word in one.words[1:2]}
    if found and not host.tls and not said & {*_TELLS, "forwarded"}:
        yield Obstacle.of(found, _UNTOLD)


def _is_proxied(one: Directive) -> bool:
    if one.is_a("rewriterule") and "P" not in flags(one.words[2:]):
        return False
    return one.is_a("proxypass", "proxypassmatch", "sethandler", "rewriterule") and any(_PROXIED.match(word) for word in one.words)
