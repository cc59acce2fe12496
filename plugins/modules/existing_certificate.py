#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: existing_certificate
short_description: Bring in keys and certificates that a host has already
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Reads keys and certificates out of files on the host, checks that they belong together and are valid for the names, puts the chain
    into order, and has them wait in V(pending/) for M(encrypt.httpd.certificate) or M(encrypt.httpd.httpd_config). An encrypted key is
    opened, since httpd starts unattended. The files stay as they are.
  - A certificate in place stays when it is the file's, or was bought and issued later, has the names and has not expired. So an old file
    does not come back, and one that the CA issued anew is brought in, however long it lives. What another issuer signed is replaced.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.store
options:
  certificates:
    description: What to bring in.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate, and of its directory; by custom the first of its host names.
        type: str
        required: true
      names:
        description: DNS names and IP addresses that the certificate has to be valid for, wildcards included. It may have more.
        type: list
        elements: str
        required: true
      key_file:
        description: PEM file with the private key, which only its owner can read.
        type: path
        required: true
      certificate_file:
        description: File with the certificate, and with its intermediates if they are not in O(certificates[].chain_file).
        type: path
        required: true
      chain_file:
        description: File with the intermediates.
        type: path
  passphrases:
    description:
      - What opens encrypted keys, by name of the certificate.
      - Not beside each key, since Ansible writes options of options into the log of the host as Python would, and there does not find a
        passphrase with a quote or backslash in it to hide it.
    type: dict
    default: {}
  ca_file:
    description: PEM file with roots beside those that the host trusts.
    type: path
  tolerant:
    description: Whether to return those that cannot be used as RV(refused), and to bring in the others, instead of failing.
    type: bool
    default: false
seealso:
  - module: encrypt.httpd.site_certificate
"""

EXAMPLES = r"""
- name: Keep the certificate that we have
  encrypt.httpd.existing_certificate:
    directory: /etc/apache2/tls
    certificates:
      - name: www.example.org
        names: [www.example.org, example.org]
        key_file: /etc/ssl/private/example.key
        certificate_file: /etc/ssl/certs/example.crt
        chain_file: /etc/ssl/certs/example.ca-bundle
"""

RETURN = r"""
brought:
  description: What was brought in, and why, by name.
  returned: success
  type: dict
refused:
  description: What cannot be used, and why, by name.
  returned: success
  type: dict
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import host_names
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error, refusing
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "key_file": {"type": "path", "required": True, "no_log": False},
    "certificate_file": {"type": "path", "required": True},
    "chain_file": {"type": "path"},
}
ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
    "passphrases": {"type": "dict", "default": {}, "no_log": True},
    "ca_file": {"type": "path"},
    "tolerant": {"type": "bool", "default": False},
}


def run(params: dict[str, Any], check_mode: bool, now: datetime) -> dict[str, Any]:
    """Check all, then bring in what is new."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._existing import Existing, bring_in

    wanted = []
    for entry in params["certificates"]:
        names = host_names(entry["names"], f"certificate {entry['name']!r}: names")
        pair = Existing(
            key_file=entry["key_file"],
            certificate_file=entry["certificate_file"],
            chain_file=entry["chain_file"] or "",
            ca_file=params["ca_file"] or "",
            passphrase=str(params["passphrases"].get(entry["name"], "")),
        )
        wanted.append((Layout(params["directory"], entry["name"]), pair, names))
    told: dict[str, str] = {}
    refused: dict[str, str] = {}
    for layout, pair, names in wanted:
        with refusing(refused, layout.name, tolerant=params["tolerant"]):
            told[layout.name] = bring_in(layout, pair, names, now, check_mode=True)
    brought = {name: reason for name, reason in told.items() if reason}
    for layout, pair, names in wanted:
        if layout.name in brought and not check_mode:
            bring_in(layout, pair, names, now, check_mode=False)
    after = "".join(f"{name}: {reason}\n" for name, reason in brought.items())
    return {"changed": bool(brought), "brought": brought, "refused": refused, "diff": {"before": "", "after": after}}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module.params, module.check_mode, datetime.now(timezone.utc)))
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
