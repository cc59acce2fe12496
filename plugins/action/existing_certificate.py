# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring in keys and certificates that a host has already: their passphrases stay in no file."""

from __future__ import annotations

from ansible_collections.encrypt.httpd.plugins.plugin_utils._private_arguments import PrivateModule


class ActionModule(PrivateModule):
    """See the documentation of the module of this name."""
