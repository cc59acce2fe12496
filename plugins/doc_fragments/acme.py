# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How the controller talks to an ACME server."""

    DOCUMENTATION = r"""
options:
  acme_directory:
    description:
      - URL of the ACME server's directory (RFC 8555 section 7.1.1).
    type: str
    default: https://acme-v02.api.letsencrypt.org/directory
  account_key:
    description:
      - File on the controller with the private key of the ACME account. It is made when it does not exist, V(0600) in a directory
        of V(0700), and never leaves the controller. One account serves a whole fleet.
      - When left out, it lies below C(~/.config/encrypt.httpd/), by the name of the ACME server.
    type: path
  account_key_content:
    description:
      - The private key of the ACME account itself, PEM, from a vault, for a controller that keeps nothing, such as an execution
        environment. V(ecdsa-p256) or RSA. Not with O(account_key).
      - Nothing about it is written to a file, so the CA is asked for the account each time.
    type: str
    version_added: 0.3.0
  contact:
    description: Mail addresses of the account, to which the CA writes. The CA is told when they change; an empty list removes them.
    type: list
    elements: str
    default: []
  terms_agreed:
    description: Whether you agree to the terms of service of the CA. Its text is named by the error you get when you do not.
    type: bool
    default: false
  ca_bundle:
    description: PEM file on the controller with the CA of the ACME server's own TLS certificate, for a private ACME server.
    type: path
  binding:
    description:
      - External account binding (RFC 8555 section 7.3.4), for a CA that asks for one. Needed once, when the account is registered.
    type: dict
    version_added: 0.3.0
    suboptions:
      kid:
        description: Key identifier, as the CA gave it.
        type: str
        required: true
      hmac:
        description: HMAC key, base64url, as the CA gave it. Keep it in a vault. It never leaves the controller, and no file has it.
        type: str
        required: true
      algorithm:
        description: How the account key is signed with it.
        type: str
        choices: [HS256, HS384, HS512]
        default: HS256
requirements:
  - python >= 3.11 on the controller
  - acme (from PyPI) on the controller
"""
