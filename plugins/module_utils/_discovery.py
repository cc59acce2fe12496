# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host's httpd serves now, for people and for results. Pure, but for the files that are read through a callable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any, Callable, Optional

from . import _httpd_dumps as dumps
from ._bodies import body, source
from ._config_tree import Config, Directive, last, parse
from ._existing_hosts import ExistingHost, Listen, read_hosts, read_listens
from ._htaccess import files, in_files
from ._migration_twins import leaning
from ._neighbours import Neighbours
from ._obstacle import BOTH, REFUSE, Obstacle
from ._obstacles import obstacles
from ._override_files import Directories, root_alone
from ._serving import certificate, hsts, serving

#: Gives the text of a file; None when there is none.
Read = Callable[[str], Optional[str]]

#: How the template of the role begins its files, and what it says where a body was taken over.
_OURS = re.compile(r"# Written by encrypt\.httpd \(role encrypt\.httpd\.https\): the site (\S+)\.$", re.MULTILINE)
_TAKEN = re.compile(r"^# What it serves was taken from (.+); change it there", re.MULTILINE)


@dataclass(frozen=True)
class Discovery:
    """What httpd has told: its configuration, its virtual hosts, its server root; and ways to read files, and to find directories."""

    config: Sequence[Directive]
    hosts: list[ExistingHost]
    server_root: str
    read: Read
    find: Directories = root_alone

    @classmethod
    def of(
        cls,
        configuration: str,
        dump: str,
        read: Read,
        find: Directories = root_alone,
        without: Callable[[str], bool] = lambda _file: False,
    ) -> Discovery:
        """Put together what httpd tells: *configuration* is DUMP_CONFIG, *dump* is DUMP_VHOSTS and DUMP_RUN_CFG.

        It is as if there were no files that *without* tells.
        """
        without, read, find = lru_cache(maxsize=None)(without), lru_cache(maxsize=None)(read), lru_cache(maxsize=None)(find)
        settings, seen = dumps.parse_settings(dump), dumps.parse_virtual_hosts(dump)
        config = Config(one for one in parse(configuration) if not without(one.file))
        root = settings.get("Main DocumentRoot", "")  # what httpd was built with, unless a directive says it
        if root and not last(config, "documentroot"):
            config = Config((*config, Directive("DocumentRoot", f'"{root}"', "", 0)))
        return cls(config, read_hosts(config, dumps.leave_out(seen, without)), settings.get("ServerRoot", ""), read, find)

    def to_dict(self, content: bool = False) -> dict[str, Any]:
        """For results; with *content*, the texts of the virtual hosts, too."""
        sites = {file: self._site(file) for file in {host.place.file for host in self.hosts}}
        return {
            "listen": [asdict(one) for one in self.listens],
            "virtual_hosts": [
                {**self.told(host), **sites[host.place.file], **(self.content(host) if content else {})} for host in self.hosts
            ],
        }

    def told(self, host: ExistingHost) -> dict[str, Any]:
        """What there is to know of a virtual host."""
        shown, found = certificate(host, self.config, self.server_root), self.obstacles(host)
        return {
            "server_name": host.server_name,
            "aliases": list(host.aliases),
            "named": host.named,
            "main": host.main,
            "addresses": [asdict(one) for one in host.addresses],
            "kind": host.kind,
            "twin": self._twin(host),
            "serves": asdict(serving(host, self.config)),
            "certificate": asdict(shown) if shown else None,
            "hsts": hsts(host, self.config),
            **asdict(host.place),
            "obstacles": [one.to_dict() for one in found],
            "refused": any(one.verdict == REFUSE for one in found),
        }

    @cached_property
    def neighbours(self) -> Neighbours:
        """The virtual hosts by place and by name."""
        return Neighbours(self.hosts)

    @cached_property
    def listens(self) -> list[Listen]:
        """The Listen directives in force."""
        return read_listens(self.config)

    @cached_property
    def leaning(self) -> Callable[[ExistingHost], list[tuple[str, ExistingHost]]]:
        """Names that have https only as a host answers for all that nobody has, with who has them by http; found once for each host."""
        return lru_cache(maxsize=None)(lambda on: leaning(on, self.neighbours, self.config))

    @cached_property
    def obstacles(self) -> Callable[[ExistingHost], tuple[Obstacle, ...]]:
        """What is in the way of https, in the configuration and in the .htaccess files of the document root; found once for each host."""
        return lru_cache(maxsize=None)(self._obstacles)

    def _obstacles(self, host: ExistingHost) -> tuple[Obstacle, ...]:
        by = serving(host, self.config).by
        return (*obstacles(host, self.config), *in_files(host, self.config, by, self.read, self.find))

    def in_files(self, host: ExistingHost) -> list[Directive]:
        """What the .htaccess files of the document root say."""
        found = files(host, self.config, serving(host, self.config).by, self.read, self.find)
        return [one for _base, inner in found.values() for one in inner]

    def content(self, host: ExistingHost) -> dict[str, Any]:
        """The host as a person wrote it, and as virtual hosts of ours can have it."""
        written = source(host, self.read(host.place.file) or "")
        found = self.obstacles(host)
        return {"source": asdict(written) if written else None, "bodies": {kind: body(host, found, kind) for kind in BOTH}}

    def _site(self, file: str) -> dict[str, str]:
        """The site of the collection that a file was written for, and where that was taken from."""
        written = self.read(file) or ""
        ours, taken = _OURS.match(written), _TAKEN.search(written)
        return {"site": ours[1] if ours else "", "taken_from": taken[1] if ours and taken else ""}

    def _twin(self, host: ExistingHost) -> Optional[dict[str, Any]]:
        found = host.twin(self.neighbours.tls.having(host.server_name))
        if not found:
            return None
        return {"file": found.place.file, "line": found.place.line, "missing": [name for name in host.names if not found.has(name)]}
