#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: challenge_check
short_description: Check that a host answers ACME http-01 challenges
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Lets the host ask its own httpd for the answer to a made-up http-01 challenge (RFC 8555 section 8.3) under every name, and
    fails when another answer comes. An authorization that would fail is so found before the CA is asked for it.
  - Any answer is the token, a dot, and the thumbprint of the account key (RFC 7638); httpd gives it from configuration.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
options:
  names:
    description: The host names, or IP addresses.
    type: list
    elements: str
    required: true
  thumbprint:
    description: Thumbprint of the ACME account key, as M(encrypt.httpd.acme_account) returns it.
    type: str
    required: true
  port:
    description: Port on which httpd answers on this host. A CA always asks on port 80, so another one needs a forwarding.
    type: int
    default: 80
seealso:
  - module: encrypt.httpd.acme_certificate
"""

EXAMPLES = r"""
- name: Would a challenge for this name be answered?
  encrypt.httpd.challenge_check:
    names: [www.example.org]
    thumbprint: "{{ account.thumbprint }}"
"""

RETURN = r"""
problems:
  description: For each name that is not answered rightly, what answered instead, and what to do.
  returned: on failure
  type: dict
"""

import secrets
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils import _httpd_dumps as dumps
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error, HandshakeError
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import Answer, get, own_address
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._sockets import ours

ARGUMENTS = {
    "names": {"type": "list", "elements": "str", "required": True},
    "thumbprint": {"type": "str", "required": True},
    "port": {"type": "int", "default": 80},
}
ADVICE = (
    "Nothing was ordered. Make that virtual host include the challenge responder first, "
    "or let the site's own virtual host come before it (default: true)"
)


def alone(names: list[str], port: int, run: Any) -> dict[str, str]:
    """By name, an address of this host by itself at which a virtual host has it, if there is one."""
    httpd = Httpd.find(run)
    hosts = dumps.parse_virtual_hosts(httpd.dump()) if httpd else []
    there = [one for one in hosts if one.port in (str(port), "*") and one.address != "*"]
    found = {name: ours([one.address.strip("[]") for one in there if one.answers(name)]) for name in names}
    return {name: address for name, address in found.items() if address}


def problem(name: str, thumbprint: str, address: str, port: int) -> str:
    """What is wrong with the answer under a name; empty when it is right."""
    token = secrets.token_urlsafe(16)
    try:
        answer = get(name, f"/.well-known/acme-challenge/{token}", address, port)
    except HandshakeError as error:
        return str(error)
    if answer.status == 200 and answer.body.strip() == f"{token}.{thumbprint}".encode():
        return ""
    return f"the answer was {shown(answer)}"


def shown(answer: Answer) -> str:
    """An answer in one line, as far as it helps to find who gave it."""
    location = answer.headers.get("location")
    body = " ".join(answer.body[:80].decode("ascii", "replace").split())
    return f"{answer.status} to {location}" if location else f"{answer.status} {body!r}"


def blame(names: list[str], port: int, run: Any) -> dict[str, str]:
    """The virtual host that answers for each name, in words."""
    httpd = Httpd.find(run)
    hosts = dumps.parse_virtual_hosts(httpd.dump()) if httpd else []
    found = {name: dumps.answering(hosts, name, str(port)) for name in names}
    return {name: f" by the virtual host of {host.file}:{host.line}" if host else "" for name, host in found.items()}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    names, port, address = module.params["names"], module.params["port"], own_address()
    told = {name: problem(name, module.params["thumbprint"], address, port) for name in names}
    problems = {name: text for name, text in told.items() if text}
    if not problems:
        module.exit_json(changed=False)
    try:
        for name, place in alone(list(problems), port, module.run_command).items():
            problems[name] = problem(name, module.params["thumbprint"], place, port)
        problems = {name: text for name, text in problems.items() if text}
        if not problems:
            module.exit_json(changed=False)
        by = blame(list(problems), port, module.run_command)
    except Error as error:
        module.fail_json(msg=str(error), problems=problems)
    problems = {name: f"its http-01 challenge would not be answered: {text}{by[name]}. {ADVICE}" for name, text in problems.items()}
    module.fail_json(msg="".join(f"\n  {name}: {text}" for name, text in problems.items()), problems=problems)


if __name__ == "__main__":
    main()
