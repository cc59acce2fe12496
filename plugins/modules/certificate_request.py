#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_request
short_description: Make keys and certificate signing requests on the host
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Makes a pending private key and a signing request (CSR, RFC 2986) for each certificate, many in one run. The key stays on
    the host; only the request is returned.
  - A pending key or request that is there and fits is used again, so a run that was stopped goes on where it was.
  - What is live is not touched. M(encrypt.httpd.certificate) puts the signed chain beside the pending key.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.store
options:
  certificates:
    description: The certificates that requests are made for.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate, and of its directory; by custom the first of its host names.
        type: str
        required: true
      names:
        description: All DNS names and IP addresses (RFC 8738), at most 100. International names are converted to their xn-- form.
        type: list
        elements: str
        required: true
      key_type:
        description: Type of the key, as in M(encrypt.httpd.private_key).
        type: str
        default: ecdsa-p256
      rekey:
        description:
          - Whether to make a new pending key and request whatever is there. What a CA is asked to sign at that moment is of no use then.
        type: bool
        default: false
        version_added: 0.2.0
seealso:
  - module: encrypt.httpd.certificate
"""

EXAMPLES = r"""
- name: Make a key and a request for a CA that signs by hand
  encrypt.httpd.certificate_request:
    directory: /etc/apache2/tls
    certificates:
      - name: www.example.org
        names: [www.example.org, example.org]
  register: requests

- name: Give the request to the CA
  ansible.builtin.copy:
    content: "{{ requests.requests[0].csr }}"
    dest: /tmp/www.example.org.csr
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
requests:
  description: One entry for each of O(certificates), in that order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the certificate.
      type: str
    csr:
      description: The signing request in PEM; empty in check mode when it would be made.
      type: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import check_key_type, host_names
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "key_type": {"type": "str", "default": "ecdsa-p256"},
    "rekey": {"type": "bool", "default": False},
}
ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
}


def is_ready(layout: Layout, names: tuple[str, ...], key_type: str) -> bool:
    """Tell whether a pending key and request are there that fit."""
    if not os.path.isdir(layout.site):  # before the first run the host may lack cryptography: do without
        return False
    from ansible_collections.encrypt.httpd.plugins.module_utils._store import fits

    return fits(layout, names, key_type)


def request(layout: Layout, names: tuple[str, ...], key_type: str, rekey: bool) -> str:
    """The signing request, made if need be."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._store import prepare

    return prepare(layout, names, key_type, rekey=rekey)[0]


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Prepare all certificates; all arguments are checked before the first file is written."""
    wanted = []
    for entry in params["certificates"]:
        where = f"certificate {entry['name']!r}"
        names = host_names(entry["names"], f"{where}: names")
        key_type = check_key_type(entry["key_type"], f"{where}: key_type")
        wanted.append((Layout(params["directory"], entry["name"]), names, key_type, entry["rekey"]))
    requests, made = [], []
    for layout, names, key_type, rekey in wanted:
        ready = not rekey and is_ready(layout, names, key_type)
        requests.append({"name": layout.name, "csr": "" if check_mode and not ready else request(layout, names, key_type, rekey)})
        if not ready:
            made.append(f"{layout.name}: {key_type} key and request for {', '.join(names)}\n")
    return {"changed": bool(made), "requests": requests, "diff": {"before": "", "after": "".join(made)}}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
