# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of an account (RFC 8555 section 7.3.6)."""

from __future__ import annotations

import os
from pathlib import Path

from acme import messages
from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files

from ._acme_account import Account, existing, predicted_thumbprint, thumbprint
from ._acme_key import DEACTIVATED, NEXT, alone, beside, is_there
from ._acme_registration import elsewhere, post, remember, remembered, telling
from ._acme_settings import Settings


def deactivate(settings: Settings, *, check_mode: bool) -> Account:
    """Have the CA take nothing from the account any more, and put its key away, unless another server knows it. Tells what there was.

    Raises Error.
    """
    path = settings.account_key
    if not is_there(settings):
        return Account("", "", changed=False)
    before, last = remembered(settings), path is not None and not elsewhere(settings)
    if path is not None and check_mode:
        return Account(predicted_thumbprint(path), before.uri if before else "", changed=last or before is not None)
    session = existing(settings)
    if session is not None and not check_mode:
        with telling(settings):
            post(session.client(settings), session.registration.uri, messages.UpdateRegistration(status=messages.STATUS_DEACTIVATED))
    mine = thumbprint(settings)
    with alone(settings):
        if path is not None and last:
            _put_away(path)
        remember(settings, None)
    return Account(mine, session.registration.uri if session else "", changed=last or session is not None or before is not None)


def _put_away(path: Path) -> None:
    """The key stays on the disk, but nobody takes it for an account's any more."""
    files.remove(str(beside(path, NEXT)))
    if os.path.lexists(path):
        os.rename(path, beside(path, DEACTIVATED))
        files.sync_directory(str(path.parent))
