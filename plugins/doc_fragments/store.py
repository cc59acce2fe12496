# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where the collection keeps keys and chains on a host."""

    DOCUMENTATION = r"""
options:
  directory:
    description:
      - Directory on the host below which each certificate has a directory of its own, with V(pending/) for the
        key, request and signed chain that are not live yet, V(versions/N/) for what was or is live, and the link
        V(current) to the live version.
      - It and all below it are for its owner alone, directories V(0700) and files V(0600).
    type: path
    required: true
requirements:
  - python >= 3.9
  - cryptography >= 36.0.1 on the host (the distribution's own package C(python3-cryptography))
"""
