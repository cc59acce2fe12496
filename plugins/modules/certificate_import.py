#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_import
short_description: Take in certificates and keys that another host sealed
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Run first without O(sealed), it makes a key for one journey and returns its public half as RV(recipient). With that,
    M(encrypt.httpd.certificate_export) on another host seals certificates and keys. Run with what it returned, the module opens and
    checks them, has them wait in V(pending/) for M(encrypt.httpd.certificate) or M(encrypt.httpd.httpd_config), and removes the key of
    the journey.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.store
options:
  certificates:
    description: Names of the certificates to take in.
    type: list
    elements: str
    required: true
  sealed:
    description: What M(encrypt.httpd.certificate_export) returned. In check mode it may be an empty list.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the certificate.
        type: str
        required: true
      issuer:
        description: Who signed it.
        type: str
        required: true
      chain:
        description: The certificate and its intermediates in PEM.
        type: str
        required: true
      key:
        description: The encrypted key in PEM.
        type: str
        required: true
      passphrase:
        description: What opens the key, encrypted for this host, in base64.
        type: str
        required: true
seealso:
  - module: encrypt.httpd.certificate_export
"""

EXAMPLES = r"""
- name: Make a key for the journey
  encrypt.httpd.certificate_import:
    directory: /etc/apache2/tls
    certificates: [www.example.org]
  register: journey
"""

RETURN = r"""
recipient:
  description: Public key in PEM for M(encrypt.httpd.certificate_export); empty in check mode.
  returned: without O(sealed)
  type: str
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError, Error

SEALED = {
    "name": {"type": "str", "required": True},
    "issuer": {"type": "str", "required": True},
    "chain": {"type": "str", "required": True},
    "key": {"type": "str", "required": True, "no_log": True},
    "passphrase": {"type": "str", "required": True, "no_log": True},
}
ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "str", "required": True},
    "sealed": {"type": "list", "elements": "dict", "options": SEALED},
}


def run(params: dict[str, Any], check_mode: bool, now: datetime) -> dict[str, Any]:
    """Make the key of the journey, or end the journey."""
    if params["sealed"] is None and check_mode:
        return {"changed": False, "recipient": ""}
    wanted = params["certificates"]
    if not check_mode:
        from ansible_collections.encrypt.httpd.plugins.module_utils._transport import Sealed, make_recipient, receive

        if params["sealed"] is None:
            return {"changed": False, "recipient": make_recipient(params["directory"])}
        sealed = [Sealed(**entry) for entry in params["sealed"]]
        if sorted(one.name for one in sealed) != sorted(wanted):
            raise CertificateError(f"asked for {', '.join(wanted)}, but {', '.join(one.name for one in sealed) or 'nothing'} came")
        receive(params["directory"], sealed, now)
    return {"changed": bool(wanted), "diff": {"before": "", "after": "".join(f"{name}: taken from another host\n" for name in wanted)}}


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
