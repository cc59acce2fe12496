# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ten configurations of the corpus that matter most, on the hosts of the lab: brought to https by the playbook migrate, and back.

Needs the lab "molecule" as the scenario migrate prepares it. For each configuration: the plan changes nothing; then http answers as before,
and https as http; then http leads to https; another run changes nothing; undo has all files and answers as before.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from client import ask, differences, follow, has_come_round, secure

CORPUS = Path(__file__).parent
LAB = CORPUS.parent / "lab"
sys.path.append(str(LAB))

import hosts  # noqa: E402
import state  # noqa: E402

#: Side by side, in turn; no name twice at the same time.
ROUNDS: tuple[dict[str, str], ...] = (
    {"web1": "wordpress", "web2": "nextcloud"},
    {"web1": "reverse-proxy", "web2": "maintenance"},
    {"web1": "basic-auth", "web2": "macro-farm"},
    {"web1": "redirects", "web2": "wsgi"},
    {"web1": "main-server-only", "web2": "many-in-one-file"},
)
LAY_OUT = """
systemctl stop apache2
cd /root/installed  # or the host is not prepared
rm -rf /etc/apache2 /var/www
cp -a apache2 /etc/
cp -a www /var/
base64 -d | tar -xC /
a2dissite -q 000-default
"""
#: It has to listen before httpd asks it, who would not again for a minute.
BACKEND = """systemd-run --collect --unit=backend-{port} /usr/local/bin/backend {port}
timeout 30 sh -c 'until ss -Hltn sport = {port} | grep -q .; do sleep 0.1; done'"""
#: All of the configuration but keys and what the collection knows of itself: what each file has, or where it links to.
FILES = r"""
cd /etc/apache2
ours() { find . \( -path ./tls -o -path ./.encrypt-httpd \) -prune -o "$@"; }
{ ours -printf '%p %l %m %u %g\n'; ours -type f -exec sha256sum {} +; } | sort
"""


class DifferenceError(Exception):
    """What is off, in words."""


@dataclass
class Served:
    """A configuration of the corpus on a host of the lab."""

    lab: state.Lab
    host: str
    name: str

    def __post_init__(self) -> None:
        self.told: dict[str, Any] = yaml.safe_load((CORPUS / self.name / "case.yml").read_text(encoding="utf-8"))
        self.pages: list[dict[str, Any]] = [*self.told["pages"], *self.told.get("host_pages", [])]
        taken = [line.partition(",")[0].split()[1:] for line in self.told["plan"] if line.startswith("take ")]
        self.names = [name for names in taken for name in names]

    def lay_out(self) -> None:
        """Have the host as somebody set it up over years, and see what it serves."""
        own = [] if (CORPUS / self.name / "apache2/sites-enabled").exists() else self._sites()
        lines = [f"a2enmod -q {name}" for name in self.told.get("modules", [])]
        lines += [f"a2ensite -q {name}" for name in (*own, *self.told.get("stock_sites", []))]
        ports = self.told.get("backends", [])
        lines += [BACKEND.format(port=port) for port in ports]
        hosts.inside(self.lab, self.host, "\n".join([LAY_OUT, *lines, "systemctl start apache2"]), input=self._packed())
        self.answers, self.files = self._ask(), hosts.inside(self.lab, self.host, FILES)
        for page, answer in zip(self.pages, self.answers):
            if answer["status"] != page["status"] or page.get("body", "") not in answer["body"]:
                self._wrong(f"{page['url']} is not what the corpus tells", answer)

    def _sites(self) -> list[str]:
        return sorted(path.stem for path in (CORPUS / self.name / "apache2/sites-available").glob("*.conf"))

    def _packed(self) -> str:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for part, place in (("apache2", "etc/apache2"), ("files", ".")):
                if (CORPUS / self.name / part).exists():
                    archive.add(CORPUS / self.name / part, place, filter=_of_root)
        return base64.encodebytes(packed.getvalue()).decode()

    def _ask(self) -> list[dict[str, Any]]:
        return [ask(page, host=self.lab.addresses[self.host]) for page in self.pages]

    def _wrong(self, what: str, *more: object) -> None:
        raise DifferenceError("\n".join([f"{self.name} on {self.host}: {what}", *map(str, more)]))

    def _has_https(self, page: dict[str, Any]) -> bool:
        return urlsplit(page["url"]).netloc in self.names

    def answers_as_before(self, but: Sequence[dict[str, Any]] = ()) -> None:
        for page, before, now in zip(self.pages, self.answers, self._ask()):
            if page not in but and before != now:
                self._wrong(f"{page['url']} is other than before", before, now)

    def is_as_before(self) -> None:
        """All files and answers."""
        now = hosts.inside(self.lab, self.host, FILES)
        if now != self.files:
            self._wrong("files are other than before", *set(now.splitlines()) ^ set(self.files.splitlines()))
        self.answers_as_before()

    def serves_https(self) -> None:
        """By https, with a certificate of the CA, each page is what it was by http, and no redirect goes round."""
        for page, before in zip(self.pages, self.answers):
            if self._has_https(page):
                way = follow(page, self.names, self.lab.addresses[self.host], str(self.lab.state / "issuer-root.pem"))
                if has_come_round(way) or differences(before, way):
                    self._wrong(f"{page['url']} is other by https", *differences(before, way), way["urls"])
        if self.told.get("websocket"):
            site = f"{self.told['websocket']}={self.lab.addresses[self.host]}"
            run(sys.executable, str(LAB / "client.py"), "--websocket", "--root", str(self.lab.state / "issuer-root.pem"), site)

    def leads_to_https(self) -> None:
        """What was taken over, and nothing else."""
        led = [page for page in self.pages if self._has_https(page)]
        for page in led:
            answer = ask(page, host=self.lab.addresses[self.host])
            if (answer["status"], answer["headers"].get("location")) != (302, secure(page["url"])):
                self._wrong(f"{page['url']} does not lead to https", answer)
        self.answers_as_before(but=led)


def _of_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode = 0o644 if entry.isfile() else 0o755
    return entry


def run(*command: str) -> str:
    plain = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}  # molecule wants colours
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain)
    if done.returncode:
        raise DifferenceError(f"{' '.join(command)}\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
    return done.stdout


def migrate(lab: state.Lab, **variables: object) -> tuple[str, set[str]]:
    """Run the playbook for all hosts, as a person does; gives what it told, and those that it changed."""
    known = {
        "https_acme_terms_agreed": True,
        "https_acme_directory": lab.directory,
        "https_acme_ca_bundle": str(lab.state / "pebble-tls-ca.pem"),
        "https_acme_account_key": str(lab.state / "account.pem"),
        "https_rollout_chain": "/etc/ssl/lab-root.pem",
        "https_rollout_pace": {"probe": 0},
        "https_batches": ["100%"],
    }
    extra = json.dumps({**known, **variables})
    told = run("ansible-playbook", "--inventory", str(lab.state / "inventory.yml"), "--extra-vars", extra, "encrypt.httpd.migrate")
    return told, {host for host, changed in re.findall(r"^(\w+) +: ok=\d+ +changed=(\d+)", told, re.MULTILINE) if int(changed)}


def play(lab: state.Lab, cases: dict[str, str]) -> None:
    """A configuration on each host, from the plan to undo."""
    all_served = [Served(lab, host, name) for host, name in cases.items()]
    for served in all_served:
        served.lay_out()
    run(sys.executable, str(LAB / "lab.py"), "dns", lab.name, *(f"{name}={one.host}" for one in all_served for name in one.names))
    steps: tuple[tuple[dict[str, bool], set[str], Sequence[Callable[[Served], None]]], ...] = (
        ({}, set(cases), [Served.is_as_before]),
        ({"migrate_apply": True}, set(cases), [Served.answers_as_before, Served.serves_https]),
        ({"migrate_apply": True}, set(cases), [Served.leads_to_https, Served.serves_https]),
        ({"migrate_apply": True}, set(), [Served.leads_to_https]),
        ({"migrate_undo": True}, set(cases), [Served.is_as_before]),
    )
    for number, (variables, changes, looks) in enumerate(steps, 1):
        told, changed = migrate(lab, **variables)
        if changed != changes:
            raise DifferenceError(f"step {number}, {variables}: {', '.join(changed) or 'no host'} changed of {cases}\n{told[-6000:]}")
        for served in all_served:
            for look in looks:
                look(served)


def main() -> int:
    lab = state.running("molecule")
    began = time.monotonic()
    for cases in ROUNDS:
        try:
            play(lab, cases)
        except DifferenceError as difference:
            print(difference, file=sys.stderr)
            return 1
        print(f"{time.monotonic() - began:4.0f} s  {', '.join(cases.values())}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
