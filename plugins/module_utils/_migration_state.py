# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host itself knows of the migration: its files tell which the collection wrote, and which sites took something over."""

from __future__ import annotations

import glob
import os
import re
from typing import Optional

from . import _files as files
from ._certbot import DIRECTORY, Renewal, renewals
from ._edits import read_record
from ._errors import Error
from ._rollout_state import site_names
from ._shadows import file_names

#: As the roles begin their files, and what the template of virtual hosts says where a body was taken over.
_OURS = "# Written by encrypt.httpd (role encrypt.httpd."
_NAMES = re.compile(r"^ {4}Server(?:Name|Alias) (.+)$", re.MULTILINE)
_TAKEN = "\n# What it serves was taken from "


def text(path: str) -> Optional[str]:
    """The text of a file; None when there is none that can be read."""
    try:
        data = files.read(path)
    except (Error, OSError):
        return None
    return None if data is None else data.decode(errors="surrogateescape")


def written_by_us(path: str) -> bool:
    """Tell whether the collection wrote a file."""
    return (text(path) or "").startswith(_OURS)


def certbot() -> dict[str, Renewal]:
    """What certbot renews on the host by files, by name."""
    return renewals({path: text(path) or "" for path in sorted(glob.glob(f"{DIRECTORY}/*.conf"))})


def migrated(directory: str) -> list[str]:
    """The sites in the directory of those enabled that took over what was there before."""
    return [name for name in site_names(directory) if _virtual_hosts(directory, name)]


def served_names(directory: str) -> set[str]:
    """The names that they have."""
    texts = [_virtual_hosts(directory, name) for name in migrated(directory)]
    return {name for one in texts for names in _NAMES.findall(one) for name in names.split()}


def undo_paths(directory: str, server_root: str) -> list[str]:
    """What has to go for all to be as before: the virtual hosts of these sites; and where no other site of the collection is left, whatever
    else it wrote, such as the modules that it had loaded."""
    sites = migrated(directory)
    enabled = [f"{directory}/{file}" for name in sites for file in file_names(name) if os.path.lexists(f"{directory}/{file}")]
    written = [os.path.normpath(f"{directory}/{target}") for path in enabled for target in [files.link_target(path)] if target]
    alone = sites and set(site_names(directory)) == set(sites)
    rest = [path for path in read_record(server_root) if os.path.lexists(path)] if alone else []
    return list(dict.fromkeys([*enabled, *written, *rest]))


def _virtual_hosts(directory: str, name: str) -> str:
    """The virtual hosts of a site that took something over; empty when it did not."""
    texts = [text(f"{directory}/{file}") or "" for file in file_names(name)]
    return next((one for one in texts if _TAKEN in one), "")
