# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools of the leak test, as hosts run them: programs of their own, without Ansible."""

from __future__ import annotations

import sys
from pathlib import Path

LEAK = Path(__file__).parents[2] / "leak"
sys.path.insert(0, str(LEAK.resolve()))
