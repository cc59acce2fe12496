# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each configuration of the corpus with a real httpd: what is discovered, what it serves, and what the bodies taken from it serve."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.encrypt.httpd.plugins.modules.httpd_sites import found
from ansible_collections.encrypt.httpd.tests.corpus import runner
from ansible_collections.encrypt.httpd.tests.corpus.runner import Case
from ansible_collections.encrypt.httpd.tests.corpus.summary import summary

CASES = Case.all()
SERVED = [case for case in CASES if case.told.get("pages")]
#: Before everything else, as virtual hosts of ours are.
OURS = Path("/etc/apache2/conf-enabled/!ours.conf")
CERTIFICATE = ("/etc/ssl/ours.pem", "/etc/ssl/private/ours.key")
#: What differs from one answer to the next, or with the time of a file.
PASSING = ("date", "expires", "etag", "last-modified", "set-cookie")

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gets a private view of the machine"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def by_name(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def ask(page: dict[str, Any], url: str = "") -> dict[str, Any]:
    answer = runner.get(url or page["url"], page.get("from", "127.0.0.1"), page.get("request_headers"))
    return {**answer, "headers": {name: value for name, value in answer["headers"].items() if name not in PASSING}}


@by_name(CASES)
def test_what_is_discovered(case: Case, tmp_path: Path) -> None:
    told = case.run(lambda: found(runner.httpd(), content=True), tmp_path)
    problem = case.told.get("problem", "")
    assert (problem in told["problem"]) if problem else told["problem"] == ""
    assert summary(told) == case.told.get("expected", {"listen": [], "virtual_hosts": []})


def ours(host: dict[str, Any], kind: str) -> str:
    """A virtual host of ours, with the body taken from one of theirs. It has the same addresses, since they go before "*"."""
    addresses = [f"{one['address']}:{'443' if kind == 'https' else one['port']}" for one in host["addresses"]]
    certificate = f"SSLCertificateFile {CERTIFICATE[0]}\nSSLCertificateKeyFile {CERTIFICATE[1]}\n"
    tls = f"SSLEngine on\n{certificate}" if kind == "https" else ""
    aliases = f"ServerAlias {' '.join(host['aliases'])}\n" if host["aliases"] else ""
    names = f"ServerName {host['server_name']}\n{aliases}" if host["named"] else ""
    return f"<VirtualHost {' '.join(addresses)}>\n{names}{tls}{host['bodies'][kind]}</VirtualHost>\n"


def take_over(told: dict[str, Any], kind: str) -> list[str]:
    """Put virtual hosts of ours before theirs; gives the names that they have."""
    plain = [host for host in told["virtual_hosts"] if host["kind"] != "https"]
    taken = plain if kind == "http" else [host for host in plain if host["kind"] == "http" and host["named"] and not host["refused"]]
    text = "".join(ours(host, kind) for host in taken)
    if kind == "https":
        runner.make_certificate(*CERTIFICATE)
        for name in ("ssl", "socache_shmcb"):
            runner.enable("mods", f"{name}.load")
        text += "" if any(one["port"] == "443" for one in told["listen"]) else "<IfFile !/etc/apache2/ports.conf>\nListen 443\n</IfFile>\n"
    OURS.write_text(text, encoding="utf-8")
    return [name for host in taken for name in (host["server_name"], *host["aliases"])]


@by_name(SERVED)
def test_what_is_served_and_the_same_with_bodies_that_are_taken(case: Case, tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        told = found(runner.httpd(), content=True)
        with runner.serving():
            before = [ask(page) for page in case.told["pages"]]
        take_over(told, "http")
        with runner.serving():
            return {"before": before, "after": [ask(page) for page in case.told["pages"]]}

    answers = case.run(work, tmp_path)
    for page, answer in zip(case.told["pages"], answers["before"]):
        wanted = (page["status"], True, page.get("headers", {}))
        told = {name: answer["headers"].get(name) for name in page.get("headers", {})}
        assert (answer["status"], page.get("body", "") in answer["body"], told) == wanted, page["url"]
    assert answers["after"] == answers["before"]


@by_name(SERVED)
def test_bodies_that_are_taken_serve_by_https_and_never_go_round(case: Case, tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        names = take_over(found(runner.httpd(), content=True), "https")
        pages = [page for page in case.told["pages"] if urlsplit(page["url"]).hostname in names and ":" not in urlsplit(page["url"]).netloc]
        with runner.serving():
            return {"ways": [follow(page, names) for page in pages]}

    for way in case.run(work, tmp_path)["ways"]:
        assert len(set(way["urls"])) == len(way["urls"]), way
        if way["page"]["status"] not in range(300, 400):
            wanted = {**way["page"], **way["page"].get("over_https", {})}
            assert (way["status"], wanted.get("body", "") in way["body"]) == (wanted["status"], True), way


def follow(page: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Follow redirects by https, as http will lead there, as long as they lead to sites that have it."""
    url = page["url"].replace("http:", "https:", 1)
    urls: list[str] = []
    while True:
        urls.append(url)
        answer = ask(page, url)
        url = answer["headers"].get("location", "").replace("http:", "https:", 1)
        if urlsplit(url).hostname not in names or url in urls[:-1]:
            break
    urls += [url] if url else []
    return {"page": page, "urls": urls, "status": answer["status"], "body": answer["body"]}
