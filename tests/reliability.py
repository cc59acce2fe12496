#!/usr/bin/env python3
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the figures of the last test run into docs/reliability.md: .cache/reliability/*.json, of molecule scenarios and unit tests."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / ".cache" / "reliability"
#: One after the other: of an order, of all that comes before it, too, and those that belong to none.
ORDER = ["newOrder", "authorization", "challenge", "order", "finalize", "certificate"]
ISSUANCE = ["directory", "newNonce", "newAccount", *ORDER]
STEPS = [*ISSUANCE, "revokeCert", "renewalInfo"]
PAGE = ROOT / "docs" / "reliability.md"


def faults() -> str:
    """One row for each fault; the hosts' figures added up."""
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted([*FIGURES.glob("faults-*.json"), *FIGURES.glob("controller-*.json")]):
        for row in json.loads(path.read_text(encoding="utf-8")):
            assert not row["problem"], f"{path}: {row['problem']}"
            known = rows.setdefault(row["fault"], {"times": 0, "requests": 0, "failed": 0})
            known["outcome"] = row["outcome"]
            for figure in ("times", "requests", "failed"):
                known[figure] += row[figure]
    lines = ["| fault | times | what happened | requests meanwhile | failed |", "| --- | ---: | --- | ---: | ---: |"]
    lines += [f"| {name} | {row['times']} | {row['outcome']} | {row['requests']} | {row['failed']} |" for name, row in rows.items()]
    return "\n".join(lines)


def acme() -> str:
    """One row for each fault, way to inject it, and outcome."""
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in json.loads((FIGURES / "acme.json").read_text(encoding="utf-8"))["rows"]:
        rows.setdefault((row["fault"], row["how"], row["outcome"]), []).append(row)
    lines = ["| fault | how injected | at | times | what happened | certificates | orders made |"]
    lines += ["| --- | --- | --- | ---: | --- | ---: | ---: |"]
    for (fault, how, outcome), several in sorted(rows.items()):
        steps = ", ".join(sorted({row["step"] for row in several}, key=STEPS.index))
        for shorter, all_of_them in (("each step", ISSUANCE), ("each step of the order", ORDER)):
            steps = shorter if steps == ", ".join(all_of_them) else steps
        wanted, issued, made = (sum(row[figure] for row in several) for figure in ("wanted", "issued", "made"))
        certificates = f"{issued} of {wanted}" if wanted else ""
        lines += [f"| {fault} | {how} | {steps} | {len(several)} | {outcome} | {certificates} | {made} |"]
    return "\n".join(lines)


def leaks() -> str:
    """One row for each figure."""
    figures = json.loads((FIGURES / "leak.json").read_text(encoding="utf-8"))
    assert not figures["findings"], figures
    told = {name: f"{value:,}" if isinstance(value, int) else value for name, value in figures.items()}
    return "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in told.items())])


def main() -> int:
    text = PAGE.read_text(encoding="utf-8")
    tables = {"faults": ("faults-*.json", faults), "acme": ("acme.json", acme), "leaks": ("leak.json", leaks)}
    for name, (figures, table_of) in tables.items():
        if not list(FIGURES.glob(figures)):
            print(f"no new figures for {name}")
            continue
        table = table_of()
        text, count = re.subn(
            rf"(?s)(<!-- {name} -->\n).*?(<!-- end -->)", lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text
        )
        assert count == 1, f"{PAGE}: no place for {name}"
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
