# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The leak test: plays run in all modes on the oldest and newest ansible-core, while every file and process is watched.

Then hosts and controller are searched for every secret that there was. Writes .cache/reliability/leak.json; fails when a secret is where
it does not belong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

import room as rooms
import searching
from modes import MODES, ROOT
from round import PLANTED, Round

CORES = {"oldest": ROOT / ".venv-oldest/bin/python", "newest": ROOT / ".venv/bin/python"}
ROOM, FIGURES = ROOT / ".cache/leak/room", ROOT / ".cache/reliability/leak.json"
#: Where the test's own text has to be found, or the search is worth nothing.
PLANTED_IN = ("/processes-", "/journal-", ":/var/tmp/planted")


def problems(rounds: Sequence[Round], found: searching.Result) -> list[str]:
    """All that is wrong, in words."""
    told = [f"ansible-core {one.core}: {problem}" for one in rounds for problem in one.problems]
    told += [text for secret, text in found.elsewhere if secret.kind != PLANTED]
    planted = [text for secret, text in found.elsewhere if secret.kind == PLANTED]
    told += [f"what was planted in *{place}* was not found" for place in PLANTED_IN if not any(place in text for text in planted)]
    if not found.own:
        told.append("no secret was found in its own file, so the search is worth nothing")
    return told


def figures(rounds: Sequence[Round], found: searching.Result, wrong: Sequence[str], seconds: float) -> dict[str, Any]:
    """How much was run and searched: one flat table."""
    sums = {
        "runs": lambda one: len(one.runs),
        "secrets": lambda one: len(one.secrets),
        "byte strings searched for": lambda one: sum(len(secret.needles) for secret in one.secrets),
        "processes seen": lambda one: one.processes,
        "file events seen": lambda one: one.events,
    }
    told: dict[str, Any] = {"date": date.today().isoformat(), "seconds": round(seconds)}
    told |= {name: sum(count(one) for one in rounds) for name, count in sums.items()}
    told |= {
        "files searched": found.files,
        "bytes searched": found.bytes,
        "secrets in their own files": len(found.own),
        "findings": len(wrong),
    }
    for one in rounds:
        told[f"{one.name} ansible-core"] = one.core
        told |= {f"{name}, {one.name} ansible-core": count(one) for name, count in sums.items()}
    return told


def main() -> int:
    """Both rounds, then the controller."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", choices=CORES, action="append", help="this one alone")
    parser.add_argument("--mode", choices=[mode.name for mode in MODES], action="append", help="this mode alone")
    parser.add_argument("--keep", action="store_true", help="leave all that the controller kept in the room")
    options = parser.parse_args()
    modes = [mode for mode in MODES if mode.name in (options.mode or [mode.name])]
    began = time.time()
    with rooms.mounted(ROOM, keep=options.keep) as room:
        rounds = [Round(name, CORES[name], room / name, modes) for name in options.core or CORES]
        for one in rounds:
            one.play()
        print(f"{time.strftime('%H:%M:%S')} searching the controller", flush=True)
        secrets = {secret.name: secret for one in rounds for secret in one.secrets}
        found = searching.on_controller(room, began, list(secrets.values()))
        for one in rounds:
            found.add(one.found)
        wrong = problems(rounds, found)
        told = figures(rounds, found, wrong, time.time() - began)
        FIGURES.parent.mkdir(parents=True, exist_ok=True)
        FIGURES.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        print("\n".join(f"{value:>12} {name}" for name, value in told.items()))
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            sys.exit(f"leak: {len(wrong)} findings; what the controller kept lies in {room} until the next run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
