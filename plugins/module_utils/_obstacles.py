# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in a virtual host is in the way of https, when virtual hosts of ours take over what is in it: the table. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Optional

from ._asking import asks_variable, of_access, of_condition, of_front, of_guards
from ._config_tree import Directive, flag, outside, walk
from ._existing_hosts import ExistingHost
from ._obstacle import BOTH, DROP, FINE, HTTPS, REFUSE, Judgement, Obstacle
from ._origins import of_origins
from ._redirects import ALIAS
from ._rewriting import of_rules, of_server
from ._serving import inherited, is_hsts, is_managed, is_rewriting, rewrites
from ._ssl_require import of_ssl_require
from ._telling import of_silence, tells_the_scheme

Judge = Callable[[Directive, ExistingHost], Optional[Judgement]]

_OURS = Judgement(DROP, "the virtual host of ours names its own certificate")
#: What sets a variable, and does no more.
_SETTERS = ("setenvif", "setenvifnocase", "setenvifexpr", "proxyfcgisetenvif")
_POLICY = Judgement(DROP, "the TLS policy of the whole server says it")


def _verify_client(one: Directive, host: ExistingHost) -> Optional[Judgement]:
    if host.tls or "".join(one.words[:1]).lower() in ("none", "off"):
        return Judgement(FINE, "clients show a certificate over https as before")
    return Judgement(REFUSE, "over https it would come to life, and ask clients for certificates that they never needed; take it out")


def _hsts(one: Directive, host: ExistingHost) -> Optional[Judgement]:
    if not is_hsts(one):
        return _address_of_its_own(one, host)
    if host.tls:
        return Judgement(FINE, "clients use https alone already")
    words = one.words
    table = f"{words[0]} " if words[0].lower() == "always" else ""
    unset = f"Header {table}unset Strict-Transport-Security"
    reason = "clients ignore it over http; over https it would lock them in at once, which is for https_hsts to say"
    return Judgement(DROP, reason, answer=unset)


def _proxy(one: Directive, host: ExistingHost) -> Optional[Judgement]:
    """Does a ProxyPass ask the site itself, by the http that will be led to https?"""
    target = re.match(
        r"http://(?:[^/@\s]*@)?([^/:\s]+)(?::80)?(?:/|\Z)", next((word for word in one.words if word.startswith("http://")), "")
    )
    if target and host.has(target[1]):
        return Judgement(REFUSE, f"it asks http://{target[1]}/, which is the site itself and will lead to https; name the server behind it")
    return None


def _server_name(one: Directive, _host: ExistingHost) -> Optional[Judgement]:
    if re.search(r"^https?://|:\d+$", "".join(one.words[:1])):
        return Judgement(DROP, "the virtual hosts of ours say the name without scheme and port, which would end up in links", BOTH)
    return None


def _address_of_its_own(one: Directive, host: ExistingHost) -> Optional[Judgement]:
    found = re.search(r"http://([^/:\s\"']+)", one.arguments)
    if found and host.has(found[1]):
        return Judgement(FINE, f"it names http://{found[1]}/, which will lead to https: one way more, so say https there in time")
    return None


def _forward_proxy(one: Directive, host: ExistingHost) -> Optional[Judgement]:
    if one.arguments.lower() == "on" and not host.main:
        return Judgement(REFUSE, "it is a proxy for other servers, not a site; leave it on the port that its clients use")
    return None


def _proxy_protocol(one: Directive, _host: ExistingHost) -> Optional[Judgement]:
    if not flag([one], one.key):
        return None
    reason = "all of port 443 would have to speak it, so no client could come there by TLS alone"
    return Judgement(REFUSE, f"{reason}; have the proxy in front speak plain http to port 80, or https with it to port 443 of all sites")


def _always(verdict: str, reason: str, bodies: tuple[str, ...] = HTTPS) -> Judge:
    return lambda _one, _host: Judgement(verdict, reason, bodies)


def _given(judgement: Judgement) -> Judge:
    return lambda _one, _host: judgement


#: Directives, in small letters, and who judges them; the first that fits.
TABLE: tuple[tuple[re.Pattern[str], Judge], ...] = tuple(
    (re.compile(rf"(?:{names})\Z"), judge)
    for names, judge in (
        ("sslengine", _always(DROP, "the virtual host of ours turns TLS on itself")),
        ("sslcertificate(key|chain)?file", _given(_OURS)),
        ("ssl(protocol|ciphersuite|honorcipherorder|opensslconfcmd|compression|sessiontickets|insecurerenegotiation)", _given(_POLICY)),
        ("ssl(usestapling|stapling.*|strictsnivhostcheck|policy|ecdhcurve)", _given(_POLICY)),
        ("sslverifyclient", _verify_client),
        ("sslrequiressl", _given(Judgement(FINE, "over https it is fulfilled; over http it refuses with 403 as before", differs=True))),
        ("sslrequire", of_ssl_require),
        ("protocol", _always(DROP, "it says which protocol is spoken, which is https there")),
        ("protocols", _always(FINE, "the browser and httpd choose over https, too")),
        ("wsgidaemonprocess", _always(DROP, "the name of a group of processes is taken once; the virtual host that has it keeps it", BOTH)),
        (
            "fastcgi(external)?server",
            _always(DROP, "it counts for the whole server and may be there once; the one that is there counts", BOTH),
        ),
        ("md(omain|omainset|certificate.*|privatekeys|renew.*|member.*|requirehttps|notifycmd)", _always(FINE, "mod_md reads it")),
        ("proxyrequests", _forward_proxy),
        ("proxypass(match)?", _proxy),
        ("(remoteip)?proxyprotocol", _proxy_protocol),
        ("servername", _server_name),
        ("header", _hsts),
        ("requestheader|setenv|setenvif(nocase|expr)?|proxyfcgisetenvif", tells_the_scheme),
        ("errordocument|substitute|headername|readmename", _address_of_its_own),
        ("if|elseif", of_condition),
        ("require|allow|deny|authzproviderset", of_access),
    )
)


def obstacles(host: ExistingHost, config: Sequence[Directive]) -> list[Obstacle]:
    """All that has to be known before what is in the host is served over https, in the order in which it stands there.

    What the main server says counts in virtual hosts of ours as well, and cannot be dropped there.
    """
    body, around = taken(host), _notable(config)
    awake = body if rewrites(body, config) else [one for one in body if not is_rewriting(one)]
    own = [*judged(body, host), *of_rules(body, host, config), *of_origins(awake, config)]
    order = {(one.file, one.line): number for number, (one, _within) in enumerate(walk(body))}
    own.sort(key=lambda one: order[one.file, one.line])
    told = [*own, *of_silence(host, around)]
    more = [one for one in judged(around, host) if one.verdict == REFUSE or one.judgement.answer or one.judgement.differs]
    more += [one for one in (*of_rules(around, host, config), *of_server(host, config)) if one.verdict != FINE]
    more += _of_origins(config)
    top = {(one.file, one.line) for one in around}
    return [*_whole(host, config), *told, *(one.from_outside((one.file, one.line) not in top) for one in more), *_beside(host, config)]


def taken(host: ExistingHost) -> tuple[Directive, ...]:
    """What a virtual host of ours has to say to do the same; the main server's is inherited, but for rewriting."""
    return tuple(one for one in host.body if is_rewriting(one)) if host.main else host.body


def judged(directives: Sequence[Directive], host: ExistingHost) -> Iterator[Obstacle]:
    """What the table says of directives and of what is in sections."""
    guards = list(of_guards(directives, host))
    yield from guards
    for one, _within in walk(directives):
        judge = _judge_of(one.key)
        front = None if is_rewriting(one) else of_front([one], one.is_a(*_SETTERS))
        own = judge(one, host) if judge else None
        judgement = front if front and front.verdict == REFUSE else own or front
        if judgement and not any((one.file, one.line) == (guard.file, guard.line) for guard in guards):
            yield Obstacle.of(one, judgement)


@lru_cache(maxsize=1024)
def _judge_of(name: str) -> Optional[Judge]:
    return next((judge for names, judge in TABLE if names.match(name)), None)


@lru_cache(maxsize=4)
def _notable(config: Sequence[Directive]) -> tuple[Directive, ...]:
    """What virtual hosts take over from the main server, without that of which nothing can be said, whatever the host."""
    return tuple(top for top in inherited(config) if not all(_is_plain(one) for one, _within in walk([top])))


def _is_plain(one: Directive) -> bool:
    """Tell whether neither the table, nor who judges rules, conditions and proxies has anything to say of it."""
    judge = _judge_of(one.key)
    told = of_access(one) or asks_variable(one) if judge is of_access else judge
    return not (told or of_front([one], sets=False) or is_rewriting(one) or one.is_a("if", "elseif", "else", "sethandler", *ALIAS))


@lru_cache(maxsize=4)
def _of_origins(config: Sequence[Directive]) -> tuple[Obstacle, ...]:
    """What the main server says to all virtual hosts alike."""
    return tuple(of_origins(inherited(config), config))


def _whole(host: ExistingHost, config: Sequence[Directive]) -> Iterator[Obstacle]:
    """What is to be said of the host as a whole."""
    if is_managed(host, config):
        reason = "mod_md has a certificate for its names; say issuer: mod_md for the site, or take MDomain out"
        yield Obstacle(f"MDomain of {host.server_name}", host.place.file, host.place.line, Judgement(REFUSE, reason))


def _beside(host: ExistingHost, config: Sequence[Directive]) -> Iterator[Obstacle]:
    """What stands in the file of the host, but outside of it; without what it says, which may be a password."""
    reason = "it stands outside of the virtual host, and stays in force where it is"
    for one in () if host.main else outside(config):
        if one.file == host.identity[0] and not one.section:
            yield Obstacle(one.name, one.file, one.line, Judgement(FINE, reason))
