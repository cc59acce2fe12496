#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mod_md_account_binding
short_description: Place the external account binding that mod_md reads
version_added: 0.3.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Writes key identifier and HMAC key of an external account binding (RFC 8555 section 7.3.4) to a file that only root reads, for the
    directive C(MDExternalAccountBinding). The file is V(0600) from its first instant, whatever the umask.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
options:
  path:
    description: Absolute path of the file.
    type: path
    required: true
  kid:
    description: Name of the key, as the CA gave it.
    type: str
    required: true
  hmac:
    description: The key, base64url. Keep it in a vault.
    type: str
    required: true
seealso:
  - module: encrypt.httpd.mod_md_info
"""

EXAMPLES = r"""
- name: Place what the CA gave us
  encrypt.httpd.mod_md_account_binding:
    path: /etc/apache2/mod-md-eab.json
    kid: kid-1
    hmac: "{{ vault_eab_hmac }}"
"""

RETURN = r""" # """

import json
import os
import stat
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._files import PRIVATE_FILE, read, write_private

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "kid": {"type": "str", "required": True},
    "hmac": {"type": "str", "required": True, "no_log": True},
}


def is_private(path: str) -> bool:
    """Tell whether there is a plain file that its owner, this user, alone can read."""
    found = os.lstat(path)
    return stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == PRIVATE_FILE and found.st_uid == os.geteuid()


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Write it if it differs, or is open to others."""
    path, content = params["path"], json.dumps({"kid": params["kid"], "hmac": params["hmac"]}).encode() + b"\n"
    changed = read(path) != content or not is_private(path)
    if changed and not check_mode:
        write_private(path, content)
    after = f"account binding {params['kid']}\n" if changed else ""
    return {"changed": changed, "diff": {"before": "", "after": after, "before_header": path, "after_header": path}}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
