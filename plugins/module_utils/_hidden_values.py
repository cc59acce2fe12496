# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration to be shown where it may be kept, such as in the log of a run: without what may be a password. Pure."""

from __future__ import annotations

import re

HIDDEN = "(hidden)"
#: Headers that are no secret: how the client came to a proxy in front, and what browsers are told to do with a page.
_FRONT = r"x-(?:forwarded-(?:proto(?:col)?|scheme|port|ssl|host|server|for)|scheme)"
_HEADERS = (
    rf"(?:{_FRONT}|strict-transport-security|x-frame-options|x-content-type-options|cache-control|"
    r"access-control-allow-origin|content-(?:type|language|disposition|security-policy(?:-report-only)?))"
)
#: What a client need not know a secret for.
_VARIABLE = (
    r"%\{(?:https|http_host|server_\w+|request_(?:uri|filename|method|scheme)|script_filename|document_root|remote_addr|"
    rf"http:{_FRONT})\}}"
)
#: Conditions that ask for nothing else. Functions, such as req('X-Key'), and what was found before, such as %1, may be anything.
_TEST = rf"rewritecond\s+[\"']?(?:[^%$\s\"']*{_VARIABLE})+[^%$\s\"']*[\"']?(?=\s)"
_EXPRESSION = rf"(?:[^%($]|{_VARIABLE})*"
#: Directives that say where things lie and who may come. Whatever else there is may hold a secret, in a module that nobody thought of.
_OPEN = re.compile(
    r"(?:</?(?:virtualhost|directory(?:match)?|location(?:match)?|files(?:match)?|limit(?:except)?|proxy(?:match)?|if(?:file|module|version)|"
    r"mdomainset|require(?:all|any|none))|</if|</elseif|</?else|documentroot|server(?:name|alias|admin)|(?:script)?alias(?:match)?|"
    r"redirect(?:match|permanent|temp)?|(?:error|custom)log(?!\s+[\"']?\|)|loglevel|options|allowoverride|order|allow|deny|satisfy|"
    r"directoryindex|errordocument|fallbackresource|rewrite(?:engine|base|options|rule)|mdomain|"
    r"ssl(?:engine|(?:certificate|certificatekey|certificatechain)file|proxyengine|protocol|ciphersuite|honorcipherorder|sessiontickets|"
    r"verifyclient|verifydepth)|"
    r"proxypass(?:match|reverse)?|proxypreservehost|proxyrequests|(?:remoteip)?proxyprotocol|sethandler|addhandler|addtype|"
    r"include(?:optional)?|protocols?|mdprivatekeys|mdrenewwindow|"
    r"require (?:all|ip|host|local|user|group|valid-user|method)|authtype|authname|auth(?:user|group)file|wsgiscriptalias|"
    rf"setenv https|(?:request)?header (?:(?:always|onsuccess) )?\w+ [\"']?{_HEADERS}:?[\"']?)(?:[ \t>]|$)|"
    rf"{_TEST}|(?:<(?:else)?if|require expr)\s{_EXPRESSION}$|setenvif(?:nocase)? {_FRONT} \S+ !?https(?:=\w+)?$",
    re.IGNORECASE,
)
#: What else may be told of a line: which variable it sets, or whose processes it starts.
_NAMED = re.compile(r"(?:setenv|passenv|wsgidaemonprocess|php_(?:admin_)?(?:value|flag))\s+[\w.-]+|<?/?\w+", re.IGNORECASE)
#: In lines that are open: who asks with which password, what the environment and cookies get, what a proxy and its server share,
#: and what is asked of the client.
_WITHIN = re.compile(
    rf"(://)[^/\s]*(?=@)|\b((?:E|env|CO|cookie)=)[^,]+?(?=,|\][\"']?\s*$)|\b(secret=).+|\b(expr=)(?!{_EXPRESSION}$).+", re.IGNORECASE
)
#: Where a "?" is part of a pattern, and not in front of a query.
_PATTERN = re.compile(
    r"\s*(?:(?:<|rewritecond\s|setenvif).*|(?:rewriterule|\w+match)\s+(?:(?:\d+|permanent|temp|seeother|gone)\s+)?(?:\"(?:\\.|[^\"\\])*\"|\S+))",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|\S+")
#: An address may carry a key, or be signed.
_QUERY = re.compile(r"\?(?![\"']?\Z).*?([\"']?)\Z")
_CONTINUED = re.compile(r"\\\r?\n")


def hide_values(text: str) -> str:
    """The configuration as it may be shown."""
    return "\n".join(_line(one) for one in _CONTINUED.sub("", text).split("\n"))


def _line(line: str) -> str:
    directive = line.strip()
    if not directive or directive.startswith("#"):
        return line
    if _OPEN.match(directive):
        return _WITHIN.sub(lambda found: f"{found[found.lastindex or 0]}{HIDDEN}", _without_queries(line))
    named = _NAMED.match(directive)
    shown = named[0] if named else ""
    return line if shown == directive else f"{line[: len(line) - len(line.lstrip())]}{shown} {HIDDEN}{'>' * directive.startswith('<')}"


def _without_queries(line: str) -> str:
    pattern = _PATTERN.match(line)
    start = pattern.end() if pattern else 0
    return line[:start] + _ARGUMENT.sub(lambda one: _QUERY.sub(rf"?{HIDDEN}\1", one[0]), line[start:])
