#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: private_ca
short_description: Make a certificate authority of your own
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Makes a root, and an intermediate if asked, in a directory V(0700) of the controller (delegate the task to localhost).
    The keys are V(0600), encrypted under a passphrase (PKCS#8).
  - A CA that is there is never overwritten; another O(common_name), O(key_type), O(permitted_names) or O(intermediate) than it has is
    an error. Lifetimes count when a certificate is made. An intermediate can be added later.
  - Once there is an intermediate, which signs from then on, V(root.key) can be moved to a safe place.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1
options:
  directory:
    description: Absolute path of the directory.
    type: path
    required: true
  common_name:
    description: Name of the root, as people see it in their browsers. Name your organisation in it.
    type: str
    required: true
  passphrase:
    description: Encrypts the keys. Keep it in a vault.
    type: str
    required: true
  key_type:
    description: Type of both keys, as in M(encrypt.httpd.private_key).
    type: str
    default: ecdsa-p384
  days:
    description: Lifetime of the root.
    type: int
    default: 3650
  permitted_names:
    description:
      - DNS names that the CA can vouch for, each with all names below it, and networks such as V(192.0.2.0/24) or V(2001:db8::/32) for IP
        addresses (name constraints, RFC 5280 section 4.2.1.10), in root and intermediate.
      - Clients refuse what it signs for other names, other IP addresses, and for mail addresses, so that a stolen key does no harm
        elsewhere. Some clients do not ask a root for its limits, so lock its key away.
      - None is no limit.
    type: list
    elements: str
    default: []
  intermediate:
    description: Name of an intermediate that signs in place of the root. Without it the root signs.
    type: str
    default: ""
  intermediate_days:
    description: Lifetime of the intermediate.
    type: int
    default: 1825
seealso:
  - module: encrypt.httpd.site_certificate
"""

EXAMPLES = r"""
- name: Make a CA for the names of our network
  encrypt.httpd.private_ca:
    directory: "{{ inventory_dir }}/private-ca"
    common_name: Example Ltd Root CA
    intermediate: Example Ltd Issuing CA
    permitted_names: [example.internal]
    passphrase: "{{ vault_private_ca_passphrase }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
root:
  description: The certificate that clients have to trust, in PEM; empty in check mode when it would be made.
  returned: success
  type: str
made:
  description: Files that were made, out of V(root.pem) and V(intermediate.pem).
  returned: success
  type: list
  elements: str
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import domain_or_network
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "common_name": {"type": "str", "required": True},
    "passphrase": {"type": "str", "required": True, "no_log": True},
    "key_type": {"type": "str", "default": "ecdsa-p384"},
    "days": {"type": "int", "default": 3650},
    "permitted_names": {"type": "list", "elements": "str", "default": []},
    "intermediate": {"type": "str", "default": ""},
    "intermediate_days": {"type": "int", "default": 1825},
}


def run(params: dict[str, Any], check_mode: bool, now: datetime) -> dict[str, Any]:
    """Make what is missing."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates, _private_ca

    if not params["passphrase"]:
        raise ArgumentError("passphrase: it is empty; the keys of a CA need one")
    permitted = tuple(dict.fromkeys(domain_or_network(one, "permitted_names") for one in params["permitted_names"]))
    wish = _private_ca.Wish(
        common_name=params["common_name"],
        key_type=params["key_type"],
        days=params["days"],
        permitted=permitted,
        intermediate=params["intermediate"],
        intermediate_days=params["intermediate_days"],
    )
    directory = params["directory"]
    _private_ca.check_as_wished(directory, wish)
    made = _private_ca.missing(directory, wish)
    if made and not check_mode:
        made = _private_ca.make(directory, wish, params["passphrase"], now)
    there = not (check_mode and _private_ca.ROOT in made)
    root = _certificates.to_pem(*_private_ca.root_chain(directory)) if there else ""
    after = "".join(f"{directory}/{name}\n" for name in made)
    return {"changed": bool(made), "made": list(made), "root": root, "diff": {"before": "", "after": after}}


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
