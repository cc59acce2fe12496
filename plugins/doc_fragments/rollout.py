# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where the rollout is recorded, and how what is served is looked at."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 (the distribution's own package C(python3-cryptography))
options:
  server_root:
    description: The server root of httpd. The record is C(.encrypt-httpd/rollout.json) below it.
    type: path
    required: true
  sites_directory:
    description: Where the virtual hosts of the collection are enabled, such as V(/etc/apache2/sites-enabled).
    type: path
    required: true
  chain:
    description:
      - What the chain has to lead to. V(system) are the CAs that the host trusts, a path is a PEM file with roots,
        V(any) leaves the chain unchecked.
    type: str
    default: system
  address:
    description: Where to connect; when left out, the host's own address, or that at which httpd listens alone.
    type: str
  port:
    description: Port of https.
    type: int
    default: 443
  http_port:
    description: Port of http.
    type: int
    default: 80
  clock:
    description:
      - The time by another clock, such as that of the controller, in ISO 8601. Where the host's differs by more than an hour, no site
        moves on; the later one counts for what is recorded.
    type: str
    default: ""
"""
