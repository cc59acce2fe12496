# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration to be shown where it may be kept, such as in the log of a run: without what may be a password. Pure."""

from __future__ import annotations

import re

HIDDEN = "(hidden)"
#: Directives that say where things lie and who may come. Whatever else there is may hold a secret, in a module that nobody thought of.
_OPEN = re.compile(
    r"(?:</?(?:virtualhost|directory(?:match)?|location(?:match)?|files(?:match)?|limit(?:except)?|proxy(?:match)?|if(?:file|module|version)|"
    r"mdomain|require(?:all|any|none))|</if|</elseif|</?else|documentroot|server(?:name|alias|admin)|(?:script)?alias(?:match)?|"
    r"redirect(?:match|permanent|temp)?|errorlog|customlog|loglevel|options|allowoverride|order|allow|deny|satisfy|directoryindex|errordocument|"
    r"fallbackresource|rewrite(?:engine|base|options|rule|cond)|sslengine|sslcertificate(?:key|chain)?file|sslproxyengine|"
    r"proxypass(?:match|reverse)?|proxypreservehost|proxyrequests|sethandler|addhandler|addtype|include(?:optional)?|protocols|mdprivatekeys|"
    r"mdrenewwindow|require (?:all|ip|host|local|user|group|valid-user|method)|authtype|authname|auth(?:user|group)file|wsgiscriptalias|"
    r"(?:request)?header (?:(?:always|onsuccess) )?\w+ \W?(?:strict-transport-|x-forwarded-|x-frame-|x-content-|cache-|content-)\S*)"
    r"(?:[ \t>]|$)",
    re.IGNORECASE,
)
#: What else may be told of a line: which variable it sets.
_NAMED = re.compile(r"(?:setenv|passenv|php_(?:admin_)?(?:value|flag))\s+\S+|<?/?\w+", re.IGNORECASE)
#: In lines that are open: who asks with which password, what the environment gets, what a proxy and its server share.
_WITHIN = re.compile(r"(?<=://)[^/@\s]*@|(?<=\bE=)[^,\]\s]+|(?<=\bsecret=)\S+", re.IGNORECASE)
#: What a client has to know is asked for here.
_ASKS = re.compile(r"rewritecond\s+\S*%\{(?:HTTP:(?!X-Forwarded)|HTTP_COOKIE|HTTP_AUTHORIZATION|QUERY_STRING)", re.IGNORECASE)
_CONTINUED = re.compile(r"\\\r?\n")


def hide_values(text: str) -> str:
    """The configuration as it may be shown."""
    return "\n".join(_line(one) for one in _CONTINUED.sub("", text).split("\n"))


def _line(line: str) -> str:
    directive = line.strip()
    if not directive or directive.startswith("#"):
        return line
    if _OPEN.match(directive) and not _ASKS.match(directive):
        return _WITHIN.sub(lambda found: HIDDEN + ("@" if found[0].endswith("@") else ""), line)
    named = _NAMED.match(directive)
    shown = named[0] if named else ""
    return line if shown == directive else f"{line[: len(line) - len(line.lstrip())]}{shown} {HIDDEN}{'>' * directive.startswith('<')}"
