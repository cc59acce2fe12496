#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mod_md_info
short_description: Tell what mod_md has and does
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Reads the store of mod_md. What it manages, what certificates there are, which are staged for the next reload, and what went wrong
    the last time. Changes nothing, and returns no key.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 on the host (the distribution's own package C(python3-cryptography)), once there are certificates
options:
  store:
    description: The store (C(MDStoreDir)), such as C(/etc/apache2/md).
    type: path
    required: true
  domains:
    description: Names of managed domains, the first of their host names. All that are in the store when left out.
    type: list
    elements: str
seealso:
  - module: encrypt.httpd.https_check
"""

EXAMPLES = r"""
- name: What does mod_md do?
  encrypt.httpd.mod_md_info:
    store: /etc/apache2/md
"""

RETURN = r"""
domains:
  description: One entry for each domain.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the domain.
      type: str
    names:
      description: Host names that mod_md manages in it, as of the last start or reload of httpd; empty when mod_md does not know it.
      type: list
      elements: str
    state:
      description:
        - V(complete) when mod_md has what it needs, V(incomplete) when a certificate is missing or lacks a name, V(missing_information)
          when the configuration lacks something such as the agreement, V(error), V(expired) or V(unknown). Empty when mod_md does not
          know the domain.
      type: str
    lacks:
      description: Why it is not complete, in mod_md's words.
      type: str
      sample: certificate(secp256r1) is missing
    renew_mode:
      description: V(auto), V(always) or V(manual), as C(MDRenewMode) says. Empty when mod_md does not know the domain.
      type: str
    certificates:
      description: What each leaf says, one for each type of key, in the shape of RV(encrypt.httpd.certificate_info#module:files).
      type: list
      elements: dict
    staged:
      description: Whether a certificate waits for httpd to reload.
      type: bool
    idle:
      description: Whether no run for a new certificate is under way or done; either none has begun, or the last one failed.
      type: bool
    errors:
      description: How often it failed in a row.
      type: int
    problem:
      description: What went wrong the last time; empty when nothing did.
      type: str
    log:
      description: What mod_md noted of its last run, newest first.
      type: list
      elements: str
    next_run:
      description: When mod_md tries again; empty when it need not.
      type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils import _mod_md
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

ARGUMENTS = {"store": {"type": "path", "required": True}, "domains": {"type": "list", "elements": "str"}}


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Read the store."""
    names = _mod_md.domains(params["store"]) if params["domains"] is None else params["domains"]
    return {"changed": False, "domains": [_mod_md.of_domain(params["store"], name) for name in names]}


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
