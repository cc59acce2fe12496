#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: https_check
short_description: Check by real handshakes what a server serves
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Shakes hands for every name and looks at the certificate's names and dates, the chain, the protocol, and the http redirect
    and the C(Strict-Transport-Security) header (RFC 6797) when these are asked for. Fails with all that is wrong.
  - For an IP address it names no host in the handshake, as clients do, so it sees what the server shows by default.
  - Runs on the host itself, or from anywhere else with C(delegate_to) and O(address).
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 (the distribution's own package C(python3-cryptography))
options:
  names:
    description: The host names, or IP addresses.
    type: list
    elements: str
    required: true
  address:
    description: Where to connect; the host's own address when left out.
    type: str
  port:
    description: Port of https.
    type: int
    default: 443
  http_port:
    description: Port of http.
    type: int
    default: 80
  chain:
    description:
      - What the chain has to lead to. V(system) are the CAs that the host trusts, a path is a PEM file with roots,
        V(any) leaves the chain unchecked.
    type: str
    default: system
  redirect:
    description: Status with which http has to redirect to https, V(0) when that is not looked at.
    type: int
    default: 0
  hsts:
    description: Seconds that C(max-age) has to promise at least, V(0) when that is not looked at.
    type: int
    default: 0
  certificate_files:
    description:
      - Patterns of PEM files, where the module runs, such as V(/etc/apache2/md/domains/*/pubcert*.pem). What is shown has to be the
        first certificate of one of them, as they are at that moment. None are no limit.
    type: list
    elements: path
    default: []
    version_added: 0.2.0
  valid_for:
    description: Hours for which the certificate has to be valid at least.
    type: int
    default: 0
seealso:
  - module: encrypt.httpd.certificate_info
    description: What lies on disk.
"""

EXAMPLES = r"""
- name: See the site as a browser would, from the controller
  encrypt.httpd.https_check:
    names: [www.example.org, example.org]
    address: "{{ ansible_host }}"
    redirect: 301
  delegate_to: localhost
  become: false
"""

RETURN = r"""
sites:
  description: What was shown for each name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The host name.
      type: str
    protocol:
      description: Protocol of the handshake.
      type: str
      sample: TLSv1.3
    cipher:
      description: Cipher suite of the handshake.
      type: str
      sample: TLS_AES_128_GCM_SHA256
    certificate:
      description: What the leaf says, in the shape of RV(encrypt.httpd.certificate_info#module:files).
      type: dict
    problems:
      description: What is wrong; empty when all is right.
      type: list
      elements: str
"""

import ssl
from datetime import datetime, timedelta, timezone
from glob import glob
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import host_name
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, HandshakeError
from ansible_collections.encrypt.httpd.plugins.module_utils._files import read
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import first_certificate, get, host_of, own_address, shake_hands
from ansible_collections.encrypt.httpd.plugins.module_utils._names import covering, in_url

ARGUMENTS = {
    "names": {"type": "list", "elements": "str", "required": True},
    "address": {"type": "str"},
    "port": {"type": "int", "default": 443},
    "http_port": {"type": "int", "default": 80},
    "chain": {"type": "str", "default": "system"},
    "redirect": {"type": "int", "default": 0},
    "hsts": {"type": "int", "default": 0},
    "certificate_files": {"type": "list", "elements": "path", "default": []},
    "valid_for": {"type": "int", "default": 0},
}


def check(name: str, params: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Everything about one name."""
    address = params["address"] or own_address()
    bundle = {"any": None, "system": ""}.get(params["chain"], params["chain"])
    found: dict[str, Any] = {"name": name, "protocol": "", "cipher": "", "certificate": None, "problems": []}
    try:
        shown = shake_hands(name, address, params["port"], bundle)
        found.update(protocol=shown.protocol, cipher=shown.cipher, certificate=describe_leaf(shown.leaf))
        found["problems"] += [f"not trusted: {shown.distrust}"] if shown.distrust else []
        found["problems"] += certificate_problems(name, found["certificate"], now, now + timedelta(hours=params["valid_for"]))
        if params["certificate_files"] and shown.leaf not in leaves(params["certificate_files"]):
            found["problems"].append(f"the certificate is another one than expected, of {found['certificate']['issuer']}")
        found["problems"] += redirect_problems(name, address, params) if params["redirect"] else []
        found["problems"] += hsts_problems(name, address, params) if params["hsts"] else []
    except HandshakeError as error:
        found["problems"].append(str(error))
    return found


def describe_leaf(der: bytes) -> dict[str, Any]:
    """What the certificate that was shown says."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates
    from cryptography import x509

    return _certificates.describe((x509.load_der_x509_certificate(der),)).to_dict()


def leaves(patterns: list[str]) -> list[bytes]:
    """The first certificates of files, in DER."""
    texts = [read(path) or b"" for pattern in patterns for path in glob(pattern)]
    return [ssl.PEM_cert_to_DER_cert(first_certificate(text.decode())) for text in texts if text]


def certificate_problems(name: str, certificate: dict[str, Any], now: datetime, until: datetime) -> list[str]:
    """Wrong name or dates."""
    wrong = []
    if set(covering(name)).isdisjoint(certificate["names"]):
        wrong.append(f"the certificate is for {', '.join(certificate['names']) or 'no name'}")
    if datetime.fromisoformat(certificate["not_before"]) > now:
        wrong.append(f"the certificate is valid from {certificate['not_before']} only")
    if datetime.fromisoformat(certificate["not_after"]) <= until:
        wrong.append(f"the certificate is valid until {certificate['not_after']} only")
    return wrong


def redirect_problems(name: str, address: str, params: dict[str, Any]) -> list[str]:
    """http that does not lead to https."""
    answer = get(name, "/?encrypt=httpd", address, params["http_port"])
    location = answer.headers.get("location", "")
    target = urlsplit(location)
    if answer.status == params["redirect"] and (target.scheme, target.hostname) == ("https", host_of(name)):
        return []
    return [f"http answers {answer.status} {location}".rstrip() + f", expected is {params['redirect']} to https://{in_url(host_of(name))}"]


def hsts_problems(name: str, address: str, params: dict[str, Any]) -> list[str]:
    """A missing or short Strict-Transport-Security."""
    header = get(name, "/", address, params["port"], tls=True).headers.get("strict-transport-security", "")
    given = [part.partition("=")[2].strip('"') for part in header.replace(" ", "").lower().split(";") if "max-age" in part]
    if given and given[0].isdigit() and int(given[0]) >= params["hsts"]:
        return []
    return [f"Strict-Transport-Security is {header!r}, expected is max-age={params['hsts']}"]


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    now = datetime.now(timezone.utc)
    try:
        sites = [check(host_name(name, "names"), module.params, now) for name in module.params["names"]]
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except ArgumentError as error:
        module.fail_json(msg=str(error))
    wrong = [f"{site['name']}: {', '.join(site['problems'])}" for site in sites if site["problems"]]
    if wrong:
        module.fail_json(msg="not served as it should be: " + "; ".join(wrong), sites=sites)
    module.exit_json(changed=False, sites=sites)


if __name__ == "__main__":
    main()
