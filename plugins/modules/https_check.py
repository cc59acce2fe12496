#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: https_check
short_description: Check by real handshakes what a server serves
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Shakes hands for every name and looks at the certificate's names and dates, the chain, the protocol, and the http redirect
    and the C(Strict-Transport-Security) header (RFC 6797) when these are asked for. Fails with all that is wrong.
  - For an IP address it names no host in the handshake, as clients do, so it sees what the server shows by default.
  - Runs on the host itself, or from anywhere else with C(delegate_to) and O(address).
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 (the distribution's own package C(python3-cryptography))
options:
  names:
    description: The host names, or IP addresses.
    type: list
    elements: str
    required: true
  address:
    description:
      - Where to connect; when left out, the host's own address, or another one where nothing listens there, or O(places) has it.
    type: str
  places:
    description:
      - Of names that are served at some addresses of the host alone, these; without O(address) the first that the host has is asked.
    type: dict
    default: {}
    version_added: 0.5.0
  port:
    description: Port of https.
    type: int
    default: 443
  http_port:
    description: Port of http.
    type: int
    default: 80
  chain:
    description:
      - What the chain has to lead to. V(system) are the CAs that the host trusts, a path is a PEM file with roots,
        V(any) leaves the chain unchecked.
    type: str
    default: system
  redirect:
    description: Status with which http has to redirect to https, V(0) when that is not looked at.
    type: int
    default: 0
  hsts:
    description: Seconds that C(max-age) has to promise at least, V(0) when that is not looked at.
    type: int
    default: 0
  certificate_files:
    description:
      - Patterns of PEM files, where the module runs, such as V(/etc/apache2/md/domains/*/pubcert*.pem). What is shown has to be the
        first certificate of one of them, as they are at that moment. None are no limit.
    type: list
    elements: path
    default: []
    version_added: 0.2.0
  valid_for:
    description: Hours for which the certificate has to be valid at least.
    type: int
    default: 0
seealso:
  - module: encrypt.httpd.certificate_info
    description: What lies on disk.
"""

EXAMPLES = r"""
- name: See the site as a browser would, from the controller
  encrypt.httpd.https_check:
    names: [www.example.org, example.org]
    address: "{{ ansible_host }}"
    redirect: 301
  delegate_to: localhost
  become: false
"""

RETURN = r"""
sites:
  description: What was shown for each name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The host name.
      type: str
    protocol:
      description: Protocol of the handshake.
      type: str
      sample: TLSv1.3
    cipher:
      description: Cipher suite of the handshake.
      type: str
      sample: TLS_AES_128_GCM_SHA256
    certificate:
      description: What the leaf says, in the shape of RV(encrypt.httpd.certificate_info#module:files).
      type: dict
    problems:
      description: What is wrong; empty when all is right.
      type: list
      elements: str
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import host_name
from ansible_collections.encrypt.httpd.plugins.module_utils._client_view import Expected, look
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._sockets import ours

ARGUMENTS = {
    "names": {"type": "list", "elements": "str", "required": True},
    "address": {"type": "str"},
    "places": {"type": "dict", "default": {}},
    "port": {"type": "int", "default": 443},
    "http_port": {"type": "int", "default": 80},
    "chain": {"type": "str", "default": "system"},
    "redirect": {"type": "int", "default": 0},
    "hsts": {"type": "int", "default": 0},
    "certificate_files": {"type": "list", "elements": "path", "default": []},
    "valid_for": {"type": "int", "default": 0},
}


def by_name(names: list[str], places: Mapping[str, Sequence[str]], address: Optional[str], **more: Any) -> dict[str, Expected]:
    """What is expected of each name, and where to look; the arguments are those of the module."""
    expected = Expected(taken={one for each in places.values() for one in each}, **more)
    return {name: replace(expected, address=address or ours(places.get(name, ()))) for name in names}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    now = datetime.now(timezone.utc)
    try:
        sites = [look(host_name(name, "names"), expected, now) for name, expected in by_name(**module.params).items()]
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except ArgumentError as error:
        module.fail_json(msg=str(error))
    wrong = [f"{site['name']}: {', '.join(site['problems'])}" for site in sites if site["problems"]]
    if wrong:
        module.fail_json(msg="not served as it should be: " + "; ".join(wrong), sites=sites)
    module.exit_json(changed=False, sites=sites)


if __name__ == "__main__":
    main()
