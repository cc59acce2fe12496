#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that requests pages in a loop, verifying every certificate, until it is told to stop: nothing here uses the collection.

watch.py --root CA.pem --log FILE NAME=ADDRESS ...     until FILE.stop exists; then FILE has the counts, and every failure
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import ssl
import time
from collections import Counter
from pathlib import Path


def request(name: str, address: str, context: ssl.SSLContext) -> str:
    """Ask for one page over a new connection; gives the issuer of the certificate. Raises what went wrong."""
    with socket.create_connection((address, 443), timeout=10) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(secure)
        answer.begin()
        answer.read()
        if answer.status != 200:
            raise OSError(f"status {answer.status}")
        issuer = dict(entry[0] for entry in (secure.getpeercert() or {}).get("issuer", ()))
        return str(issuer.get("commonName", "?"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True)
    parser.add_argument("--log", required=True, type=Path)
    parser.add_argument("site", nargs="+")
    options = parser.parse_args()
    context = ssl.create_default_context(cafile=options.root)
    stop = options.log.with_name(options.log.name + ".stop")
    seen: Counter[str] = Counter()
    failures: list[str] = []
    while not stop.exists():
        for name, _, address in (site.partition("=") for site in options.site):
            try:
                seen[request(name, address, context).rstrip("0123456789abcdef ")] += 1
            except OSError as error:
                failures.append(f"{time.strftime('%H:%M:%S')} {name}: {error}")
        told = {"requests": sum(seen.values()) + len(failures), "failed": len(failures), "issuers": seen, "failures": failures}
        beside = options.log.with_name(options.log.name + "~")
        beside.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        beside.rename(options.log)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
