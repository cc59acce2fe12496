#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_certificate
short_description: Get certificates from an ACME server, many at once
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Looks at what the host has, decides what is due, lets the host make keys and requests, has them signed by the CA, and installs the
    chains. The private keys stay on the host, the account key stays on the controller.
  - A certificate is due when there is none, when the CA suggests it (O(ari)) or at 2/3 of its lifetime (1/2 when it lives shorter than 10
    days), when the CA has revoked it, or when its names, key type or issuer differ from what is asked. When nothing is due, the host is
    contacted once, and the CA only when it wants to be asked again for what it suggests, or for its CRL.
  - Names are proven by http-01 (RFC 8555 section 8.3), which httpd answers from its configuration; before any order the host asks itself.
    Or they are proven by dns-01 (section 8.4), by TXT records that the controller writes.
  - One certificate that the CA refuses does not stop the others. They are installed, then the task fails and tells what was refused
    and why.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.acme
  - encrypt.httpd.acme.orders
  - encrypt.httpd.store
options:
  certificates:
    description: The certificates that the host shall have.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate, and of its directory; by custom the first of its host names.
        type: str
        required: true
      names:
        description: All DNS names and IP addresses (RFC 8738), at most 100. International names are converted to their xn-- form.
        type: list
        elements: str
        required: true
      key_type:
        description: Type of the key, as in M(encrypt.httpd.private_key).
        type: str
        default: ecdsa-p256
      challenge:
        description:
          - How the names are proven to the ACME server. With V(http-01) (RFC 8555 section 8.3) httpd answers on port 80, with V(dns-01)
            (section 8.4) a TXT record does, which is written as O(dns) says. Wildcards are proven by V(dns-01) alone.
        type: str
        choices: [http-01, dns-01]
        default: http-01
        version_added: 0.4.0
  activate:
    description:
      - Whether new chains become live at once, or wait in V(pending/) for M(encrypt.httpd.httpd_config), which proves them.
    type: bool
    default: true
  rekey:
    description: Whether all get new keys and certificates now, whatever is in place.
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - module: encrypt.httpd.acme_account
  - module: encrypt.httpd.httpd_config
  - module: encrypt.httpd.challenge_check
"""

EXAMPLES = r"""
- name: Certificates for two sites
  encrypt.httpd.acme_certificate:
    directory: /etc/apache2/tls
    contact: [ops@example.org]
    terms_agreed: true
    certificates:
      - name: www.example.org
        names: [www.example.org, example.org]
      - name: api.example.org
        names: [api.example.org]
        key_type: rsa-2048

- name: A wildcard, proven by DNS
  encrypt.httpd.acme_certificate:
    directory: /etc/apache2/tls
    terms_agreed: true
    certificates:
      - name: example.org
        names: [example.org, "*.example.org"]
        challenge: dns-01
    dns:
      provider: rfc2136
      server: ns1.example.org
      key_name: acme-key
      key_secret: "{{ vault_tsig_key }}"
"""

RETURN = r"""
due:
  description: What was due, and why.
  returned: always
  type: dict
  sample:
    www.example.org: no certificate yet
staged:
  description: Names of certificates that wait in V(pending/), in check mode also those that would.
  returned: always
  type: list
  elements: str
issued:
  description: Names of certificates that the CA signed in this run.
  returned: always
  type: list
  elements: str
deferred:
  description:
    - What is due and was not ordered yet, since a limit of the CA would be hit, and why; and what was not renewed, since the CA is
      out of order for now, while what is in place is valid still.
  returned: always
  type: dict
refused:
  description: What was not signed, and why.
  returned: always
  type: dict
"""
