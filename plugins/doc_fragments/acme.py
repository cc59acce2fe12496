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
  contact:
    description: Mail addresses of the account, to which the CA writes.
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
requirements:
  - python >= 3.11 on the controller
  - acme (from PyPI) on the controller
"""
