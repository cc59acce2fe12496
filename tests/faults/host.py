# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is hurt on purpose: a site with a certificate, changes of it, a client that requests all the while, and what there is."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils import _authority, _store
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import generate
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

NAME = "a.test"
ROOT = Path("/etc/apache2")
LAYOUT = Layout(f"{ROOT}/tls", NAME)
TRANSACTION = ROOT / ".encrypt-httpd" / "transaction"
SITE = f"""\
# generation {{generation}}
<VirtualHost *:80>
    ServerName {NAME}
    DocumentRoot /var/www/html
</VirtualHost>
<IfFile "{LAYOUT.current}/fullchain.pem">
<VirtualHost *:443>
    ServerName {NAME}
    DocumentRoot /var/www/html
    SSLEngine on
    SSLCertificateFile "{LAYOUT.current}/fullchain.pem"
    SSLCertificateKeyFile "{LAYOUT.current}/privkey.pem"
    Header always set X-Generation "{{generation}}"
</VirtualHost>
</IfFile>
"""


class Host:
    """The host this runs on."""

    def __init__(self) -> None:
        self.generation = 0
        self.changes = 0

    def setup(self) -> None:
        """TLS as an administrator sets it up, then the site by a change."""
        for module in ("ssl", "socache_shmcb", "headers", "mime", "setenvif"):
            subprocess.run(["a2enmod", "--quiet", module], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["systemctl", "restart", "apache2"], check=True)
        self.must(self.next())

    def next(self, **more: Any) -> dict[str, Any]:
        """The plan of the next change: a new certificate, which waits already, and another content of the site's file."""
        self.generation += 1
        stage(LAYOUT)
        return {**self.present(), "activate": [NAME], **more}

    def present(self) -> dict[str, Any]:
        """The plan of what is there, or is to be there next."""
        file = f"{ROOT}/sites-available/001-{NAME}.conf"
        return {
            "files": [
                {"path": file, "content": SITE.format(generation=self.generation)},
                {"path": f"{ROOT}/sites-enabled/001-{NAME}.conf", "link": f"../sites-available/001-{NAME}.conf"},
            ],
            "sites": {NAME: [NAME]},
        }

    def start(self, plan: dict[str, Any], *options: str) -> subprocess.Popen[str]:
        """Begin a change."""
        self.changes += 1
        path = Path(f"/run/plan-{self.changes}.json")
        path.write_text(json.dumps(plan), encoding="utf-8")
        command = [sys.executable, str(Path(__file__).with_name("change.py")), str(path), *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def change(self, plan: dict[str, Any], *options: str) -> dict[str, Any]:
        """Make a change, or try to; gives what it says, and its exit code."""
        process = self.start(plan, *options)
        out, err = process.communicate(timeout=120)
        told = json.loads(out) if out.startswith("{") else {"error": err[-800:] or "killed"}
        return {**told, "code": process.returncode}

    def must(self, plan: dict[str, Any], *options: str) -> dict[str, Any]:
        """Make a change that has to succeed."""
        told = self.change(plan, *options)
        assert not told["code"], told
        return told

    def refused(self, plan: dict[str, Any], says: str, *options: str) -> str:
        """Try a change that has to be refused with these words, and that leaves everything as it was."""
        before, parent = snapshot(), self.parent()
        told = self.change(plan, *options)
        error = str(told.get("error", "accepted"))
        assert all(part in error for part in says.split("…")), f"wanted {says!r}, got {error!r}"
        assert snapshot() == before, f"{error}: the configuration is another one"
        if "Nothing was changed" in error or "nothing was changed" in error:
            assert self.parent() == parent, f"{error}: httpd is another one"
        return error

    @staticmethod
    def parent() -> str:
        return output("systemctl", "show", "--property=MainPID", "--value", "apache2")


def stage(layout: Layout) -> None:
    """Have a new certificate wait, with a new key."""
    key, now = generate("ecdsa-p256"), datetime.now(timezone.utc)
    _store.adopt(layout, key, (layout.name,), _authority.sign_oneself(key, (layout.name,), 30, now), "self_signed")


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def snapshot() -> dict[str, tuple[str, int]]:
    """The configuration: content and mode of every file and link, but for what nobody reads (versions that are not current)."""
    found = {}
    current = os.path.basename(os.readlink(LAYOUT.current)) if os.path.islink(LAYOUT.current) else "-"
    for path in sorted(ROOT.rglob("*")):
        relative = str(path.relative_to(ROOT))
        ours = relative.startswith(f"tls/{NAME}/") and f"versions/{current}/" not in relative and not path.is_symlink()
        if ours or relative.startswith(".encrypt-httpd/transaction") or (path.is_dir() and not path.is_symlink()):
            continue
        content = f"-> {os.readlink(path)}" if path.is_symlink() else path.read_bytes().decode("latin1")
        found[relative] = (content, path.lstat().st_mode)
    return found


def settled(seconds: float) -> None:
    """Wait until nothing is under way any more."""
    deadline = time.monotonic() + seconds
    while TRANSACTION.exists():
        assert time.monotonic() < deadline, f"{TRANSACTION} is still there: {os.listdir(TRANSACTION)}; {output('systemctl', 'list-timers')}"
        time.sleep(0.1)


class Client(threading.Thread):
    """Requests the site over https and http in a loop, each over a new connection, and remembers each failure."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.requests = 0
        self.failures: list[str] = []
        self.seen: set[str] = set()
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.01):
            for tls in (True, False):
                self.requests += 1
                try:
                    self.seen.add(request(tls))
                except (OSError, http.client.HTTPException, AssertionError) as error:
                    self.failures.append(f"{datetime.now(timezone.utc):%H:%M:%S.%f} {'https' if tls else 'http'}: {error!r}")

    def __enter__(self) -> Client:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self.join()


def request(tls: bool) -> str:
    """Ask for the site's page once; gives the generation that answered."""
    with socket.create_connection(("127.0.0.1", 443 if tls else 80), timeout=5) as plain:
        context = ssl._create_unverified_context()
        with context.wrap_socket(plain, server_hostname=NAME) if tls else plain as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            answer.read()
            assert answer.status == 200, answer.status
            return answer.headers.get("X-Generation", "")


def served(host: Host) -> None:
    """The site is served in its present generation."""
    seen = request(True)
    assert seen == str(host.generation), f"generation {seen} is served, not {host.generation}"


def shell(*commands: str) -> None:
    for command in commands:
        subprocess.run(command, shell=True, check=True)


def plan_with(host: Host, content: str, **more: Any) -> dict[str, Any]:
    """What is there, and a file of one's own besides."""
    plan = host.present()
    files: Sequence[dict[str, Any]] = [*plan["files"], {"path": f"{ROOT}/conf-enabled/00-fault.conf", "content": content}]
    return {**plan, "files": files, **more}
