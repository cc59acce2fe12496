# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether clients see a site as its step of the rollout has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ._client_view import Expected, problems
from ._rollout import Step
from ._sockets import ours


def step_problems(site: Mapping[str, Any], step: Step, releases: bool, where: Mapping[str, Any], now: datetime) -> str:
    """What is wrong with a site at a step, empty when nothing is. *where* are the parameters that tell where to look."""
    promise = f"max-age={step.max_age}" if step.max_age or releases else ""
    address, taken = where["address"] or ours(site.get("addresses", ())), {at for one in where["sites"] for at in one.get("addresses", ())}
    expected = Expected(address, taken, where["port"], where["http_port"], where["chain"], redirect=step.redirect, promise=promise)
    return problems(site["names"] or [site["name"]], expected, now)
