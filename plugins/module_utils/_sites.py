# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of sites as a user writes it: checked, with all defaults filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ._arguments import host_name, host_names
from ._errors import ArgumentError

#: What a site can do with a request; a site has exactly one of them.
KINDS = ("root", "proxy", "redirect")
REDIRECTS = ("permanent", "temporary", "none")
ISSUERS = ("acme", "mod_md", "purchased", "private_ca", "self_signed")
#: Status codes of RFC 9110 15.4. "temporary" for humans is 302, which clients do not remember.
STATUS = {"permanent": 301, "temporary": 302, "none": 0}

#: Of the issuer purchased: what the host has already.
_EXISTING = ("key_file", "certificate_file", "chain_file", "passphrase")
_HANDLING = ("redirect_http", "redirect_status", "hsts", "key_type", "issuer", "shared_by")
_OPTIONS = (*KINDS, "name", "aliases", *_HANDLING, *_EXISTING, "extra", "default")


@dataclass(frozen=True)
class Site:
    """One site. *names* is the name and its aliases; *redirect_http* the status of http → https, 0 for none."""

    name: str
    names: tuple[str, ...]
    root: str
    proxy: str
    redirect: str
    redirect_status: int
    redirect_http: int
    hsts: int
    key_type: str
    issuer: str
    shared_by: str
    extra: str
    default: bool
    existing: dict[str, str] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """For templates; *served* and *certificate* are what modules take of it as parameters."""
        served = {"name": self.name, "names": list(self.names)}
        certificate = {**served, "key_type": self.key_type, "issuer": self.issuer, **self.existing}
        if self.shared_by:
            certificate["shared_by"] = self.shared_by
        return {**asdict(self), **served, "served": served, "certificate": certificate}


def read_sites(entries: Sequence[object], defaults: dict[str, Any]) -> list[Site]:
    """Read all sites; *defaults* has redirect_http, hsts, key_type, issuer and shared_by for those that say nothing.

    Raises ArgumentError that names the site, the option and what is allowed.
    """
    sites = [_read(number, entry, defaults) for number, entry in enumerate(entries, 1)]
    _check_together(sites)
    return sites


def _read(number: int, entry: object, defaults: dict[str, Any]) -> Site:
    if not isinstance(entry, dict):
        raise ArgumentError(f"https_sites: entry {number} is no dictionary; write at least a name")
    name = host_name(entry.get("name"), f"https_sites: entry {number}: name")
    where = f"site {name!r}"
    given = {key: value for key, value in entry.items() if value is not None}
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise ArgumentError(f"{where}: {unknown[0]} is no option; allowed are {', '.join(_OPTIONS)}")
    kinds = [kind for kind in KINDS if given.get(kind)]
    if len(kinds) != 1:
        told = f"has {' and '.join(kinds)}" if kinds else "says nothing about what to serve"
        raise ArgumentError(f"{where}: {told}; give exactly one of {', '.join(KINDS)}")
    choice = {option: given.get(option, defaults[option]) for option in ("redirect_http", "hsts", "key_type", "issuer", "shared_by")}
    return Site(
        name=name,
        names=host_names([name, *_list(given.get("aliases", []), f"{where}: aliases")], f"{where}: aliases"),
        root=_root(given.get("root", ""), f"{where}: root"),
        proxy=_with_slash(_url(given.get("proxy", ""), f"{where}: proxy", ("http://", "https://", "unix:"))),
        redirect=_with_slash(_url(given.get("redirect", ""), f"{where}: redirect", ("http://", "https://"))),
        redirect_status=STATUS[_choice(given.get("redirect_status", "permanent"), f"{where}: redirect_status", REDIRECTS[:2])],
        redirect_http=STATUS[_choice(choice["redirect_http"], f"{where}: redirect_http", REDIRECTS)],
        hsts=_seconds(choice["hsts"], f"{where}: hsts"),
        key_type=str(choice["key_type"]),
        issuer=_choice(choice["issuer"], f"{where}: issuer", ISSUERS),
        shared_by=_shared_by(choice["shared_by"], given, str(choice["issuer"]), where),
        extra=_text(given.get("extra", ""), f"{where}: extra"),
        default=_boolean(given.get("default", False), f"{where}: default"),
        existing=_existing(given, str(choice["issuer"]), where),
    )


def _check_together(sites: Sequence[Site]) -> None:
    owner: dict[str, str] = {}
    for site in sites:
        for name in site.names:
            if owner.setdefault(name, site.name) != site.name:
                raise ArgumentError(f"site {site.name!r}: {name} belongs to site {owner[name]!r} already; keep it in one of them")
            if site.issuer == "acme" and name.startswith("*."):
                raise ArgumentError(f"site {site.name!r}: {name} is a wildcard, which a CA does not validate by http-01; name each host")
    names = [site.name for site in sites]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ArgumentError(f"site {twice[0]!r} is in https_sites {names.count(twice[0])} times; keep one of them")
    defaults = [site.name for site in sites if site.default]
    if len(defaults) > 1:
        raise ArgumentError(f"sites {' and '.join(map(repr, defaults))} both say default: true; one host has one default site")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"{where}: {value!r} is no text")
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise ArgumentError(f"{where}: {value!r} is no list; write one such as [www.example.org]")
    return value


def _boolean(value: object, where: str) -> bool:
    # A variable out of a template or off the command line is text.
    found = {"true": True, "yes": True, "false": False, "no": False}.get(str(value).lower())
    if found is None:
        raise ArgumentError(f"{where}: {value!r} is not allowed; allowed are true and false")
    return found


def _existing(given: dict[str, Any], issuer: str, where: str) -> dict[str, str]:
    found = {option: _text(given[option], f"{where}: {option}") for option in _EXISTING if option in given}
    if found and issuer != "purchased":
        raise ArgumentError(f"{where}: {next(iter(found))} is for the issuer purchased; say issuer: purchased")
    if found and not {"key_file", "certificate_file"} <= set(found):
        raise ArgumentError(f"{where}: key_file and certificate_file belong together; give both, or neither to have a key made")
    return found


def _shared_by(value: object, given: dict[str, Any], issuer: str, where: str) -> str:
    group = _text(value, f"{where}: shared_by")
    if group and issuer == "mod_md":
        raise ArgumentError(f"{where}: shared_by: mod_md keeps its keys to itself; choose another issuer, or leave out shared_by")
    if group and "key_file" in given:
        raise ArgumentError(f"{where}: shared_by: with key_file each host has key and certificate already; leave out one of the two")
    return group


def _root(value: object, where: str) -> str:
    text = _one_line(value, where)
    if text and not text.startswith("/"):
        raise ArgumentError(f"{where}: {text!r} is no absolute path")
    return text


def _url(value: object, where: str, schemes: tuple[str, ...]) -> str:
    text = _one_line(value, where)
    if text and not text.startswith(schemes):
        raise ArgumentError(f"{where}: {text!r} must start with {' or '.join(schemes)}")
    return text


def _with_slash(url: str) -> str:
    # "/" is mapped to it: without the slash at its end, httpd would join "/a" to "backenda".
    return url if not url or url.endswith("/") else f"{url}/"


def _one_line(value: object, where: str) -> str:
    text = _text(value, where)
    if any(character in text for character in '\n\r"'):
        raise ArgumentError(f"{where}: {text!r} has a quote or line break, which httpd would read as something else")
    return text


def _choice(value: object, where: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ArgumentError(f"{where}: {value!r} is not allowed; allowed are {', '.join(allowed)}")
    return str(value)


def _seconds(value: object, where: str) -> int:
    try:
        seconds = int(str(value))
    except ValueError:
        seconds = -1
    if seconds < 0:
        raise ArgumentError(f"{where}: {value!r} is no number of seconds; 0 sends no header, 63072000 are two years")
    return seconds
