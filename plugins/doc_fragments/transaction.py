# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a change of a host is brought about."""

    DOCUMENTATION = r"""
options:
  transaction:
    description: How the change is brought about.
    type: dict
    default: {}
    version_added: 0.3.0
    suboptions:
      overwrite_edits:
        description:
          - What to do with files that were changed by hand since they were written, or that were not written by the collection.
          - By default they are refused, and the error shows what would be lost. With V(true) a copy is kept beside each.
        type: bool
        default: false
      trial:
        description:
          - How the change is tried beforehand. V(auto) starts httpd with everything, in a private view.
          - V(tls) tries TLS directives and certificates alone, for hosts whose httpd needs the network to start, or on which there is
            no memory for a second one.
        type: str
        choices: [auto, tls]
        default: auto
      patience:
        description: Seconds to wait for another run on the same host.
        type: int
        default: 120
      confirm_within:
        description:
          - Seconds within which the controller has to confirm, which it does by itself. With V(0) nobody has to, as with C(async).
        type: int
        default: 30
"""
