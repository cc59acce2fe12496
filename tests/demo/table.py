# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo shows of each site."""

from __future__ import annotations

import dataclasses
import os
import sys
from http import HTTPStatus

from client import View

COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


@dataclasses.dataclass
class Site:
    host: str
    address: str
    name: str
    names: list[str]


def _colour(text: str, number: int) -> str:
    return f"\x1b[{number}m{text}\x1b[0m" if COLOURS else text


def headline(text: str) -> None:
    print(f"\n{_colour(text, 1)}\n{_colour('-' * len(text), 2)}", flush=True)


def _status(number: int) -> str:
    return f"{number} {HTTPStatus(number).phrase}" if number else "no answer"


def show_before(sites: list[Site], answered: dict[str, int], *, new: bool) -> None:
    print(f"\n  {'SITE':24}{'HOST':7}HTTP {'NOW' if new else 'WHEN THE HOSTS WERE NEW (they are https by now)'}")
    for site in sites:
        print(f"  {site.name:24}{site.host:7}{_status(answered.get(site.name, 0))}, in the clear")


def show_after(sites: list[Site], answered: dict[str, int], views: dict[str, View]) -> None:
    rows = [("SITE", "HTTP BEFORE", "HTTP NOW", "HTTPS", "PROTOCOL", "CIPHER")]
    for site in sites:
        view = views[site.name]
        redirect = f"{view.http_status} -> https" if view.redirects else str(view.http_status)
        numbers = (str(answered.get(site.name, 0) or "-"), redirect, str(view.https_status or "-"))
        rows.append((site.name, *numbers, view.protocol or "-", view.cipher or "-"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    print(f"\n  {lines[0]}  VERIFIED BY")
    for line, site in zip(lines[1:], sites):
        view = views[site.name]
        print(f"  {line}  {_verdict([views[name] for name in site.names])}")
        if view.names:
            about = f"{view.key}, issued by {view.issuer}, until {view.expires[:10]}, for {', '.join(view.names)}"
            print(_colour(f"    {about}", 2))


def _verdict(views: list[View]) -> str:
    problems = dict.fromkeys(said for view in views for said in (view.curl, view.openssl) if said != "verified")
    return _colour("; ".join(problems), 31) if problems else _colour("curl, openssl", 32)


def show_end(sites: list[Site], *, good: bool, seconds: float) -> None:
    names = sum(len(site.names) for site in sites)
    hosts = len({site.host for site in sites})
    if not good:
        print(_colour(f"\n  Not every name is verified. The whole output of the playbook: .cache/demo/enable.log ({seconds:.0f} s)\n", 31))
        return
    first = sites[0]
    count = f"{len(sites)} sites with {names} names on {hosts} hosts"
    print(
        _colour(f"\n  {count}: each redirects to https and is verified by both clients ({seconds:.0f} s).", 32)
        + f"""

  Look yourself:   curl --cacert .cache/lab/demo/issuer-root.pem --connect-to ::{first.address}: https://{first.name}/
  Look inside:     ssh -i .cache/lab/demo/ssh_key -o UserKnownHostsFile=.cache/lab/demo/known_hosts ops@{first.address}
  What was told:   tests/demo/inventory.yml
  Once more:       make demo         (renews nothing, changes nothing)
  All gone:        make demo-clean
"""
    )
