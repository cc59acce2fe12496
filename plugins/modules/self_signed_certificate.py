#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: self_signed_certificate
short_description: Sign pending requests with their own keys
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Signs requests that M(encrypt.httpd.certificate_request) made, each with its own key, which does not leave the host. What is signed
    is returned; nothing is written. M(encrypt.httpd.certificate) installs it.
  - Clients do not trust such a certificate. It encrypts, and stands in until a real one is there.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
  - encrypt.httpd.store
options:
  certificates:
    description: Names of certificates with a pending request.
    type: list
    elements: str
    required: true
  days:
    description: Lifetime.
    type: int
    default: 90
seealso:
  - module: encrypt.httpd.certificate_request
  - module: encrypt.httpd.certificate
"""

EXAMPLES = r"""
- name: Sign
  encrypt.httpd.self_signed_certificate:
    directory: /etc/apache2/tls
    certificates: [www.example.org]
  register: signed
"""

RETURN = r"""
chains:
  description: The certificates in PEM, by name.
  returned: success
  type: dict
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "str", "required": True},
    "days": {"type": "int", "default": 90},
}


def run(params: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Sign all."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _authority, _store

    if params["days"] < 1:
        raise ArgumentError(f"days: {params['days']} is not allowed; at least 1 is")
    chains = {}
    for name in params["certificates"]:
        key, names = _store.pending(Layout(params["directory"], name))
        chains[name] = _authority.sign_oneself(key, names, params["days"], now)
    return {"changed": False, "chains": chains}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module.params, datetime.now(timezone.utc)))
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
