# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of sites as a user writes it: checked, with all defaults filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

from . import _values as values
from ._arguments import CHALLENGES, check_key_type, host_name, host_names, provable
from ._errors import ArgumentError
from ._layout import file_name
from ._names import covering, in_url, is_address
from ._rollout_options import read_stage, staged
from ._site_bodies import SiteBody, read_body

#: What a site can do with a request; a site has exactly one of them.
KINDS = ("root", "proxy", "redirect", "body")
REDIRECTS = ("permanent", "temporary", "none")
ISSUERS = ("acme", "mod_md", "purchased", "private_ca", "self_signed")
#: Status codes of RFC 9110 15.4. "temporary" for humans is 302, which clients do not remember.
STATUS = {"permanent": 301, "temporary": 302, "none": 0}

#: Of the issuer purchased: what the host has already.
_EXISTING = ("key_file", "certificate_file", "chain_file", "passphrase")
_INHERITED = ("redirect_http", "hsts", "upgrade_insecure_requests", "rollout", "key_type", "issuer", "challenge", "shared_by", "replace")
#: For callers that do not know of these options.
_LATER = {"upgrade_insecure_requests": False, "rollout": "", "challenge": CHALLENGES[0]}
_OPTIONS = (*KINDS, "name", "aliases", *_INHERITED, "redirect_status", *_EXISTING, "extra", "default")


@dataclass(frozen=True)
class Site:
    """One site. *names* is the name and its aliases; *redirect_http* the status of http → https, 0 for none.

    With *rollout*, the stage that it shall reach, *redirect_http* and *hsts* are those of its end.
    """

    name: str
    names: tuple[str, ...]
    root: str
    proxy: str
    redirect: str
    body: Optional[SiteBody]
    redirect_status: int
    redirect_http: int
    hsts: int
    upgrade_insecure_requests: bool
    rollout: str
    key_type: str
    issuer: str
    challenge: str
    shared_by: str
    replace: bool
    extra: str
    default: bool
    existing: dict[str, str] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """For templates; *served*, *certificate* and (with a rollout) *staged* are what modules take of it as parameters.

        *host* is the name in URLs, *file* in paths. Each of *aliases* has *marks*: one of these files is there when the certificate has it.
        """
        certified = {"name": self.name, "names": list(self.names)}
        served = {**certified, "addresses": self.body.alone} if self.body and self.body.alone else certified
        places = dict.fromkeys(self.names, served.get("addresses", [])) if "addresses" in served else {}
        certificate = {**certified, "key_type": self.key_type, "issuer": self.issuer, "challenge": self.challenge, **self.existing}
        if self.shared_by:
            certificate["shared_by"] = self.shared_by
        aliases = [{"name": one, "host": in_url(one), "marks": [file_name(mark) for mark in covering(one)]} for one in self.names[1:]]
        written = {"host": in_url(self.name), "file": file_name(self.name), "aliases": aliases, **self._directives()}
        written.update(staged(served, self.rollout, self.hsts, bool(self.shared_by)))
        return {**asdict(self), **served, **written, "served": served, "places": places, "certificate": certificate}

    def _directives(self) -> dict[str, Any]:
        """What ServerName and ServerAlias say. ServerName takes no IPv6 address, and ServerAlias takes it without brackets."""
        fit = [name for name in self.names if ":" not in name and not name.startswith("*.")]
        server_name = fit[0] if fit else f"ipv6-{self.name.replace(':', '-')}.invalid"  # RFC 6761 6.4: nobody asks for it
        return {"server_name": server_name, "server_aliases": [name for name in self.names if name != server_name]}


def read_sites(entries: Sequence[object], defaults: dict[str, Any]) -> list[Site]:
    """Read all sites; *defaults* has what holds for those that say nothing: all that sites inherit.

    Raises ArgumentError that names the site, the option and what is allowed.
    """
    sites = [_read(number, entry, {**_LATER, **defaults}) for number, entry in enumerate(entries, 1)]
    _check_together(sites)
    return sites


def _read(number: int, entry: object, defaults: dict[str, Any]) -> Site:
    if not isinstance(entry, dict):
        raise ArgumentError(f"https_sites: entry {number} is no dictionary; write at least a name")
    name = host_name(entry.get("name"), f"https_sites: entry {number}: name")
    where = f"site {name!r}"
    given = {key: value for key, value in entry.items() if value is not None}
    _check_options(name, given, where)
    choice = {option: given.get(option, defaults[option]) for option in _INHERITED}
    return Site(
        name=name,
        names=host_names([name, *values.listed(given.get("aliases", []), f"{where}: aliases")], f"{where}: aliases"),
        root=values.absolute_path(given.get("root", ""), f"{where}: root"),
        proxy=values.place(given.get("proxy", ""), f"{where}: proxy", ("http://", "https://", "unix:")),
        redirect=values.place(given.get("redirect", ""), f"{where}: redirect", ("http://", "https://")),
        body=read_body(given.get("body"), f"{where}: body"),
        redirect_status=STATUS[values.choice(given.get("redirect_status", "permanent"), f"{where}: redirect_status", REDIRECTS[:2])],
        redirect_http=STATUS[values.choice(choice["redirect_http"], f"{where}: redirect_http", REDIRECTS)],
        hsts=values.seconds(choice["hsts"], f"{where}: hsts"),
        upgrade_insecure_requests=values.truth(choice["upgrade_insecure_requests"], f"{where}: upgrade_insecure_requests"),
        rollout=read_stage(given, choice["rollout"], where),
        key_type=check_key_type(choice["key_type"], f"{where}: key_type"),
        issuer=values.choice(choice["issuer"], f"{where}: issuer", ISSUERS),
        challenge=values.choice(choice["challenge"], f"{where}: challenge", CHALLENGES),
        shared_by=_shared_by(choice["shared_by"], given, str(choice["issuer"]), where),
        replace=values.truth(choice["replace"], f"{where}: replace"),
        extra=values.text(given.get("extra", ""), f"{where}: extra"),
        default=values.truth(given.get("default", False), f"{where}: default"),
        existing=_existing(given, str(choice["issuer"]), where),
    )


def _check_options(name: str, given: dict[str, Any], where: str) -> None:
    if name.startswith("*."):
        raise ArgumentError(f"{where}: name: a site needs a name of its own; name one host, and write {name} under aliases")
    unknown = sorted(str(option) for option in set(given) - set(_OPTIONS))
    if unknown:
        raise ArgumentError(f"{where}: {unknown[0]} is no option; allowed are {', '.join(_OPTIONS)}")
    kinds = [kind for kind in KINDS if given.get(kind)]
    if len(kinds) != 1:
        told = f"has {' and '.join(kinds)}" if kinds else "says nothing about what to serve"
        raise ArgumentError(f"{where}: {told}; give exactly one of {', '.join(KINDS)}")


def _check_together(sites: Sequence[Site]) -> None:
    owner: dict[str, str] = {}
    for site in sites:
        for name in site.names:
            if owner.setdefault(name, site.name) != site.name:
                raise ArgumentError(f"site {site.name!r}: {name} belongs to site {owner[name]!r} already; keep it in one of them")
        if site.issuer == "acme":
            provable(site.challenge, site.names, f"site {site.name!r}")
        for wildcard in (name for name in site.names if site.default and name.startswith("*.")):
            covered = [name for other in sites if other is not site for name in other.names if name.endswith(wildcard[1:])]
            if covered:
                told = (
                    f"{wildcard} covers {covered[0]} of another site, and httpd asks the default site first; make another one the default"
                )
                raise ArgumentError(f"site {site.name!r}: {told}")
    _check_addresses(sites)
    names = [site.name for site in sites]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ArgumentError(f"site {twice[0]!r} is in https_sites {names.count(twice[0])} times; keep one of them")
    defaults = [site.name for site in sites if site.default]
    if len(defaults) > 1:
        raise ArgumentError(f"sites {' and '.join(map(repr, defaults))} both say default: true; one host has one default site")


def _check_addresses(sites: Sequence[Site]) -> None:
    default = next((site.name for site in sites if site.default), "")
    for site in sites:
        address = next(filter(is_address, site.names), "")
        if address and site.issuer == "mod_md":
            raise ArgumentError(f"site {site.name!r}: mod_md has no certificates for IP addresses, as {address}; choose another issuer")
        if address and not site.default:
            way = f"have it among the aliases of {default!r}, which is that site" if default else "say default: true for this site"
            raise ArgumentError(
                f"site {site.name!r}: {address} is an IP address, and as clients name no host to TLS when they ask for an address, "
                f"httpd shows them its default site; {way}"
            )


def _existing(given: dict[str, Any], issuer: str, where: str) -> dict[str, str]:
    readers = {option: values.secret if option == "passphrase" else values.text for option in _EXISTING}
    found = {option: read(given[option], f"{where}: {option}") for option, read in readers.items() if option in given}
    if found and issuer != "purchased":
        raise ArgumentError(f"{where}: {next(iter(found))} is for the issuer purchased; say issuer: purchased")
    if found and not {"key_file", "certificate_file"} <= set(found):
        raise ArgumentError(f"{where}: key_file and certificate_file belong together; give both, or neither to have a key made")
    return found


def _shared_by(value: object, given: dict[str, Any], issuer: str, where: str) -> str:
    group = values.text(value, f"{where}: shared_by")
    if group and issuer == "mod_md":
        raise ArgumentError(f"{where}: shared_by: mod_md keeps its keys to itself; choose another issuer, or leave out shared_by")
    if group and "key_file" in given:
        raise ArgumentError(f"{where}: shared_by: with key_file each host has key and certificate already; leave out one of the two")
    return group
