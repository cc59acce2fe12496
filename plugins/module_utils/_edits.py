# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files the collection wrote, and whether somebody has changed them since."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from . import _files as files
from ._config_files import ConfigFile
from ._diff import of_file
from ._errors import FileError
from ._journal import STATE

#: In the first lines of what versions before 0.3.0 wrote, which kept no record.
_MARK = "# Written by encrypt.httpd"


def record_file(server_root: str) -> str:
    """Where it is kept what was written: a JSON object, path to SHA-256, or where a link leads."""
    return f"{server_root}/{STATE}/written.json"


def read_record(server_root: str) -> dict[str, str]:
    """What was written; empty when it was nothing, or nobody knows."""
    try:
        found = json.loads(files.read(record_file(server_root)) or b"{}")
    except ValueError:
        return {}
    return {str(path): str(digest) for path, digest in found.items()} if isinstance(found, dict) else {}


def new_record(server_root: str, record: Mapping[str, str], wanted: Sequence[ConfigFile]) -> ConfigFile:
    """The record as it has to be after a change that leaves the *wanted* files, as a file of that change."""
    after = {path: digest for path, digest in record.items() if path not in {file.path for file in wanted}}
    after.update({file.path: digest(file.content) for file in wanted if file.content is not None})
    after.update({file.path: f"link to {file.link}" for file in wanted if file.link is not None})
    return ConfigFile(record_file(server_root), json.dumps(after, indent=1, sort_keys=True) + "\n", mode=files.PRIVATE_FILE)


def digest(content: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()


def edited(record: Mapping[str, str], found: ConfigFile, wanted: ConfigFile) -> bool:
    """Tell whether a change would take away what somebody else wrote."""
    if found.content is None:
        return found.link is not None and wanted.content is not None
    known = record.get(found.path)
    return digest(found.content) != known if known else not found.content.lstrip().startswith(_MARK)


def refuse(edits: Sequence[tuple[ConfigFile, ConfigFile]]) -> None:
    """Raise FileError that shows what would be lost, when there is anything."""
    if edits:
        told = "\n".join(_difference(found, wanted) for found, wanted in edits)
        raise FileError(
            f"{', '.join(found.path for found, _wanted in edits)}: changed by hand, or not written by encrypt.httpd. Bring the change into "
            f"the inventory (or move the file away), or have it overwritten with httpd_overwrite_edits: true, which keeps a copy "
            f"beside it. Nothing was changed. What would be lost, and what would be written:\n{told}"
        )


def copies(edits: Sequence[tuple[ConfigFile, ConfigFile]], stamp: str) -> list[ConfigFile]:
    """A copy beside each, named by the time *stamp*, with an ending that httpd does not include."""
    return [replace(found, path=f"{found.path}.{stamp}~") for found, _wanted in edits]


def _difference(found: ConfigFile, wanted: ConfigFile) -> str:
    shown = of_file(found, wanted)
    lines = difflib.unified_diff(
        shown["before"].splitlines(), shown["after"].splitlines(), f"{found.path} (as it is)", f"{found.path} (as it shall be)", lineterm=""
    )
    return "\n".join(lines)
