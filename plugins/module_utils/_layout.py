# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the key and chain of a site lie on a host. Paths follow from this one rule, never from a result."""

from __future__ import annotations

from dataclasses import dataclass

from ._errors import ArgumentError


@dataclass(frozen=True)
class Layout:
    """The files of the certificate *name* below *directory*, such as /etc/apache2/tls.

    Raises ArgumentError for a name that would lead to another directory.
    """

    directory: str
    name: str

    def __post_init__(self) -> None:
        if not self.name or self.name.startswith(".") or "/" in self.name or "\0" in self.name:
            raise ArgumentError(f"certificate {self.name!r}: this name of a certificate is no name of a directory; use its first host name")

    @property
    def site(self) -> str:
        return f"{self.directory}/{file_name(self.name)}"

    @property
    def pending(self) -> str:
        return f"{self.site}/pending"

    @property
    def versions(self) -> str:
        return f"{self.site}/versions"

    @property
    def current(self) -> str:
        return f"{self.site}/current"

    def version(self, number: int) -> str:
        return f"{self.versions}/{number}"


def file_name(name: str) -> str:
    """A name of a host as a file name: "*" is a pattern to httpd's IncludeOptional and to shells, ":" (IPv6) parts paths elsewhere."""
    return name.replace("*", "_wildcard").replace(":", "_")


#: File names in ``pending``, ``versions/<n>`` and so in ``current``.
KEY = "privkey.pem"
CHAIN = "fullchain.pem"
REQUEST = "request.pem"
#: One line that tells who signed: the issuer and its server, as "acme https://ca.example/directory".
ISSUER = "issuer"
#: A directory with an empty file for each name of the certificate, which httpd asks for before it leads that name to https.
NAMES = "names"
