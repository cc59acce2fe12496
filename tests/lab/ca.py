# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private CA of a lab: Pebble's configuration, the certificate of its own HTTPS, its root, its DNS."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from typing import Any

import hosts
from machine import LabError, run, say
from state import EXTERNAL_ACCOUNT, Lab

CONFIGURATION: dict[str, Any] = {
    "listenAddress": "0.0.0.0:14000",
    "managementListenAddress": "0.0.0.0:15000",
    "certificate": "/etc/pebble/tls.pem",
    "privateKey": "/etc/pebble/tls-key.pem",
    "httpPort": 80,
    "tlsPort": 443,
    "ocspResponderURL": "",
    "externalAccountBindingRequired": False,
    "domainBlocklist": ["blocked.example"],
    "retryAfter": {"authz": 1, "order": 1},
    "keyAlgorithm": "ecdsa",
    # One alone: for an order that names no profile Pebble takes any of them by chance.
    "profiles": {"default": {"description": "90 days", "validityPeriod": 90 * 86400}},
}
# The CA that only takes accounts bound to a customer (RFC 8555 section 7.3.4).
BINDING: dict[str, Any] = {
    "listenAddress": "0.0.0.0:14001",
    "managementListenAddress": "0.0.0.0:15001",
    "externalAccountBindingRequired": True,
    "externalAccountMACKeys": EXTERNAL_ACCOUNT,
}
# Every fifth nonce is refused, as a busy CA with many front ends may do.
ENVIRONMENT = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20"}
EXTENSIONS = """\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:ca, DNS:pebble, DNS:localhost, IP:{address}, IP:127.0.0.1
"""


def configure(lab: Lab) -> bool:
    """Writes what the CA starts from; True when that is other than before."""
    room = lab.state / "ca"
    room.mkdir(mode=0o700, exist_ok=True)
    _make_tls(lab)
    environment = {**ENVIRONMENT, **lab.pebble_environment}
    configuration = _merged(CONFIGURATION, lab.pebble_configuration)
    wanted = {
        "open.json": json.dumps({"pebble": configuration}, indent=2),
        "binding.json": json.dumps({"pebble": {**configuration, **BINDING}}, indent=2),
        "environment": "".join(f"{name}={value}\n" for name, value in environment.items()),
    }
    before = {name: (room / name).read_text(encoding="utf-8") for name in wanted if (room / name).exists()}
    for name, text in wanted.items():
        (room / name).write_text(text, encoding="utf-8")
    return before != wanted


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = {**base, **over}
    for name in base.keys() & over.keys():
        if isinstance(base[name], dict) and isinstance(over[name], dict):
            merged[name] = _merged(base[name], over[name])
    return merged


def _make_tls(lab: Lab) -> None:
    """A small CA of its own signs the certificate of Pebble's HTTPS, as a company's CA would."""
    room = lab.state / "ca"
    if (room / "address").exists() and (room / "address").read_text(encoding="utf-8") == lab.ca:
        return
    (room / "openssl.cnf").write_text(EXTENSIONS.format(address=lab.ca), encoding="utf-8")
    new = ["openssl", "req", "-x509", "-config", f"{room}/openssl.cnf", "-newkey", "ec", "-nodes", "-days", "3650"]
    new += ["-pkeyopt", "ec_paramgen_curve:P-256"]
    root, root_key = str(lab.state / "pebble-tls-ca.pem"), f"{room}/tls-ca-key.pem"
    run(*new, "-extensions", "ca", "-subj", "/CN=CA of the lab's own HTTPS", "-keyout", root_key, "-out", root)
    signer = ["-CA", root, "-CAkey", root_key]
    leaf = ["-keyout", f"{room}/tls-key.pem", "-out", f"{room}/tls.pem"]
    run(*new, "-extensions", "server", "-subj", "/CN=pebble", *signer, *leaf)
    (room / "address").write_text(lab.ca, encoding="utf-8")


def restart(lab: Lab) -> None:
    say("ca: starting Pebble anew with its changed settings")
    hosts.inside(lab, "ca", "systemctl restart pebble@open pebble@binding")


def wait(lab: Lab) -> None:
    """Waits for the directory and keeps the root that Pebble, which makes a new one at each start, issues from."""
    deadline = time.monotonic() + 30
    while True:
        try:
            _get(lab, lab.directory)
            root = _get(lab, f"https://{lab.ca}:15000/roots/0")
            break
        except OSError as error:
            if time.monotonic() > deadline:
                raise LabError(f"Pebble does not answer at {lab.directory}: {error}; try: lab.py exec "
                               f"{lab.name} ca -- journalctl -u pebble@open") from None  # fmt: skip
            time.sleep(0.1)
    (lab.state / "issuer-root.pem").write_text(root, encoding="utf-8")
    say(f"ca: Pebble answers at {lab.directory}")


def _get(lab: Lab, url: str) -> str:
    context = ssl.create_default_context(cafile=str(lab.state / "pebble-tls-ca.pem"))
    with urllib.request.urlopen(url, context=context, timeout=5) as answer:
        return str(answer.read().decode())


def publish(lab: Lab) -> None:
    """Makes the DNS server know exactly the lab's records; it forgets all at a restart."""
    own = {"ca": [lab.ca], **{host: [address] for host, address in lab.addresses.items()}}
    for name, addresses in {**own, **lab.records}.items():
        _dns(lab, "clear-a", {"host": name + "."})
        if addresses:
            _dns(lab, "add-a", {"host": name + ".", "addresses": addresses})


def _dns(lab: Lab, action: str, what: dict[str, Any]) -> None:
    request = urllib.request.Request(f"http://{lab.ca}:8055/{action}", json.dumps(what).encode(), method="POST")
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except OSError as error:
        raise LabError(f"the lab's DNS does not answer at {lab.ca}: {error}; try: lab.py up {lab.name}") from None
