#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: revocation_request
short_description: Sign requests for the revocation of certificates with their own keys, on the host
version_added: 0.4.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Who has the private key of a certificate may have it revoked, without any account (RFC 8555 section 7.6). The key does not leave the
    host; what is returned is the signed request, which is no secret.
  - M(encrypt.httpd.acme_revocation) runs it, and tells the ACME server.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
  - encrypt.httpd.store
options:
  requests:
    description: What shall be revoked.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate.
        type: str
        required: true
      certificate:
        description: The certificate in PEM. Its key may be that of any version that the host keeps.
        type: str
        required: true
      reason:
        description: Code of the reason (RFC 5280 section 5.3.1).
        type: int
        default: 0
      url:
        description: The server's C(revokeCert).
        type: str
        required: true
      nonce:
        description: A nonce of the server, for this one request.
        type: str
        required: true
seealso:
  - module: encrypt.httpd.acme_revocation
"""

EXAMPLES = r"""
- name: Sign with the key of what is in place
  encrypt.httpd.revocation_request:
    directory: /etc/apache2/tls
    requests:
      - name: www.example.org
        certificate: "{{ lookup('ansible.builtin.file', 'www.example.org.pem') }}"
        reason: 1
        url: https://acme.example-ca.com/revoke-cert
        nonce: oFvnlFP1wIhRlYS2jTaXbA
"""

RETURN = r"""
requests:
  description:
    - One entry for each of O(requests), in that order. C(signed) is the request, a JSON Web Signature, and C(problem) is why there is none.
  returned: success
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

REQUEST = {
    "name": {"type": "str", "required": True},
    "certificate": {"type": "str", "required": True},
    "reason": {"type": "int", "default": 0},
    "url": {"type": "str", "required": True},
    "nonce": {"type": "str", "required": True},
}
ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "requests": {"type": "list", "elements": "dict", "required": True, "options": REQUEST},
}


def sign(directory: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Sign one."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._revocation import Revocation, sign_revocation

    try:
        wanted = Revocation(entry["certificate"], entry["reason"], entry["url"], entry["nonce"])
        return {"signed": sign_revocation(Layout(directory, entry["name"]), wanted), "problem": ""}
    except Error as error:
        return {"signed": None, "problem": str(error)}


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Sign all; one without a key does not stop the others."""
    return {"changed": False, "requests": [sign(params["directory"], entry) for entry in params["requests"]]}


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
