#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_info
short_description: Tell what certificates are in place on a host
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Reads the leaf, chain, key and dates of many certificates in one run. Changes nothing, and returns no key.
  - Reads the collection's own directories by O(directory), any other PEM files by O(paths).
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 on the host (the distribution's own package C(python3-cryptography))
options:
  directory:
    description: The directory that M(encrypt.httpd.certificate_request) and M(encrypt.httpd.certificate) keep.
    type: path
  certificates:
    description: Names of certificates below O(directory).
    type: list
    elements: str
    default: []
  chains:
    description: Whether to return the chains in PEM, too.
    type: bool
    default: false
  paths:
    description: PEM files with a leaf certificate first, then its chain.
    type: list
    elements: path
    default: []
seealso:
  - module: encrypt.httpd.https_check
    description: What is really served.
"""

EXAMPLES = r"""
- name: What is in place for two sites?
  encrypt.httpd.certificate_info:
    directory: /etc/apache2/tls
    certificates:
      - www.example.org
      - api.example.org

- name: When do these files expire?
  encrypt.httpd.certificate_info:
    paths:
      - /etc/ssl/mail/fullchain.pem
"""

RETURN = r"""
certificates:
  description: One entry for each of O(certificates), in that order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name as asked.
      type: str
    current:
      description: What is live, in the shape of RV(files), with V(issuer) telling who signed it.
      type: dict
    pending:
      description: What is signed and not live yet, in the shape of RV(files).
      type: dict
    requested:
      description: Whether a key and signing request wait for a signature.
      type: bool
    previous:
      description:
        - What was live before, as far as it is kept, the newest first; in the same shape, and with O(chains) alone. Then each of
          all has V(chain), the PEM text, too.
      type: list
      elements: dict
files:
  description: One entry for each of O(paths), in that order.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The path as asked.
      type: str
    problem:
      description: Why the file cannot be used; empty when it can, or when there is none.
      type: str
    certificate:
      description:
        - What the leaf says; null when there is no (readable) file. Times are UTC in ISO 8601. V(renewal_id) is the identifier of RFC 9773
          section 4.1.
        - V(crl_url) is where the CA publishes by http what it has revoked (RFC 5280 section 4.2.1.13), V(issuer_certificate) the CA's own
          certificate in PEM, with which that is verified. Both are empty when the certificate names no such place.
      type: dict
      sample:
        names: [www.example.org]
        subject: ""
        issuer: R11
        serial: 4a1f0c
        not_before: "2026-11-01T00:00:00+00:00"
        not_after: "2027-01-30T00:00:00+00:00"
        key_type: ecdsa-p256
        key_fingerprint: SHA256:0a2f6c1d...
        fingerprint: SHA256:77c3d0aa...
        chain_length: 2
        renewal_id: aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE
        crl_url: http://r11.c.lencr.org/57.crl
        issuer_certificate: "-----BEGIN CERTIFICATE-----\n..."
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, CertificateError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import CHAIN, REQUEST, Layout

ARGUMENTS = {
    "directory": {"type": "path"},
    "certificates": {"type": "list", "elements": "str", "default": []},
    "chains": {"type": "bool", "default": False},
    "paths": {"type": "list", "elements": "path", "default": []},
}
NOTHING = {"certificate": None, "issuer": "", "problem": ""}


def of_name(directory: str, name: str, chains: bool) -> dict[str, Any]:
    """What is live, what is pending, and what was live before for one name."""
    layout = Layout(directory, name)
    if not os.path.isdir(layout.site):  # before the first run the host may lack cryptography: do without
        nothing = {**NOTHING, "chain": ""} if chains else NOTHING
        return {"name": name, "requested": False, "current": nothing, "pending": nothing, **({"previous": []} if chains else {})}
    from ansible_collections.encrypt.httpd.plugins.module_utils import _store, _versions

    def told(place: str) -> dict[str, Any]:
        return {**_store.in_place(place).to_dict(), **({"chain": _store.chain_in(place)} if chains else {})}

    requested = os.path.exists(f"{layout.pending}/{REQUEST}") and not os.path.exists(f"{layout.pending}/{CHAIN}")
    found = {"name": name, "requested": requested, "current": told(layout.current), "pending": told(layout.pending)}
    return {**found, "previous": [told(place) for place in _versions.previous(layout)]} if chains else found


def of_path(path: str) -> dict[str, Any]:
    """What a PEM file says."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates, _files

    pem = _files.read(path)
    if pem is None:
        return {"path": path, "certificate": None, "problem": ""}
    try:
        chain = _certificates.load_chain(pem, path)
    except CertificateError as error:
        return {"path": path, "certificate": None, "problem": str(error)}
    return {"path": path, "certificate": _certificates.describe(chain).to_dict(), "problem": ""}


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Read all that is asked for."""
    if params["certificates"] and not params["directory"]:
        raise ArgumentError("directory: name the directory of the certificates")
    certificates = [of_name(params["directory"], name, params["chains"]) for name in params["certificates"]]
    return {"changed": False, "certificates": certificates, "files": [of_path(path) for path in params["paths"]]}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module.params))
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
