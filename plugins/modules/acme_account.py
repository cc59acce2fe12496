#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_account
short_description: Register the ACME account of the controller, give it a new key, or deactivate it
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Makes the account key on the controller and registers the account with the CA (RFC 8555 section 7.3), once. What is registered already
    needs no request. An account that the CA does not know any more is registered once more.
  - Returns the thumbprint of the key, which is all that a host needs to answer challenges.
  - With O(account_key_content) there is nothing to remember it by, and each run takes one request. A CA that is out of reach then is a
    warning, unless O(check_server) says otherwise.
  - Runs on the controller only; hosts are not contacted.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.acme
options:
  state:
    description:
      - V(present) registers the account, unless that is done.
      - V(absent) deactivates it (RFC 8555 section 7.3.6). It cannot be taken back; certificates stay valid. The key file gets the ending
        C(.deactivated), and whatever is remembered of the account is removed, so that the next run that needs an account makes a new one.
        While the key is registered at another server, too, it stays. An account that is deactivated already, or was never made, is no
        change.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.4.0
  rekey:
    description:
      - Whether the account gets a new key now (RFC 8555 section 7.3.5). URL, contacts and authorizations stay.
      - The new key lies beside the old one, with the ending C(.next), before the CA is asked. A run that was cut off is finished by the
        next one, by any action that uses the account. When the CA refuses, the old key stays.
      - The thumbprint is another one then, and hosts answer challenges for the old one until the next run of C(encrypt.httpd.enable).
        Not while orders are under way.
      - Not with O(account_key_content), as nothing can be put in the place of a variable; and not while the key is registered at another
        server, too, such as that of O(fallback), which has to be deactivated first.
    type: bool
    default: false
    version_added: 0.4.0
  check_server:
    description:
      - Whether to ask the ACME server also when the account is registered already. It takes one request, in check mode, too. A server that
        is out of order is a warning then, and a failure when the account is not known to be registered there, as always with
        O(account_key_content).
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - module: encrypt.httpd.acme_certificate
"""

EXAMPLES = r"""
- name: One account for the fleet
  encrypt.httpd.acme_account:
    contact: [ops@example.org]
    terms_agreed: true
  register: account

- name: At a CA that knows its customers
  encrypt.httpd.acme_account:
    acme_directory: https://acme.example-ca.com/v2/directory
    contact: [ops@example.org]
    terms_agreed: true
    binding:
      kid: kid-1
      hmac: "{{ vault_eab_hmac }}"

- name: A new key, as somebody who had the old one has left
  encrypt.httpd.acme_account:
    contact: [ops@example.org]
    rekey: true
"""

RETURN = r"""
thumbprint:
  description: Thumbprint of the account key (RFC 7638). It is no secret. Empty with O(state=absent).
  returned: always
  type: str
uri:
  description: URL of the account; empty with O(state=absent), in check mode when something would change, and when it is not known.
  returned: always
  type: str
"""
