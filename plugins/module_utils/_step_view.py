# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether clients see a site as its step of the rollout has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ._client_view import Expected, problems
from ._rollout import Step


def step_problems(names: Sequence[str], step: Step, releases: bool, where: Mapping[str, Any], now: datetime) -> str:
    """What is wrong with a site at a step, empty when nothing is. *where* are the parameters that tell where to look."""
    promise = f"max-age={step.max_age}" if step.max_age or releases else ""
    ports = where["port"], where["http_port"]
    return problems(names, Expected(where["address"] or "", *ports, where["chain"], redirect=step.redirect, promise=promise), now)
