#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: site_certificate
short_description: Get certificates, each from the issuer that it names
version_added: 0.2.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Looks at what the host has, decides what is due, lets the host make keys and requests, has them signed, and installs the chains.
    The private keys stay on the host. One pass for all issuers.
  - A certificate is due when there is none, when the CA suggests it (O(acme.ari)) or at 2/3 of its lifetime (1/2 when it lives shorter than
    10 days), when the CA of V(acme) has revoked it, or when its names, key type or issuer differ from what is asked. When nothing is due,
    the host is contacted once; once more when some have O(certificates[].key_file), and once more as long as a request of V(purchased) is
    open.
  - What a person has to do first (V(purchased)) is told as a warning on each run, and is no failure.
  - One certificate that is refused does not stop the others. They are installed, then the task fails and tells what was refused and why.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.store
  - encrypt.httpd.issuers
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
      issuer:
        description: Who signs it.
        type: str
        choices: [acme, purchased, private_ca, self_signed]
        default: acme
      challenge:
        description: How the names are proven for V(acme), as O(encrypt.httpd.acme_certificate#module:certificates[].challenge).
        type: str
        choices: [http-01, dns-01]
        default: http-01
        version_added: 0.4.0
      key_file:
        description: File on the host with a private key that is there already, for the issuer V(purchased). With
          O(certificates[].certificate_file) it is brought in, as by M(encrypt.httpd.existing_certificate).
        type: path
      shared_by:
        description:
          - Group of the inventory whose members all serve this certificate. One of them gets it; for the others, RV(taken) tells
            from where to take it. O(members) has to tell what each has.
          - Not with O(certificates[].key_file).
        type: str
      certificate_file:
        description: File on the host with the certificate of that key.
        type: path
      chain_file:
        description: File on the host with its intermediates, when they are not in the same file.
        type: path
      passphrase:
        description: Opens the key, when it is encrypted.
        type: str
  members:
    description: What the members of groups have that share certificates.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name of the host in the inventory.
        type: str
        required: true
      present:
        description: Whether the host takes part in this run, so that it can get a certificate.
        type: bool
        required: true
      certificates:
        description: What M(encrypt.httpd.certificate_info) returns of it.
        type: list
        elements: dict
        required: true
  activate:
    description: Whether new chains become live at once, or wait in V(pending/) for M(encrypt.httpd.httpd_config), which proves them.
    type: bool
    default: true
  rekey:
    description:
      - Whether all get new keys and certificates now, whatever is in place.
      - With the issuer V(purchased), one whose request is open is refused, since what the CA signs would be of no use.
    type: bool
    default: false
    version_added: 0.2.0
requirements:
  - python >= 3.11 on the controller
  - cryptography, and acme for V(acme) (from PyPI), on the controller
seealso:
  - module: encrypt.httpd.httpd_config
"""

EXAMPLES = r"""
- name: One certificate that we bought, one of our own CA
  encrypt.httpd.site_certificate:
    directory: /etc/apache2/tls
    certificates:
      - name: www.example.org
        names: [www.example.org, example.org]
        issuer: purchased
      - name: wiki.example.internal
        names: [wiki.example.internal]
        issuer: private_ca
    purchased:
      directory: "{{ inventory_dir }}/purchased-certificates/{{ inventory_hostname }}"
    private_ca:
      directory: "{{ inventory_dir }}/private-ca"
      passphrase: "{{ vault_private_ca_passphrase }}"
"""

RETURN = r"""
due:
  description: What was due, and why.
  returned: success
  type: dict
  sample:
    www.example.org: no certificate yet
staged:
  description: Names of certificates that wait in V(pending/), in check mode also those that would.
  returned: success
  type: list
  elements: str
issued:
  description: Names of certificates that were signed in this run.
  returned: success
  type: list
  elements: str
awaited:
  description: What a person has to do before a certificate can be signed, by name.
  returned: success
  type: dict
deferred:
  description:
    - What is due and was not ordered yet, since a limit of the CA would be hit, and why; and what was not renewed, since the issuer is
      out of order for now, while what is in place is valid still.
  returned: success
  type: dict
refused:
  description: What was not signed, and why.
  returned: success
  type: dict
taken:
  description:
    - Shared certificates that this host has not got yet, and from where to take them. V(version) tells where it lies there,
      V(present) whether that host takes part in the run.
  returned: success
  type: list
  elements: dict
  sample:
    - name: www.example.org
      host: web1
      present: true
      version: pending
shared:
  description: What this host says of certificates that are shared, by name, for a comparison with others.
  returned: success
  type: dict
"""
