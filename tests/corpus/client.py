# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that asks for the pages of a configuration, follows redirects by https, and compares http before with https after."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

#: What differs from one answer to the next, or with the time of a file.
PASSING = ("date", "expires", "etag", "last-modified", "set-cookie")
_OTHER = ("strict-transport-security", "content-length")
_REDIRECTS = range(300, 400)


def get(url: str, host: str = "127.0.0.1", headers: dict[str, str] | None = None, root: str = "") -> dict[str, Any]:
    """Ask *host* for a URL, redirects not followed. The certificate is verified where there is a *root*."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=root or None)
    if not root:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=20)
    if parts.scheme == "https":
        connection.connect = lambda: None  # type: ignore[method-assign]  # with the name for SNI, which is not where it listens
        connection.sock = context.wrap_socket(socket.create_connection((host, port), 20), server_hostname=parts.hostname)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": parts.netloc, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return {"status": answer.status, "headers": {name.lower(): value for name, value in answer.getheaders()}, "body": text}


def ask(page: dict[str, Any], url: str = "", host: str = "", root: str = "") -> dict[str, Any]:
    """The answer for a page of ``case.yml``, or for another *url* in its way, without what passes."""
    answer = get(url or page["url"], host or page.get("from", "127.0.0.1"), page.get("request_headers"), root)
    return {**answer, "headers": {name: value for name, value in answer["headers"].items() if name not in PASSING}}


def secure(url: str) -> str:
    """The same by https."""
    return url.replace("http:", "https:", 1)


def follow(page: dict[str, Any], names: Collection[str], host: str = "", root: str = "") -> dict[str, Any]:
    """Follow redirects by https, as http will lead there, as long as they lead to sites (*names*) that have it."""
    url = secure(page["url"])
    urls: list[str] = []
    answers: list[dict[str, Any]] = []
    while True:
        urls.append(url)
        answers.append(ask(page, url, host, root))
        url = secure(answers[-1]["headers"].get("location", ""))
        if urlsplit(url).hostname not in names or url in urls[:-1]:
            break
    urls += [url] if url else []
    return {"page": page, "urls": urls, "first": answers[0], "last": answers[-1]}


def has_come_round(way: dict[str, Any]) -> bool:
    """Tell whether redirects lead to where they came from."""
    return len(set(way["urls"])) != len(way["urls"])


def differences(before: dict[str, Any], way: dict[str, Any]) -> list[str]:
    """What is other by https than it was by http and than ``over_https`` of the page says; in words."""
    page, after = way["page"], way["first"]
    if before["headers"].get("location", "").startswith(f"https://{urlsplit(page['url']).netloc}/"):
        return []  # it led to https, and now there is what was behind that
    wanted, told = _lasting(before, page), _lasting(after, page)
    part = page.get("over_https", {}).get("body", "")
    if part:
        wanted["body"], told["body"] = part, part if part in after["body"] else after["body"]
    return [f"{name}: {wanted.get(name)!r}, by https {told.get(name)!r}" for name in wanted | told if wanted.get(name) != told.get(name)]


def _lasting(answer: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
    """What is to be compared. By https, redirects lead to https, pages of httpd name another port, and nothing is promised yet."""
    other = (*_OTHER, *page.get("over_https", {}).get("headers", ()))
    headers = {name: value for name, value in answer["headers"].items() if name not in other}
    body = answer["body"].replace(" Port 80</address>", " Port 443</address>")
    if answer["status"] in _REDIRECTS:
        headers["location"], body = secure(headers["location"]), body.replace('href="http:', 'href="https:')
    return {"status": answer["status"], "body": body, **headers}
