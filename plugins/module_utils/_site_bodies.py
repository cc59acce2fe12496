# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site serves that says so in directives of its own, as it was taken from a virtual host that was there before. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from . import _values as values
from ._errors import ArgumentError

_ADDRESS = re.compile(r"(?:\*|\[[0-9a-f:.]+\]|[0-9.]+):(?:\d{1,5}|\*)\Z", re.IGNORECASE)
_NAME = re.compile(r"[\w.:\[\]-]+\Z")
_TAG = re.compile(r"^\s*<(/?)VirtualHost\b", re.IGNORECASE | re.MULTILINE)
_OPTIONS = ("http", "https", "addresses", "https_addresses", "replaces", "keeps")
_KEPT = ("name", "http", "addresses")


@dataclass(frozen=True)
class Kept:
    """The name and directives of a virtual host that answers for names that nobody has, by http alone, and where it does."""

    name: str
    http: str = field(repr=False)
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class SiteBody:
    """The directives of both virtual hosts, and where they answer. *replaces*: virtual hosts that need not count any more, as FILE:LINE.
    *keeps*: what comes before them."""

    http: str = field(repr=False)
    https: str = field(repr=False)
    addresses: tuple[str, ...] = ("*:80",)
    https_addresses: tuple[str, ...] = ("*:443",)
    replaces: tuple[str, ...] = ()
    keeps: tuple[Kept, ...] = ()

    @property
    def alone(self) -> list[str]:
        """The addresses at which it answers by https, where these are not all."""
        found = [one.rpartition(":")[0].strip("[]") for one in self.https_addresses]
        return [] if "*" in found else found


def read_body(value: object, where: str) -> Optional[SiteBody]:
    """Read the option; None when it is not given. No error shows directives, which may hold passwords."""
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{where}: it is no dictionary; give http and https, the directives of the two virtual hosts")
    unknown = sorted(str(option) for option in set(value) - set(_OPTIONS))
    if unknown:
        raise ArgumentError(f"{where}: {unknown[0]} is no option; allowed are {', '.join(_OPTIONS)}")
    return SiteBody(
        http=_directives(value.get("http"), f"{where}: http"),
        https=_directives(value.get("https"), f"{where}: https"),
        addresses=_addresses(value.get("addresses", ["*:80"]), f"{where}: addresses"),
        https_addresses=_addresses(value.get("https_addresses", ["*:443"]), f"{where}: https_addresses"),
        replaces=tuple(values.text(one, f"{where}: replaces") for one in values.listed(value.get("replaces", []), f"{where}: replaces")),
        keeps=tuple(_kept(one, f"{where}: keeps") for one in values.listed(value.get("keeps", []), f"{where}: keeps")),
    )


def _kept(value: object, where: str) -> Kept:
    if not isinstance(value, Mapping) or set(value) != set(_KEPT):
        raise ArgumentError(f"{where}: each is a dictionary with {', '.join(_KEPT)}")
    name = values.text(value["name"], f"{where}: name")
    if not _NAME.match(name):
        raise ArgumentError(f"{where}: name: {name!r} is no name of a host")
    return Kept(name, _directives(value["http"], f"{where}: http"), _addresses(value["addresses"], f"{where}: addresses"))


def _directives(value: object, where: str) -> str:
    text = values.secret(value, where)
    if _TAG.search(text):
        raise ArgumentError(f"{where}: leave out <VirtualHost>; it is what stands in it")
    return text


def _addresses(value: object, where: str) -> tuple[str, ...]:
    found = tuple(values.text(one, where) for one in values.listed(value, where))
    wrong = next((one for one in found if not _ADDRESS.match(one)), None)
    if wrong is not None or not found:
        raise ArgumentError(f"{where}: {wrong!r} is no address with a port; write such as '*:80', '192.0.2.7:80' or '[2001:db8::7]:80'")
    return found
