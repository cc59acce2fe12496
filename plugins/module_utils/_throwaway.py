# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a host allows no private view: an httpd with the same TLS directives and certificates, on a loopback port, for a moment."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ._files import write_private
from ._httpd import Httpd
from ._proof import Address, must_serve
from ._trial import started

_MODULE = re.compile(r"LoadModule\s+(mpm_\w+|ssl|socache_shmcb|unixd|authz_core|authn_core)_module\s+\S+", re.IGNORECASE)
_OPEN = re.compile(r"<(\w+)\s*(.*?)>\Z")
_NAME = re.compile(r"Server(?:Name|Alias)\s+(.+)", re.IGNORECASE)
_TLS = re.compile(r"SSL\w+\s", re.IGNORECASE)
_DEFINE = re.compile(r"Define\s", re.IGNORECASE)
#: These name files of the running httpd.
_OWN = re.compile(r"SSL(?:SessionCache|StaplingCache|RandomSeed)\b", re.IGNORECASE)
#: Outside of virtual hosts these stand in files that virtual hosts include.
_OF_HOST = re.compile(r"SSL(?:Engine|Certificate\w*)\b", re.IGNORECASE)
#: Sections for requests: what they say is not asked at a handshake.
_REQUESTS = re.compile(r"(?:Directory|Files|Location|Proxy|Limit|If$|ElseIf|Else$|Macro)", re.IGNORECASE)


@dataclass
class Host:
    """What a virtual host says of TLS."""

    names: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)
    tls: bool = False


@dataclass(frozen=True)
class Throwaway:
    """What it is made of: the candidate's configuration files in order, what will be ``current`` of which certificate, where to lie."""

    httpd: Httpd
    texts: Sequence[str]
    moved: Mapping[str, str]
    scratch: str

    def must_serve(self, expected: Mapping[str, str], timeout: float) -> None:
        """Start it, and shake hands: *expected* is the chain for each host name. Raises HttpdError when it does not start or serve."""
        port, path = _free_port(), f"{self.scratch}/httpd.conf"
        content = self.configuration(port, self.httpd.identity(), self.httpd.build().server_root)
        write_private(path, content.encode(errors="surrogateescape"))
        command = [self.httpd.foreground()[0], "-f", path, *self.httpd.foreground()[1:]]
        with started(self.httpd, command, {}, f"{self.scratch}/pid", f"{self.scratch}/log"):
            must_serve(expected, Address(port, "127.0.0.1"), timeout)

    def configuration(self, port: int, identity: Sequence[str], server_root: str) -> str:
        """Modules that TLS needs, and all that the candidate says of it."""
        hosts = [Host(tls=True)]
        modules: dict[str, None] = {}
        for text in self.texts:
            modules.update(dict.fromkeys(match[0] for match in _MODULE.finditer(text)))
            _read(_lines(text), hosts, self._is_there)
        lines = [f'ServerRoot "{server_root}"', *modules, *identity, "ServerName localhost", f"Listen 127.0.0.1:{port}"]
        lines += [f'PidFile "{self.scratch}/pid"', f'ErrorLog "{self.scratch}/log"', f'DefaultRuntimeDir "{self.scratch}"']
        lines += [f'SSLSessionCache "shmcb:{self.scratch}/cache(512000)"', *hosts[0].directives]
        for host in (one for one in hosts[1:] if one.tls):
            lines += [f"<VirtualHost 127.0.0.1:{port}>", *host.names, *host.directives, "</VirtualHost>"]
        text = "\n".join([*lines, ""])
        for current, version in self.moved.items():
            text = text.replace(f"{current}/", f"{version}/")
        return text

    def _is_there(self, path: str) -> bool:
        """Whether a file will be there, which turns https on for a site."""
        return os.path.exists(path) or any(path.startswith(f"{current}/") for current in self.moved)


def _read(lines: Iterable[str], hosts: list[Host], is_there: Callable[[str], bool]) -> None:
    """Add what lines say: the first of *hosts* is the server itself."""
    inside = hosts[0]
    denied = 0
    for line in lines:
        if match := _OPEN.match(line):
            denied += bool(denied) or _is_denied(match[1], match[2], is_there)
            if match[1].lower() == "virtualhost" and not denied:
                inside = Host(tls=match[2].rstrip('"').endswith(":443"))
                hosts.append(inside)
        elif line.lower() == "</virtualhost>" and not denied:
            inside = hosts[0]
        elif line.startswith("</"):
            denied -= bool(denied)
        elif not denied and _NAME.match(line) and inside is not hosts[0]:
            inside.names.append(line)
        elif not denied and _DEFINE.match(line):
            hosts[0].directives.append(line)
        elif not denied and _TLS.match(line) and not (_OWN.match(line) or (inside is hosts[0] and _OF_HOST.match(line))):
            inside.directives.append(line)


def _is_denied(section: str, condition: str, is_there: Callable[[str], bool]) -> bool:
    """Of conditions, files are looked for; others are taken as met, but for those that deny."""
    path = condition.lstrip("!").strip('"')
    if section.lower() == "iffile" and path.startswith("/"):
        return is_there(path) == condition.startswith("!")
    return condition.startswith("!") or bool(_REQUESTS.match(section))


def _lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            yield line.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
