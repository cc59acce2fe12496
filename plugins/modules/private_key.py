#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: private_key
short_description: Make a private key on the host
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Makes one private key where it is used, so that it never travels. Only its type and fingerprint are returned.
  - The file is V(0600) from its first instant, whatever the umask. A directory that does not exist yet is made V(0700).
    A planted symlink is never followed.
  - For certificates of sites, M(encrypt.httpd.certificate_request) makes keys and requests of many sites in one run.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 on the host (the distribution's own package C(python3-cryptography))
options:
  path:
    description: Absolute path of the key file (PEM, PKCS#8, not encrypted).
    type: path
    required: true
  type:
    description:
      - One of V(ecdsa-p256), V(ecdsa-p384), V(ecdsa-p521), V(ed25519) or V(rsa-BITS) with 2048 to 8192 bits, such as
        V(rsa-3072).
    type: str
    default: ecdsa-p256
  regenerate:
    description:
      - What to do with a file that is there already. A key that fits is always kept, but for V(always).
      - V(never) fails when the file holds another type of key, cannot be read as a key, or is open to others.
      - V(mismatch) makes a new key in these cases.
      - V(always) makes a new key on every run.
    type: str
    choices: [never, mismatch, always]
    default: never
seealso:
  - module: encrypt.httpd.certificate_request
"""

EXAMPLES = r"""
- name: Make a key for a mail server
  encrypt.httpd.private_key:
    path: /etc/ssl/mail/privkey.pem
    type: rsa-3072
"""

RETURN = r"""
type:
  description: Type of the key.
  returned: always
  type: str
  sample: ecdsa-p256
fingerprint:
  description:
    - SHA-256 of the DER SubjectPublicKeyInfo (RFC 5280 section 4.1), the same for a key, its request and its certificate.
    - Empty in check mode when a key would be made.
  returned: always
  type: str
  sample: SHA256:0a2f6c1d...
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import check_key_type
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "type": {"type": "str", "default": "ecdsa-p256"},
    "regenerate": {"type": "str", "choices": ["never", "mismatch", "always"], "default": "never"},
}


def found_key(path: str, wanted: str, regenerate: str) -> dict[str, str] | None:
    """Type and fingerprint of the key that is there and stays; None when a new one is to be made."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _files, _keys

    if regenerate == "always" or not os.path.lexists(path):
        return None
    try:
        key = _keys.load(_files.read_private(path), path)
        found = {"type": _keys.key_type_of(key), "fingerprint": _keys.fingerprint(key.public_key())}
        if found["type"] != wanted:
            raise ArgumentError(f"{path}: there is a key of type {found['type']}, asked is {wanted}; say regenerate=mismatch to replace it")
    except Error:
        if regenerate == "never":
            raise
        return None
    return found


def make_key(path: str, key_type: str, check_mode: bool) -> dict[str, str]:
    """Make the key and tell its type and fingerprint."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _files, _keys

    if check_mode:
        return {"type": key_type, "fingerprint": ""}
    if not os.path.isdir(os.path.dirname(path)):
        _files.make_private_directory(os.path.dirname(path))
    key = _keys.generate(key_type)
    _files.write_private(path, _keys.encode(key))
    return {"type": key_type, "fingerprint": _keys.fingerprint(key.public_key())}


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Keep the key that is there, or make one."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _files

    path, key_type = params["path"], check_key_type(params["type"], "type")
    if not os.path.isabs(path):
        raise ArgumentError(f"path: {path!r} is relative; write an absolute path")
    _files.check_parent(path)
    found = found_key(path, key_type, params["regenerate"])
    after = found or make_key(path, key_type, check_mode)
    diff = {"before": found or {}, "after": after, "before_header": path, "after_header": path}
    return {"changed": found is None, "diff": diff, **after}


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
