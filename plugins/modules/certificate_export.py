#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_export
short_description: Seal certificates and their keys for another host
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Returns certificates with their private keys so that one host alone can read the keys, the one whose
    M(encrypt.httpd.certificate_import) made the O(recipient). Neither the controller nor a log has them in the clear.
  - Each key is encrypted PKCS#8 under a random passphrase, which is encrypted by RSA-OAEP (RFC 8017 section 7.1) to the recipient.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
  - encrypt.httpd.store
options:
  certificates:
    description: What to seal.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate.
        type: str
        required: true
      version:
        description: V(current) is the one that is live, V(pending) the one that is signed and not live yet.
        type: str
        choices: [current, pending]
        default: current
  recipient:
    description: Public key in PEM, which M(encrypt.httpd.certificate_import) returned.
    type: str
    required: true
seealso:
  - module: encrypt.httpd.certificate_import
"""

EXAMPLES = r"""
- name: Make a key for the journey
  encrypt.httpd.certificate_import:
    directory: /etc/apache2/tls
    certificates: [www.example.org]
  register: journey

- name: Have the other host seal the certificate
  encrypt.httpd.certificate_export:
    directory: /etc/apache2/tls
    certificates:
      - name: www.example.org
    recipient: "{{ journey.recipient }}"
  delegate_to: web1.example.org
  register: found

- name: Take it in
  encrypt.httpd.certificate_import:
    directory: /etc/apache2/tls
    certificates: [www.example.org]
    sealed: "{{ found.sealed }}"
"""

RETURN = r"""
sealed:
  description: For M(encrypt.httpd.certificate_import), as it is.
  returned: success
  type: list
  elements: dict
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "version": {"type": "str", "choices": ["current", "pending"], "default": "current"},
}
ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
    "recipient": {"type": "str", "required": True},
}


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Seal each."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._transport import seal

    wanted = [(Layout(params["directory"], entry["name"]), entry["version"]) for entry in params["certificates"]]
    return {"changed": False, "sealed": [asdict(seal(layout, version, params["recipient"])) for layout, version in wanted]}


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
