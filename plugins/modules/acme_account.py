#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_account
short_description: Register the ACME account of the controller
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Makes the account key on the controller and registers the account with the CA (RFC 8555 section 7.3), once. What is registered already
    needs no request.
  - Returns the thumbprint of the key, which is all that a host needs to answer challenges.
  - Runs on the controller only; hosts are not contacted.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.acme
options:
  check_server:
    description:
      - Whether to fail when the ACME server cannot be reached, also when the account is registered already. It takes one request, in
        check mode, too.
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
"""

RETURN = r"""
thumbprint:
  description: Thumbprint of the account key (RFC 7638). It is no secret.
  returned: always
  type: str
uri:
  description: URL of the account; empty in check mode when it would be registered.
  returned: always
  type: str
"""
