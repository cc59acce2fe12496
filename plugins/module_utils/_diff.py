# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a host in words, as Ansible's diff takes them."""

from __future__ import annotations

import os

from ._config_files import ConfigFile
from ._errors import Error
from ._hidden_values import hide_values
from ._layout import Layout

#: A certificate in words: before it exists, and when only a real run would make it.
_NONE, _TO_BE_SIGNED = "none", "one to be signed"


def of_file(before: ConfigFile, after: ConfigFile) -> dict[str, str]:
    """A configuration file before and after; of one that is private, without what may be secret."""
    shown = [_shown(one, before.private or after.private) for one in (before, after)]
    return {"before_header": before.path, "after_header": after.path, "before": shown[0], "after": shown[1]}


def _shown(file: ConfigFile, private: bool) -> str:
    if file.link is not None:
        return f"link to {file.link}\n"
    text = file.content or ""
    return hide_values(text) if private else text


def of_certificate(layout: Layout) -> dict[str, str]:
    """The certificate in place, and the one that waits: never a key."""
    return {
        "before_header": layout.current,
        "after_header": layout.current,
        "before": f"certificate: {_in_words(layout.current, _NONE)}\n",
        "after": f"certificate: {_in_words(layout.pending, _TO_BE_SIGNED)}\n",
    }


def _in_words(directory: str, otherwise: str) -> str:
    if not os.path.isdir(directory):  # in check mode before the first run the host may lack cryptography: do without
        return otherwise
    from ._store import in_place

    try:
        found = in_place(directory).certificate
    except Error:
        found = None
    if found is None:
        return otherwise
    return f"{', '.join(found.names)}, {found.key_type}, serial {found.serial}, until {found.not_after:%Y-%m-%d %H:%M} UTC"
