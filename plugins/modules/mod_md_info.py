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
  - Reads the store of mod_md. What certificates there are, which are staged for the next reload, and what went wrong the last time.
    Changes nothing, and returns no key.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 on the host (the distribution's own package C(python3-cryptography))
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
    certificates:
      description: What each leaf says, one for each type of key, in the shape of RV(encrypt.httpd.certificate_info#module:files).
      type: list
      elements: dict
    staged:
      description: Whether a certificate waits for httpd to reload.
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

import json
import os
from glob import glob
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error

ARGUMENTS = {"store": {"type": "path", "required": True}, "domains": {"type": "list", "elements": "str"}}


def certificates(directory: str) -> list[dict[str, Any]]:
    """What the leaves in a directory of the store say."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates, _files

    paths = sorted(glob(f"{directory}/pubcert*.pem"))
    return [_certificates.describe(_certificates.load_chain(_files.read(path) or b"", path)).to_dict() for path in paths]


def job(directory: str) -> dict[str, Any]:
    """What mod_md remembers of its last run."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _files

    try:
        found = json.loads(_files.read(f"{directory}/job.json") or b"{}")
    except ValueError:  # it is just being written
        return {}
    return found if isinstance(found, dict) else {}


def of_domain(store: str, name: str) -> dict[str, Any]:
    """Everything about one domain."""
    live, staging = f"{store}/domains/{name}", f"{store}/staging/{name}"
    known = job(staging) or job(live)
    last = known.get("last") or {}
    failed = bool(known.get("errors"))
    noted = [str(entry["detail"]) for entry in (known.get("log") or {}).get("entries") or [] if entry.get("detail")]
    return {
        "name": name,
        "certificates": certificates(live),
        "staged": bool(glob(f"{staging}/pubcert*.pem")),
        "errors": int(known.get("errors") or 0),
        "problem": str(last.get("detail") or last.get("activity") or "") if failed else "",
        "log": list(dict.fromkeys(noted)),
        "next_run": str(known.get("next-run") or "") if not known.get("finished") else "",
    }


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Read the store."""
    store = params["store"]
    there = sorted(os.listdir(f"{store}/domains")) if os.path.isdir(f"{store}/domains") else []
    names = there if params["domains"] is None else params["domains"]
    return {"changed": False, "domains": [of_domain(store, name) for name in names]}


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
