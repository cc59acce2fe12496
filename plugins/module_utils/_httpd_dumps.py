# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what httpd prints about itself: ``-V``, ``-t -D DUMP_...``, and its Listen directives. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Optional

_BUILD_OPTION = re.compile(r'^ -D (\w+)="(.*)"$', re.MULTILINE)
_SINGLE = re.compile(r"^(?P<address>\S+):(?P<port>\d+|\*)\s+(?P<name>\S+) \((?P<file>.+):(?P<line>\d+)\)$")
_GROUP = re.compile(r"^(?P<address>\S+):(?P<port>\d+|\*)\s+is a NameVirtualHost$")
_MEMBER = re.compile(r"^\s+port (?:\d+|\*) namevhost (?P<name>\S+) \((?P<file>.+):(?P<line>\d+)\)$")
_ALIAS = re.compile(r"^\s+(?:wild )?alias (?P<name>\S+)$")
_MODULE = re.compile(r"^ (\w+)_module \((?:static|shared)\)$", re.MULTILINE)
_INCLUDE = re.compile(r"^\s+\((?:\*|\d+)\) (/.+)$", re.MULTILINE)
_TREE = re.compile(r"^( +)\((?:\*|\d+)\) (/.+)$", re.MULTILINE)
_SETTING = re.compile(r'^(\w[\w ]*): "(.*)"$', re.MULTILINE)
_OPEN = re.compile(r"<IfModule\s+(\S+?)\s*>\Z", re.IGNORECASE)
_LISTEN = re.compile(r"Listen\s+(?:(?P<address>\S+):)?(?P<port>\d+)(?:\s+\w+)?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Build:
    """From ``-V``: version such as "2.4.68", MPM such as "event", the server root and main configuration file."""

    version: str
    mpm: str
    server_root: str
    config_file: str


@dataclass(frozen=True)
class VirtualHost:
    """One virtual host for one address. The first of an address and port answers for all other names (*default*)."""

    address: str
    port: str
    server_name: str
    file: str
    line: int
    default: bool
    aliases: list[str] = field(default_factory=list)

    def answers(self, name: str) -> bool:
        """Tell whether ServerName or a ServerAlias (with its wildcards) matches the host name."""
        return any(fnmatch.fnmatchcase(name, pattern.lower()) for pattern in (self.server_name, *self.aliases))

    def common(self, name: str) -> str:
        """The host name that it and another virtual host of a name both answer for; wildcards stand on either side."""
        covered = [own for own in (self.server_name, *self.aliases) if name.startswith("*.") and fnmatch.fnmatchcase(own.lower(), name)]
        return name if self.answers(name) else (covered or [""])[0]


def parse_build(text: str) -> Build:
    """Read the output of ``httpd -V``."""
    options = dict(_BUILD_OPTION.findall(text))
    version = re.search(r"Apache/(\S+)", text)
    mpm = re.search(r"^Server MPM:\s+(\S+)", text, re.MULTILINE)
    root = options.get("HTTPD_ROOT", "")
    config = options.get("SERVER_CONFIG_FILE", "")
    return Build(
        version=version.group(1) if version else "",
        mpm=mpm.group(1).lower() if mpm else "",
        server_root=root,
        config_file=config if config.startswith("/") else f"{root}/{config}",
    )


def parse_virtual_hosts(text: str) -> list[VirtualHost]:
    """Read ``DUMP_VHOSTS``: every virtual host, in the order in which httpd looks at them."""
    hosts: list[VirtualHost] = []
    group: tuple[str, str] = ("", "")
    first = False
    for line in text.splitlines():
        if match := _GROUP.match(line):
            group, first = (match["address"], match["port"]), True
        elif match := _MEMBER.match(line):
            hosts.append(_virtual_host(match, *group, default=first))
            first = False
        elif match := _SINGLE.match(line):
            hosts.append(_virtual_host(match, match["address"], match["port"], default=True))
        elif (match := _ALIAS.match(line)) and hosts:
            hosts[-1].aliases.append(match["name"])
    return hosts


def _virtual_host(match: re.Match[str], address: str, port: str, *, default: bool) -> VirtualHost:
    return VirtualHost(address, port, match["name"], match["file"], int(match["line"]), default)


def leave_out(hosts: Iterable[VirtualHost], without: Callable[[str], bool]) -> list[VirtualHost]:
    """What there would be without some files: another one may answer for all other names then."""
    left: dict[tuple[str, str], int] = {}
    found = [host for host in hosts if not without(host.file)]
    return [replace(host, default=left.setdefault((host.address, host.port), number) == number) for number, host in enumerate(found)]


def answering(hosts: Iterable[VirtualHost], name: str, port: str) -> Optional[VirtualHost]:
    """Tell which virtual host answers for a name: the first that has it, else the default of the port."""
    of_port = [host for host in hosts if host.port in (port, "*")]
    named = (host for host in of_port if host.answers(name))
    return next(named, None) or next((host for host in of_port if host.default), None)


def parse_modules(text: str) -> list[str]:
    """Read ``DUMP_MODULES``: names without their ending, such as "ssl"."""
    return _MODULE.findall(text)


def parse_settings(text: str) -> dict[str, str]:
    """Read ``DUMP_RUN_CFG``: settings of the whole server, such as "ServerRoot" and "Main DocumentRoot"."""
    return dict(_SETTING.findall(text))


def parse_includes(text: str) -> list[str]:
    """Read ``DUMP_INCLUDES``: the path of every configuration file, each once."""
    return list(dict.fromkeys(_INCLUDE.findall(text)))


def parse_include_tree(text: str) -> list[tuple[int, str]]:
    """The same with how deep each file is, 0 being the main one, and as often as it is read."""
    return [((len(spaces) - 2) // 2, path) for spaces, path in _TREE.findall(text)]


def parse_listens(text: str, modules: Iterable[str]) -> list[int]:
    """The ports of the ``Listen`` directives of one file that count when *modules* are loaded (``<IfModule>``)."""
    return [port for _address, port in parse_listen_places(text, modules)]


def parse_listen_places(text: str, modules: Iterable[str]) -> list[tuple[str, int]]:
    """The same with their addresses, "*" where they name none."""
    loaded = {spelling for name in modules for spelling in (f"{name}_module", f"mod_{name}.c")}
    places: list[tuple[str, int]] = []
    skipped: list[bool] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if match := _OPEN.match(line):
            skipped.append((match[1].lstrip("!") in loaded) == match[1].startswith("!"))
        elif line.lower() == "</ifmodule>" and skipped:
            skipped.pop()
        elif (match := _LISTEN.match(line)) and not any(skipped):
            places.append((match["address"] or "*", int(match["port"])))
    return places
