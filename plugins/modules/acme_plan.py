#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_plan
short_description: Tell which certificates an ACME server would sign when, by its limits
version_added: 0.4.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Plans the orders of a fleet before any is made. Tells how many can go at once, which limits of the CA defer the others until when, when
    the last certificate would be there, and which packing of names into certificates would be faster.
  - Counts what was ordered before, as far as this controller remembers it beside the account key.
  - Runs on the controller only. Neither hosts nor the CA are contacted, and nothing is written.
  - The playbook C(encrypt.httpd.plan) runs it for an inventory. Orders are held to the same limits when they are made
    (O(encrypt.httpd.acme_certificate#module:limits)).
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
  - encrypt.httpd.acme
options:
  hosts:
    description: What hosts want. Those that stand first are planned first.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description: Name of the host.
        type: str
        required: true
      certificates:
        description:
          - Each has C(name) and C(names), its DNS names.
          - C(shared_by) is what those who share a certificate have in common, a group of the inventory.
          - C(due) is whether it has to be ordered, by default V(true), and C(replaces) whether the CA is told which certificate it
            replaces (RFC 9773), which exempts it from limits, by default V(false).
          - What has another C(issuer) than V(acme) is left out.
        type: list
        elements: dict
        required: true
  limits:
    description:
      - V(letsencrypt), V(none), or a list of dictionaries as for O(encrypt.httpd.acme_certificate#module:limits).
      - By default V(letsencrypt) for Let's Encrypt's server for production, and V(none) for others.
    type: raw
  ledger:
    description: Directory on the controller in which orders are remembered, beside the account key when left out.
    type: path
  profile:
    description: The profile that is ordered. Let's Encrypt puts up to 25 names into one certificate of V(tlsserver) and V(shortlived).
    type: str
    default: ""
requirements:
  - publicsuffixlist (from PyPI) on the controller, for exact registered domains and advice on wildcards
seealso:
  - module: encrypt.httpd.acme_certificate
"""

EXAMPLES = r"""
- name: When would they be there?
  encrypt.httpd.acme_plan:
    hosts:
      - host: web1
        certificates:
          - name: www.example.org
            names: [www.example.org, example.org]
      - host: web2
        certificates:
          - name: api.example.org
            names: [api.example.org]
  register: plan

- name: In words
  ansible.builtin.debug:
    msg: "{{ plan.report }}"
"""

RETURN = r"""
orders:
  description: How many orders there would be.
  returned: always
  type: int
at_once:
  description: How many of them can be made now.
  returned: always
  type: int
deferred:
  description: The others, each with C(name), C(until) (when it can be made) and C(limit) (because of what).
  returned: always
  type: list
  elements: dict
last:
  description: When the last certificate would be there (ISO 8601), if runs order what they can as soon as there is room; empty when
    nothing is to be ordered.
  returned: always
  type: str
limits:
  description: The limits by which it was planned, in words.
  returned: always
  type: list
  elements: str
packings:
  description: Ways of putting the names into fewer certificates with which the last one would be there sooner, each with C(kind)
    (V(shared), V(names) or V(wildcard)), C(orders), C(last), and C(text) in words.
  returned: always
  type: list
  elements: dict
report:
  description: All of it in lines for a person.
  returned: always
  type: list
  elements: str
"""
