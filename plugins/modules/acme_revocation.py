#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_revocation
short_description: Have certificates revoked by the ACME server that signed them
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Asks the CA to tell the world not to trust certificates any more (RFC 8555 section 7.6). It cannot be taken back.
  - What is on the host stays as it is. The playbooks C(encrypt.httpd.rekey) and C(encrypt.httpd.revoke) do the rest.
  - A certificate that is revoked already is none of the changes.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.acme
  - encrypt.httpd.store
options:
  certificates:
    description: Names of certificates.
    type: list
    elements: str
    required: true
  version:
    description: Which one of each name. V(current) is the one in place. V(previous) are all that were in place before it, as far as
      the host keeps them (the last four), this CA signed them, and they have not expired.
    type: str
    choices: [current, previous]
    default: current
  reason:
    description: Why (RFC 5280 section 5.3.1).
    type: str
    choices: [unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation]
    default: unspecified
  signed_by:
    description:
      - V(account) asks by the ACME account. What that may not revoke, because another account got it, is asked for by the certificate's
        own key, as with V(certificate). No account is made for a revocation.
      - V(certificate) asks by the certificate's own key alone, so that no account is needed (RFC 8555 section 7.6). The key does not
        leave the host, which signs the request with M(encrypt.httpd.revocation_request).
    type: str
    choices: [account, certificate]
    default: account
    version_added: 0.4.0
seealso:
  - module: encrypt.httpd.revocation_request
  - module: encrypt.httpd.acme_certificate
"""

EXAMPLES = r"""
- name: A backup with the keys of earlier certificates was stolen
  encrypt.httpd.acme_revocation:
    directory: /etc/apache2/tls
    certificates: [www.example.org]
    version: previous
    reason: keyCompromise

- name: The controller with the account is lost
  encrypt.httpd.acme_revocation:
    directory: /etc/apache2/tls
    certificates: [www.example.org]
    signed_by: certificate
"""

RETURN = r"""
revoked:
  description: Names of which all certificates that were asked for are revoked now; in check mode that would be.
  returned: always
  type: list
  elements: str
refused:
  description: What was not revoked, and why.
  returned: always
  type: dict
"""
