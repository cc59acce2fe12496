# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a virtual host does with most requests: files, an application, a redirect; and the certificate that it shows. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Optional

from ._conditions import Request
from ._config_tree import Directive, flag, last, last_outside, outside
from ._existing_hosts import ExistingHost
from ._redirects import Rule, read_rules

#: What mod_rewrite says; virtual hosts do not inherit it from the main server.
_REWRITING = re.compile(r"rewrite(engine|options|map|base|cond|rule)\Z", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@\s]*@")  # with a password, perhaps
_MAX_AGE = re.compile(r"max-age=\"?(\d+)", re.IGNORECASE)
_ALL = ("^/(.*)$", "^(/.*)$", "^(.*)$", "^/?(.*)$", "^", "/")
_PATHS = ("/", "/any/any.html")
_APPLICATIONS = ("wsgiscriptalias", "scriptalias")
_ADDS = ("set", "append", "add", "merge", "setifempty")


@dataclass(frozen=True)
class Serving:
    """*by*: files (of *target*, a directory), proxy (to *target*), application (*target*), redirect (to *target*) or status."""

    by: str
    target: str = ""
    status: int = 200


@dataclass(frozen=True)
class Certificate:
    """The files that a virtual host names; *managed_by* mod_md there are none."""

    files: tuple[str, ...] = ()
    key_files: tuple[str, ...] = ()
    chain_file: str = ""
    managed_by: str = ""


@lru_cache(maxsize=4)
def inherited(config: Sequence[Directive]) -> tuple[Directive, ...]:
    """What virtual hosts take over from the main server."""
    return tuple(one for one in outside(config) if not is_rewriting(one))


def is_rewriting(directive: Directive) -> bool:
    """Tell whether it is a directive of mod_rewrite."""
    return bool(_REWRITING.match(directive.name))


def rewrites(body: Sequence[Directive], config: Sequence[Directive]) -> bool:
    """Tell whether the rules of mod_rewrite are gone through: the main server's RewriteEngine is inherited, its rules are not."""
    found = last(body, "rewriteengine") or last_outside(config, "rewriteengine")
    return bool(found and flag([found], "rewriteengine"))


def handed_down(host: ExistingHost, config: Sequence[Directive]) -> set[str]:
    """By which RewriteOptions rules of the main server count in a virtual host; its own options, or else the main server's."""
    server, own = (
        {word.lower() for one in told if one.is_a("rewriteoptions") for word in one.words} for told in (outside(config), host.body)
    )
    options = own or server
    down = server & {"inheritdown", "inheritdownbefore"} if "ignoreinherit" not in options else set()
    return options & {"inherit", "inheritbefore"} | down


def serving(host: ExistingHost, config: Sequence[Directive]) -> Serving:
    """What the host does with requests that no special rule is for."""
    led = leads(host, config, host.names or (host.server_name or "any",))
    return led or next(_handlers(_everything(host, config)), None) or Serving("files", document_root(host.body, config))


def leads(host: ExistingHost, config: Sequence[Directive], names: Sequence[str], forwarded: Optional[str] = None) -> Optional[Serving]:
    """What a rule does with every request for these names, whatever a proxy in front says of it, or where that says *forwarded*; None where
    there is no such rule."""
    asked = Request("https" if host.tls else "http", "", "", forwarded)
    awake = rewrites(host.body, config)
    rules = [one for one in read_rules(_everything(host, config)) if awake or not is_rewriting(one.directive)]
    return next((found for rule in rules if (found := _leads_all(rule, names, asked))), None)


def _everything(host: ExistingHost, config: Sequence[Directive]) -> tuple[Directive, ...]:
    return host.body if host.main else (*host.body, *_for_all(config))


@lru_cache(maxsize=4)
def _for_all(config: Sequence[Directive]) -> tuple[Directive, ...]:
    """What the main server says of every request."""
    return tuple(one for one in inherited(config) if not one.section or one.is_a("location"))


def _leads_all(rule: Rule, given: Sequence[str], asked: Request) -> Optional[Serving]:
    """Where a rule leads that takes every request for every name, all of them *asked* alike."""
    names = [name.replace("*", "any") for name in given]
    answers = [rule.answer(replace(asked, host=name, path=path)) for name in names for path in _PATHS]
    found = [one for one in answers if one and one.certain and (one.status >= 300 or one.proxied)]
    if len(found) < len(answers):
        return None
    target = _USER.sub("", found[0].url or rule.target)
    if found[0].proxied:
        return Serving("proxy", target)
    return Serving("redirect", target, found[0].status) if found[0].status < 400 else Serving("status", "", found[0].status)


def _handlers(directives: Sequence[Directive]) -> Iterator[Serving]:
    """What is handed all requests, by directives of the host or of its <Location "/">."""
    inside = [one for section in directives if section.is_a("location") and section.words == ["/"] for one in section.children]
    words_of = [*((one, one.words) for one in directives), *((one, ["/"] * one.is_a("proxypass") + one.words) for one in inside)]
    for one, words in words_of:
        first, target = [*words, "", ""][:2]
        if target != "!" and ((one.is_a("proxypass") and first == "/") or (one.is_a("proxypassmatch") and first in _ALL)):
            yield Serving("proxy", _USER.sub("", target))
        elif one.is_a("sethandler") and first.startswith("proxy:"):
            yield Serving("proxy", _USER.sub("", first.removeprefix("proxy:")))
        elif one.is_a(*_APPLICATIONS) and first == "/":
            yield Serving("application", target)
        elif one.is_a("passengerapproot"):
            yield Serving("application", first)


def document_root(body: Sequence[Directive], config: Sequence[Directive]) -> str:
    """The directory of the files; a pattern of mod_vhost_alias as it is written."""
    names = ("virtualdocumentroot", "virtualdocumentrootip")
    found = last(body, *names) or last(body, "documentroot") or last_outside(config, *names) or last_outside(config, "documentroot")
    return found.words[0] if found and found.words else ""


def certificate(host: ExistingHost, config: Sequence[Directive], server_root: str) -> Optional[Certificate]:
    """The certificate that a host shows; None when it does not speak TLS."""
    if not host.tls:
        return None
    if is_managed(host, config):
        return Certificate(managed_by="mod_md")

    def files(name: str) -> tuple[str, ...]:
        found = [one for one in host.body if one.is_a(name)] or [one for one in outside(config) if one.is_a(name)]
        return tuple(os.path.join(server_root, one.words[0]) for one in found if one.words)

    return Certificate(files("sslcertificatefile"), files("sslcertificatekeyfile"), "".join(files("sslcertificatechainfile")[-1:]))


def is_managed(host: ExistingHost, config: Sequence[Directive]) -> bool:
    """Tell whether mod_md has a certificate for one of the host's names."""
    managed = {
        word.lower() for one in (*outside(config), *host.body) if one.is_a("mdomain", "managed_domain", "mdomainset") for word in one.words
    }
    return any(name.lower() in managed for name in host.names)


def hsts(host: ExistingHost, config: Sequence[Directive]) -> Optional[int]:
    """The seconds for which clients are told to use https alone; None when they are not."""
    found = [one for one in (*inherited(config), *host.body) if is_hsts(one)]
    told = _MAX_AGE.search(found[-1].arguments) if found else None
    return int(told[1]) if told else None


def is_hsts(directive: Directive) -> bool:
    """Tell whether it has clients use https alone."""
    if not directive.is_a("header"):
        return False
    words = [word.lower() for word in directive.words]
    action = words[1:] if words[:1] in (["always"], ["onsuccess"]) else words
    return action[:1] != [] and action[0] in _ADDS and action[1:2] == ["strict-transport-security"]
