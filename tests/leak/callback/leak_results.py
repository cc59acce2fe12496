# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: leak_results
type: notification
short_description: Writes all that callbacks are given of results to the file LEAK_RESULTS, as JSON
description: For the leak test alone.
"""


class CallbackModule(CallbackBase):
    """What a callback that keeps everything gets to see."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "leak_results"

    def _write(self, result: Any, **_options: Any) -> None:
        with open(os.environ["LEAK_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"task": str(result._task), "result": result._result}, default=repr) + "\n")

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_skipped = v2_runner_on_unreachable = _write
    v2_runner_item_on_ok = v2_runner_item_on_failed = v2_runner_item_on_skipped = v2_runner_retry = _write
    v2_runner_on_async_poll = v2_runner_on_async_ok = v2_runner_on_async_failed = v2_on_file_diff = _write
