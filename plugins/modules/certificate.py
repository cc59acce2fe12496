#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Install signed certificate chains on a host
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Puts signed chains beside their pending keys and makes both live by one rename of a link.
  - Nothing is written before each chain was checked. The leaf comes first and belongs to the pending key, has the names of the
    request (and maybe more), each next certificate signed the one before it, and all are valid now.
  - httpd is not reloaded. M(encrypt.httpd.httpd_config) activates certificates together with their virtual hosts, reloads and proves
    it; for that, say O(activate=false) here.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.store
options:
  certificates:
    description: The signed chains.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate, as in M(encrypt.httpd.certificate_request).
        type: str
        required: true
      chain:
        description:
          - The signed certificate and its intermediates in PEM, leaf first.
          - When left out, the chain that waits in V(pending/) already.
        type: str
      issuer:
        description: Who signed it, in one line. Kept beside the chain, so that a change of the issuer is noticed.
        type: str
        default: unknown
  activate:
    description: Whether the chains become live, or wait in V(pending/).
    type: bool
    default: true
  tolerant:
    description: Whether to return those that are wrong as RV(refused), and to install the others, instead of failing.
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - module: encrypt.httpd.certificate_request
  - module: encrypt.httpd.httpd_config
"""

EXAMPLES = r"""
- name: Install what the CA signed
  encrypt.httpd.certificate:
    directory: /etc/apache2/tls
    certificates:
      - name: www.example.org
        chain: "{{ lookup('ansible.builtin.file', 'www.example.org.pem') }}"
        issuer: Example CA
"""

RETURN = r"""
certificates:
  description: What each chain says, in the shape of the module M(encrypt.httpd.certificate_info).
  returned: success
  type: list
  elements: dict
refused:
  description: What is wrong with chains that were not installed, by name.
  returned: success
  type: dict
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError, Error, refusing
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import CHAIN, Layout

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "chain": {"type": "str"},
    "issuer": {"type": "str", "default": "unknown"},
}
ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
    "activate": {"type": "bool", "default": True},
    "tolerant": {"type": "bool", "default": False},
}


def chain_of(layout: Layout, entry: dict[str, Any]) -> str:
    """The chain that is given, or the one that waits."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._files import read

    waiting = entry["chain"] or (read(f"{layout.pending}/{CHAIN}") or b"").decode()
    if not waiting:
        raise CertificateError(f"certificate {layout.name!r}: no chain is given, and none waits at {layout.pending}")
    return waiting


def is_at(directory: str, chain: str) -> bool:
    """Tell whether this very chain lies in a directory."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._files import read

    return read(f"{directory}/{CHAIN}") == chain.encode()


def check(layout: Layout, chain: str, now: datetime) -> dict[str, Any]:
    """Check one chain against its pending key and the clock; tell what it says."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates, _chains, _store

    where = f"certificate {layout.name!r}"
    parsed = _certificates.load_chain(chain.encode(), where)
    try:
        _chains.check_dates(parsed, now)
    except CertificateError as error:
        raise CertificateError(f"{where}: {error}") from error
    if not is_at(layout.current, chain):
        _store.check_staged(layout, parsed)
    return {"name": layout.name, **_certificates.describe(parsed).to_dict()}


def changes(layout: Layout, chain: str, activate: bool) -> bool:
    """Tell whether there is anything to do for one chain."""
    return not is_at(layout.current, chain) and (activate or not is_at(layout.pending, chain))


def run(params: dict[str, Any], check_mode: bool, now: datetime) -> dict[str, Any]:
    """Check all chains, then install them."""
    from ansible_collections.encrypt.httpd.plugins.module_utils import _store, _versions

    wanted, told = [], []
    refused: dict[str, str] = {}
    for entry in params["certificates"]:
        with refusing(refused, entry["name"], tolerant=params["tolerant"]):
            layout = Layout(params["directory"], entry["name"])
            chain = chain_of(layout, entry)
            told.append(check(layout, chain, now))
            wanted.append((layout, chain, entry["issuer"]))
    todo = [(layout, chain, issuer) for layout, chain, issuer in wanted if changes(layout, chain, params["activate"])]
    for layout, chain, issuer in [] if check_mode else todo:
        _store.stage(layout, chain, issuer)
        if params["activate"]:
            _versions.promote(layout)
            _versions.forget_old_versions(layout)
    names = {layout.name for layout, _chain, _issuer in todo}
    after = [f"{info['name']}: serial {info['serial']}, until {info['not_after']}\n" for info in told if info["name"] in names]
    return {"changed": bool(todo), "certificates": told, "refused": refused, "diff": {"before": "", "after": "".join(after)}}


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
