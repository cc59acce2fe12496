# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host itself knows of the rollout: its virtual hosts say what is served, and a file beside them what was proven of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Optional

from . import _files as files
from ._errors import ArgumentError, FileError
from ._journal import STATE
from ._rollout import REDIRECTS, STAGES, Decision, Found, Record, Step
from ._shadows import file_names

#: As the role https writes them: the first lines of its files.
_SITE = re.compile(r"^# Written by encrypt\.httpd \(role encrypt\.httpd\.https\): the site (\S+)\.$", re.MULTILINE)
_STEP = re.compile(r"(?:#.*\n)*?# Step: redirect (0|301|302), max-age (\d+|none)\.$", re.MULTILINE)
#: What files of version 0.4 and before say instead. What else is in a virtual host is the site's own.
_REDIRECT = re.compile(r'^ {8}RewriteRule "\^" "https://.*" \[R=(301|302),NE,L\]$', re.MULTILINE)
_PROMISE = re.compile(r'^ {4}Header always set Strict-Transport-Security "max-age=(\d+)"$', re.MULTILINE)


def state_file(server_root: str) -> str:
    """Where the record lies: a JSON object, one entry for each site."""
    return f"{server_root}/{STATE}/rollout.json"


def read_records(server_root: str) -> dict[str, Record]:
    """What was proven of sites. What cannot be read was not."""
    try:
        found = json.loads(files.read(state_file(server_root)) or b"{}")
    except (ValueError, FileError):
        return {}
    records: dict[str, Record] = {}
    for name, entry in found.items() if isinstance(found, dict) else ():
        with contextlib.suppress(KeyError, TypeError, ValueError):
            records[str(name)] = from_entry(entry)
    return records


def write_records(server_root: str, records: Mapping[str, Record]) -> None:
    """Replace the file, in one rename."""
    files.make_private_directory(f"{server_root}/{STATE}", tighten=True)
    files.write_private(state_file(server_root), as_text(records).encode())


def as_text(records: Mapping[str, Record]) -> str:
    """The file."""
    return json.dumps({name: to_entry(record) for name, record in records.items()}, indent=1, sort_keys=True) + "\n" if records else ""


def to_entry(record: Record) -> dict[str, Any]:
    """A record in JSON."""
    return {
        "stage": record.step.stage,
        "max_age": record.step.max_age,
        "verified": time_text(record.verified),
        "promised": time_text(record.promised),
        "problem": record.problem,
    }


def from_entry(entry: Mapping[str, Any]) -> Record:
    """The way back. Raises KeyError, TypeError or ValueError for what was not written so."""
    step = Step(STAGES[STAGES.index(entry["stage"])], int(entry["max_age"]))
    verified, problem = read_time(entry["verified"]), str(entry["problem"])
    if bool(verified) == bool(problem):
        raise ValueError("either it was verified, or it has a problem")
    return Record(step, verified, read_time(entry["promised"]), problem)


def tell(found: Found) -> dict[str, Any]:
    """What a host has of a site, as modules return it."""
    step, record = found.step, found.record
    return {
        "served": step is not None,
        "stage": step.stage if step else "",
        "max_age": step.max_age if step else 0,
        "text": step.text if step else "",
        "releases": found.releases,
        "problem": found.problem,
        "doubt": found.doubt if step else "",
        "record": to_entry(record) if record else None,
    }


def hear(told: Mapping[str, Any]) -> Found:
    """The way back from :func:`tell`."""
    step = Step(told["stage"], told["max_age"]) if told["served"] else None
    return Found(step, told["releases"], from_entry(told["record"]) if told["record"] else None, told["problem"])


def tell_decision(decision: Decision) -> dict[str, Any]:
    """What is a site's turn, as modules return it."""
    return {
        "stage": decision.step.stage,
        "max_age": decision.step.max_age,
        "text": decision.step.text,
        "moves": decision.moves,
        "reason": decision.reason,
        "next": {"stage": decision.next.stage, "max_age": decision.next.max_age, "text": decision.next.text} if decision.next else None,
        "next_at": time_text(decision.at),
        "promised": time_text(decision.promised),
    }


def hear_decision(told: Mapping[str, Any]) -> Decision:
    """The way back from :func:`tell_decision`."""
    following = Step(told["next"]["stage"], told["next"]["max_age"]) if told["next"] else None
    step, times = Step(told["stage"], told["max_age"]), (read_time(told["next_at"]), read_time(told["promised"]))
    return Decision(step, told["moves"], told["reason"], following, *times)


def time_text(time: Optional[datetime]) -> str:
    """ISO 8601, in seconds; empty for never."""
    return time.isoformat(timespec="seconds") if time else ""


def read_time(text: str) -> Optional[datetime]:
    """The way back. Raises ValueError for a time without its zone."""
    time = datetime.fromisoformat(text) if text else None
    if time and time.tzinfo is None:
        raise ValueError(f"{text}: the zone is missing")
    return time


def asked_time(text: str, where: str) -> Optional[datetime]:
    """A time that was given as a parameter. Raises ArgumentError."""
    try:
        return read_time(text)
    except ValueError as error:
        raise ArgumentError(f"{where}: {text!r} is no time in ISO 8601 with its zone") from error


def site_names(directory: str) -> list[str]:
    """The sites whose virtual hosts the collection has enabled in a directory."""
    with contextlib.suppress(OSError):
        texts = [(files.read(f"{directory}/{name}") or b"") for name in sorted(os.listdir(directory)) if name.endswith(".conf")]
        return [match[1] for text in texts for match in [_SITE.match(text.decode(errors="replace"))] if match]
    return []


def found(server_root: str, directory: str, name: str, records: Optional[Mapping[str, Record]] = None) -> Found:
    """What the host has of a site, whose virtual hosts are enabled in *directory*."""
    known = read_records(server_root) if records is None else records
    texts = [files.read(f"{directory}/{file}") for file in file_names(name)]
    text = next((text for text in texts if text), None)
    step, releases = parse(text.decode(errors="replace")) if text else (None, False)
    return Found(step, releases, known.get(name))


def parse(virtual_hosts: str) -> tuple[Step, bool]:
    """The step that virtual hosts of the role are at, and whether they have browsers forget a promise.

    A promise counts more than the redirect, as browsers keep to it by themselves.
    """
    step = _STEP.match(virtual_hosts)
    redirect, promise = (_REDIRECT.search(virtual_hosts), _PROMISE.search(virtual_hosts)) if not step else (None, None)
    status = int(step[1] if step else redirect[1] if redirect else 0)
    promised = step[2] if step else promise[1] if promise else "none"
    max_age = 0 if promised == "none" else int(promised)
    stage = "hsts" if max_age else next(stage for stage, of_stage in REDIRECTS.items() if of_stage == status)
    return Step(stage, max_age), promised == "0"
