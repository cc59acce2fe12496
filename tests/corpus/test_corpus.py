# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each configuration of the corpus with a real httpd: what is discovered, what it serves, and what the bodies taken from it serve."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _migration as migration
from ansible_collections.encrypt.httpd.plugins.module_utils import _migration_on_host
from ansible_collections.encrypt.httpd.plugins.module_utils._edits import record_file
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_state import undo_paths
from ansible_collections.encrypt.httpd.plugins.module_utils._shadows import file_names
from ansible_collections.encrypt.httpd.plugins.module_utils._sites import read_sites
from ansible_collections.encrypt.httpd.plugins.modules.httpd_sites import found
from ansible_collections.encrypt.httpd.tests.corpus import runner
from ansible_collections.encrypt.httpd.tests.corpus.client import ask, differences, follow, has_come_round
from ansible_collections.encrypt.httpd.tests.corpus.runner import Case
from ansible_collections.encrypt.httpd.tests.corpus.summary import summary
from ansible_collections.encrypt.httpd.tests.unit.plugins import site_template as template

CASES = Case.all()
SERVED = [case for case in CASES if case.told.get("pages")]
#: Before everything else, as virtual hosts of ours are.
OURS = Path("/etc/apache2/conf-enabled/!ours.conf")
CERTIFICATE = ("/etc/ssl/ours.pem", "/etc/ssl/private/ours.key")
ENABLED, AVAILABLE = runner.ETC / "sites-enabled", runner.ETC / "sites-available"
#: Of an account key (RFC 7638).
THUMBPRINT = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
#: Keys, and what the collection knows of itself; all else has to be as before in the end.
KEPT = re.compile(r"/etc/apache2/(tls|\.encrypt-httpd)/")
#: As the role asks for the plan, and reads its sites.
PLANNED: dict[str, Any] = {
    "modules": ["headers", "rewrite", "socache_shmcb", "ssl"],
    "public": True,
    "wildcards": False,
    "resolve": False,
    "listed": [],
    "exclude": [],
}
DEFAULTS = {"redirect_http": "temporary", "hsts": 0, "key_type": "ecdsa-p256", "issuer": "acme", "shared_by": "", "replace": False}

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gets a private view of the machine"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def by_name(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


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
        for name in PLANNED["modules"]:
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
        told = found(runner.httpd(), content=True)
        with runner.serving():
            before = [ask(page) for page in case.told["pages"]]
        names = take_over(told, "https")
        ours = [f"http://{name}" for name in names]  # what had https before may be other than what http leads to it from
        with runner.serving():
            return {
                "before": before,
                "ways": [follow(page, names) if "/".join(page["url"].split("/")[:3]) in ours else None for page in case.told["pages"]],
            }

    told = case.run(work, tmp_path)
    compare(told["before"], told["ways"])


def planned(**more: Any) -> list[migration.Step]:
    """The plan, as the playbook migrate makes it."""
    return _migration_on_host.planned(runner.httpd(), {**PLANNED, "sites_directory": str(ENABLED), **more})


def written_files(steps: list[migration.Step]) -> dict[str, str]:
    """The virtual hosts that the role writes for the plan, by path; all names have certificates, and are led to https."""
    sites = [site.to_dict() for site in read_sites(migration.entries(steps), DEFAULTS)]
    kinds = {site["name"]: 0 if site["default"] else 2 if any(name.startswith("*.") for name in site["names"]) else 1 for site in sites}
    return {f"{AVAILABLE}/{file_names(site['name'])[kinds[site['name']]]}": template.written(site) for site in sites}


def carry_out(steps: list[migration.Step]) -> None:
    """As the role: modules, a port for TLS, the answer to challenges, certificates, virtual hosts; and a record of all that."""
    there = configuration_files()
    for step in steps:
        certify(step.names)
    for name in PLANNED["modules"]:
        runner.enable("mods", f"{name}.load")
    files = {runner.ETC / "acme-challenge.conf": template.responder(THUMBPRINT), **written_files(steps)}
    if not any(one["port"] == "443" for one in found(runner.httpd(), content=False)["listen"]):
        files[runner.ETC / "conf-enabled/tls.conf"] = "# Written by encrypt.httpd (role encrypt.httpd.httpd)\nListen 443\n"
    for path, text in files.items():
        Path(path).write_text(text, encoding="utf-8")
        if Path(path).parent == AVAILABLE:
            runner.enable("sites", Path(path).name)
    record = Path(record_file(str(runner.ETC)))
    record.parent.mkdir()
    record.write_text(json.dumps(dict.fromkeys(set(configuration_files()) - set(there), "")), encoding="utf-8")


def certify(names: Sequence[str]) -> None:
    """A certificate where the role has it."""
    if names:
        current = f"/etc/apache2/tls/{names[0]}/current"
        runner.make_certificate(f"{current}/fullchain.pem", f"{current}/privkey.pem")
        os.mkdir(f"{current}/names")
        for name in names:
            Path(f"{current}/names/{name}").touch()


def undo() -> None:
    """As the role: what the plan says has to go."""
    for path in undo_paths(str(ENABLED), str(runner.ETC)):
        os.unlink(path)


def decided(steps: list[migration.Step]) -> list[Any]:
    """What stays the same once it was carried out. That something waited for a module is told before alone."""
    return [[in_short(step), step.reason, step.host.place] for step in steps] + migration.entries(steps)


def in_short(step: migration.Step) -> str:
    """As "take www.example.org example.org, the first"."""
    names = step.names or (step.to_dict()["name"] or "-",)
    return " ".join([step.action, *names]) + (", the first" if step.default else "")


def configuration_files() -> dict[str, str]:
    """All that is below the server root: what each file has, or where it links to. Without what stays: keys, and the record."""
    return {
        str(path): os.readlink(path) if path.is_symlink() else path.read_bytes().hex()
        for path in sorted(runner.ETC.rglob("*"))
        if (path.is_symlink() or path.is_file()) and not KEPT.match(str(path))
    }


def challenged(names: Iterable[str]) -> dict[str, str]:
    """What a CA gets that asks for a token."""
    return {name: ask({"url": f"http://{name}/.well-known/acme-challenge/tok-en_1"})["body"] for name in names if "*" not in name}


@by_name(SERVED)
def test_what_the_plan_takes_over_is_served_and_led_to_https_and_can_be_undone(case: Case, tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        there = configuration_files()
        with runner.serving():
            before = [ask(page) for page in case.told["pages"]]
        steps = planned()
        names = [name for step in steps if step.action == migration.TAKE for name in step.names]
        if names:
            carry_out(steps)
        same = decided(planned()) == decided(steps) and written_files(planned()) == written_files(steps)
        with runner.serving():
            after = [ask(page) for page in case.told["pages"]]
            ways = [follow(page, names) if urlsplit(page["url"]).netloc in names else None for page in case.told["pages"]]
            answered = challenged(names)
        undo()
        undone = configuration_files() == there
        with runner.serving():
            again = [ask(page) for page in case.told["pages"]]
        answers = {"before": before, "after": after, "again": again, "ways": ways, "challenged": answered}
        return {"plan": [in_short(step) for step in steps], "names": names, "same": same, "undone": undone, **answers}

    told = case.run(work, tmp_path)
    assert told["plan"] == case.told.get("plan", [])
    assert (told["same"], told["undone"]) == (True, True)
    assert told["again"] == told["before"]
    assert set(told["challenged"].values()) <= {f"tok-en_1.{THUMBPRINT}"}
    for page, before, after in zip(case.told["pages"], told["before"], told["after"]):
        by_https_already = page.get("request_headers", {}).get("X-Forwarded-Proto") == "https"
        if urlsplit(page["url"]).netloc in told["names"] and page["url"].startswith("http:") and not by_https_already:
            wanted = page["url"].replace("http:", "https:", 1)
            assert (after["status"], after["headers"]["location"]) == (302, wanted), page
        else:
            assert after == before, page
    compare(told["before"], told["ways"])


def compare(before: list[dict[str, Any]], ways: list[dict[str, Any] | None]) -> None:
    """By https each page is what it was by http, and no redirect goes round."""
    for answer, way in zip(before, ways):
        assert way is None or (has_come_round(way), differences(answer, way)) == (False, []), way
