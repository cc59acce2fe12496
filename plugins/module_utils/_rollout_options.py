# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users say of the rollout: how far a site shall go, and how fast. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _values as values
from ._errors import ArgumentError
from ._rollout import LONGEST, STAGES, Step

#: Days that each step is kept, and what Strict-Transport-Security promises on its way.
PACE: dict[str, Any] = {
    "probe": 1,
    "temporary": 3,
    "permanent": 7,
    "hsts": [
        {"max_age": 300, "days": 1},
        {"max_age": 86400, "days": 3},
        {"max_age": 604800, "days": 7},
        {"max_age": 2592000, "days": 30},
    ],
}


def read_stage(given: Mapping[str, Any], default: object, where: str) -> str:
    """The stage that a site shall reach; empty for none. Raises ArgumentError where the site says itself what the stages decide."""
    found = given.get("rollout", default)
    stage = values.choice(found, f"{where}: rollout", STAGES) if found else ""
    told = [option for option in ("redirect_http", "hsts") if option in given]
    told += ["Strict-Transport-Security in extra"] if "strict-transport-security" in str(given.get("extra", "")).lower() else []
    if stage and told:
        raise ArgumentError(
            f"{where}: {told[0]} contradicts rollout: {stage}, which sets it; leave it out, or say rollout: '' for this site"
        )
    return stage


def staged(served: Mapping[str, Any], stage: str, hsts: int, shared: bool) -> dict[str, Any]:
    """A site (as it is *served*) in the terms of its template. Until a host has told where it is, nothing leads to https."""
    if not stage:
        return {"hsts_ends": False}
    asked = {**served, "stage": stage, "hsts": hsts or LONGEST, "shared": shared}
    return {"hsts_ends": False, "redirect_http": 0, "hsts": 0, "staged": asked}


def ladder(stage: str, final: int, pace: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps up to a stage; the last of HSTS promises *final* seconds. Raises ArgumentError for a pace that cannot be."""
    ramp = sorted((int(one["max_age"]), float(one["days"])) for one in pace["hsts"])
    steps = [Step(name, days=float(pace[name])) for name in STAGES[:-1]]
    steps += [Step("hsts", max_age, days) for max_age, days in ramp]
    wrong = next((step for step in steps if step.days < 0 or (step.stage == "hsts" and step.max_age <= 0)), None)
    if wrong:
        raise ArgumentError(f"https_rollout_pace: {wrong.stage}: days count from 0 on, and max_age from 1 on")
    steps = [step for step in steps if step.stage != "hsts" or step.max_age < final]
    return tuple(step for step in [*steps, Step("hsts", final)] if STAGES.index(step.stage) <= STAGES.index(stage))
