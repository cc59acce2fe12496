# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at a configuration as it will be once more modules are loaded: what asks for them by <IfModule> is seen, too."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ._httpd import MODULES


def loading(modules: Iterable[str]) -> list[str]:
    """Arguments of httpd that load modules, before it reads the configuration. Where that loads them, too, it only warns."""
    there = [(name, f"{place}/mod_{name}.so") for name in modules for place in MODULES]
    return [word for name, path in there if os.path.exists(path) for word in ("-C", f"LoadModule {name}_module {path}")]
