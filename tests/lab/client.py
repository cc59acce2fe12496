#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How independent clients, curl and openssl, see a site: nothing here uses the collection.

client.py [--json] --root CA.pem NAME=ADDRESS ...    what each client says of each name
client.py --websocket --root CA.pem NAME=ADDRESS     an upgrade and an echo through the site
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PATH = "/a/path?and=query"
CURL = ("curl", "--silent", "--show-error", "--max-time", "10", "--output", "/dev/null")


@dataclasses.dataclass
class View:
    name: str
    address: str
    http_status: int = 0  # 0: nothing answered
    location: str = ""
    https_status: int = 0
    curl: str = ""  # "verified", or what curl said
    openssl: str = ""
    issuer: str = ""
    names: list[str] = dataclasses.field(default_factory=list)
    expires: str = ""
    key: str = ""
    protocol: str = ""
    cipher: str = ""

    @property
    def verified(self) -> bool:
        return self.curl == self.openssl == "verified"

    @property
    def redirects(self) -> bool:
        """True when http leads to the same page over https."""
        return self.http_status in (301, 302) and self.location == f"https://{self.name}{PATH}"


def look(name: str, address: str, root: str) -> View:
    view = View(name, address)
    view.http_status, view.location, _ = _curl(f"http://{name}{PATH}", f"{name}:80:{address}")
    view.https_status, _, problem = _curl(f"https://{name}/", f"{name}:443:{address}", "--cacert", root)
    view.curl = problem or "verified"
    _handshake(view, root)
    return view


def http_status(name: str, address: str) -> int:
    return _curl(f"http://{name}/", f"{name}:80:{address}")[0]


def look_at_all(sites: list[tuple[str, str]], root: str) -> list[View]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(lambda site: look(*site, root), sites))


def _curl(url: str, resolve: str, *options: str) -> tuple[int, str, str]:
    form = "%{http_code}\n%{redirect_url}"
    done = _run(*CURL, "--resolve", resolve, *options, "--write-out", form, url)
    status, _, location = done.stdout.partition("\n")
    problem = done.stderr.partition("\n")[0].removeprefix("curl: ") if done.returncode else ""
    return int(status or 0), location, problem


def _handshake(view: View, root: str) -> None:
    done = _run(
        "openssl", "s_client", "-connect", f"{view.address}:443", "-servername", view.name,
        "-CAfile", root, "-no-CApath", "-verify_hostname", view.name, "-verify_return_error",
    )  # fmt: skip
    said = done.stdout
    verified = re.search(r"Verif(?:y return code: 0|ication: OK)", said) and f"Verified peername: {view.name}" in said
    problem = re.search(r"verify error:num=\d+:(.*)", done.stderr + said)
    view.openssl = "verified" if verified else problem[1] if problem else "no TLS connection"
    found = re.search(r"New, (\S+), Cipher is (\S+)", said)
    if found and found[2] != "(NONE)":
        view.protocol, view.cipher = found.groups()
    leaf = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", said, re.DOTALL)
    if leaf:
        _describe(view, leaf[0])


def _describe(view: View, leaf: str) -> None:
    text = _run("openssl", "x509", "-noout", "-text", "-enddate", "-nameopt", "RFC2253", "-dateopt", "iso_8601", stdin=leaf).stdout
    view.names = re.findall(r"DNS:([^,\s]+)", text)
    issuer = re.search(r"Issuer: .*?CN=([^,\n]+)", text)
    view.issuer = issuer[1] if issuer else ""
    expires = re.search(r"notAfter=(\S+)", text)
    view.expires = expires[1] if expires else ""
    key = re.search(r"Public Key Algorithm: (?:id-)?(\w+).*?\n(?:\s+\S*Public-Key: \((\d+) bit\))?", text, re.DOTALL)
    if key:
        kind = {"ecPublicKey": "EC", "rsaEncryption": "RSA"}.get(key[1], key[1])
        view.key = f"{kind} {key[2]}" if key[2] else kind


def _run(*command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, check=False)


def echo(name: str, address: str, root: str) -> str:
    """What comes back from the websocket behind a site."""
    context = ssl.create_default_context(cafile=root)
    with context.wrap_socket(socket.create_connection((address, 443), timeout=10), server_hostname=name) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET /socket HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        with connection.makefile("rb") as answer:
            status = answer.readline().decode().strip()
            while answer.readline().strip():
                pass
            if " 101 " not in status:
                return f"no upgrade: {status}"
            text, mask = b"hello", os.urandom(4)
            masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(text))
            connection.sendall(bytes([0x81, 0x80 | len(text)]) + mask + masked)
            return answer.read(answer.read(2)[1]).decode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, metavar="CA.pem")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--websocket", action="store_true")
    parser.add_argument("sites", nargs="+", metavar="NAME=ADDRESS")
    options = parser.parse_args()
    sites = [(name, address) for name, _, address in (site.partition("=") for site in options.sites)]
    if options.websocket:
        answer = echo(*sites[0], options.root)
        print(answer)
        return answer != "hello"
    views = look_at_all(sites, options.root)
    if options.json:
        print(json.dumps([dataclasses.asdict(view) for view in views], indent=1))
        return 0
    for view in views:
        print(*(f"{field:13}{value}" for field, value in dataclasses.asdict(view).items()), "", sep="\n")
    return not all(view.verified for view in views)


if __name__ == "__main__":
    sys.exit(main())
