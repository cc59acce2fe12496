# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of a host: what lies there, what shall lie there, and what follows from that."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from ._config_files import ConfigFile
from ._files import read
from ._proof import Site

#: Where reloading may not be enough.
_RESTARTS = re.compile(r"^\s*(?:Listen|LoadModule)\s.*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """What changes on a host: files (as they are, as they shall be), the links of certificates among them, and what has to be served."""

    files: tuple[tuple[ConfigFile, ConfigFile], ...]
    sites: tuple[Site, ...]

    @property
    def wanted(self) -> list[ConfigFile]:
        return [wanted for _found, wanted in self.files]

    @property
    def activated(self) -> dict[str, str]:
        """By what is current of a certificate, the version that becomes it."""
        return {
            file.path: f"{os.path.dirname(file.path)}/{file.link}" for file in self.wanted if file.link and file.path.endswith("/current")
        }

    def may_need_restart(self) -> bool:
        """Tell whether ports or modules change, which httpd does not always take up by a reload."""
        return any(_restarting(found) != _restarting(wanted) for found, wanted in self.files)


def _restarting(file: ConfigFile) -> list[str]:
    path = os.path.join(os.path.dirname(file.path), file.link or "")
    text = file.content if file.link is None else (read(path) or b"").decode(errors="replace") if os.path.isfile(path) else ""
    return _RESTARTS.findall(text or "")
