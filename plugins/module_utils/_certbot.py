# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certbot renews on a host by files that httpd serves (--webroot), which our answer to challenges could hide. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Where it keeps what it renews: a file for each certificate.
DIRECTORY = "/etc/letsencrypt/renewal"
_BY_FILES = re.compile(r"^authenticator\s*=\s*webroot\s*$", re.MULTILINE)
_MAP = re.compile(r"^\s*\[\[webroot_map\]\]\s*$(.*)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^\s*(\S+)\s*=\s*(/.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Renewal:
    """The directory below which certbot puts its answers for a name, and the *file* that says so."""

    directory: str
    file: str

    def told(self, name: str, document_root: str) -> str:
        """Why the name cannot be taken over: its challenges would not be answered any more. Empty when they would."""
        if self.directory.rstrip("/") == document_root.rstrip("/"):
            return ""
        reason = f"certbot renews a certificate for {name} by files in {self.directory}, which would not be served any more"
        return f"{self.file}: {reason}; have it use the DocumentRoot {document_root}, or delete that certificate"


def renewals(texts: Mapping[str, str]) -> dict[str, Renewal]:
    """By name; *texts* has certbot's files by path."""
    return {name: Renewal(directory, path) for path, text in texts.items() for name, directory in _names(text)}


def _names(text: str) -> Iterable[tuple[str, str]]:
    found = _MAP.search(text) if _BY_FILES.search(text) else None
    return [(name.lower(), directory) for name, directory in _NAME.findall(found[1])] if found else []
