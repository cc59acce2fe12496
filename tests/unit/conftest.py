# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

#: Every file that a test makes is made under the most careless umask there is.
os.umask(0)


@pytest.fixture(autouse=True)
def _careless_umask() -> None:
    os.umask(0)
