# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a site from http to https, step by step: which one is its turn. Pure: the time is passed in.

What a site does now is what its virtual hosts say. What was proven of it is a record beside them; where both differ, or there is no
record, nothing is proven, and the site stays where it is until it is. A clock that went back makes the record one of the future, which
proves nothing either; one that is ahead of another one moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Optional

STAGES = ("probe", "temporary", "permanent", "hsts")
#: How http leads to https in each.
REDIRECTS = {"probe": 0, "temporary": 302, "permanent": 301, "hsts": 301}
#: Two years, as those who list sites for browsers ask for.
LONGEST = 63072000
#: By how much two clocks may differ; a run may take a while, too.
APART = timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    """A stage, and what HSTS promises in it (seconds). *days* is how long it is kept before the next."""

    stage: str
    max_age: int = 0
    days: float = field(default=0, compare=False)

    @property
    def rank(self) -> tuple[int, int]:
        """Further steps have higher ones."""
        return STAGES.index(self.stage), self.max_age

    @property
    def redirect(self) -> int:
        """The status with which http leads to https, 0 for none."""
        return REDIRECTS[self.stage]

    @property
    def text(self) -> str:
        """In words."""
        return f"hsts ({in_words(self.max_age)})" if self.stage == "hsts" else self.stage


@dataclass(frozen=True)
class Record:
    """What was proven: since when the *step* was verified without a failure, or what was wrong the last time (*problem*).

    *promised* is until when browsers may keep to https because of a longer promise that was made before.
    """

    step: Step
    verified: Optional[datetime] = None
    promised: Optional[datetime] = None
    problem: str = ""


@dataclass(frozen=True)
class Found:
    """What a host has of a site: the *step* that its virtual hosts are at (None: there are none), and the record.

    *releases* tells whether they send max-age=0, with which browsers forget a promise (RFC 6797 6.1.1); *problem* what was seen to be
    wrong right now.
    """

    step: Optional[Step] = None
    releases: bool = False
    record: Optional[Record] = None
    problem: str = ""

    @property
    def last(self) -> Optional[Step]:
        """The step that its virtual hosts are at; or were at, as somebody may have taken them away for a while."""
        return self.step or (self.record.step if self.record else None)

    @property
    def doubt(self) -> str:
        """Why the step is not proven; empty when it is."""
        if self.record is None or self.record.step != self.step:
            return "not verified yet"
        wrong = self.problem or self.record.problem
        return f"not served as it should be ({wrong})" if wrong else ""


@dataclass(frozen=True)
class Decision:
    """The step that a site gets now, and the next one, from when on. *moves* is "up", "down" or nothing; *reason* why it stays."""

    step: Step
    moves: str = ""
    reason: str = ""
    next: Optional[Step] = None
    at: Optional[datetime] = None
    promised: Optional[datetime] = None

    @property
    def text(self) -> str:
        """In words."""
        if self.moves:
            return f"goes {'on' if self.moves == 'up' else 'back'} to {self.step.text}"
        if not self.next:
            return f"is at {self.step.text}, as it shall be"
        return f"is at {self.step.text}, {self.reason}; next is {self.next.text}"

    @property
    def releases(self) -> bool:
        """Whether to send max-age=0, as long as a browser may remember more."""
        return self.promised is not None and not self.step.max_age


def decide(steps: Sequence[Step], found: Found, now: datetime) -> Decision:
    """Tell which of the *steps* is a site's turn: at most one further than it is at, or back at once to the last that is wanted."""
    if found.last is None:
        return Decision(steps[0], reason="it is new", next=_after(steps, steps[0]), promised=_promised(steps[0], found, now))
    if found.last.rank > steps[-1].rank:
        return Decision(steps[-1], "down", promised=_promised(steps[-1], found, now))
    here = replace(found.last, days=next((step.days for step in reversed(steps) if step.rank <= found.last.rank), 0))
    following = _after(steps, here)
    if following is None:
        return Decision(here, promised=_promised(here, found, now))
    reason, at = _why_stay(here, found, now)
    if reason:
        return Decision(here, reason=reason, next=following, at=at, promised=_promised(here, found, now))
    return Decision(following, "up", next=_after(steps, following), promised=_promised(following, found, now))


def held(decision: Decision, found: Found, reason: str) -> Decision:
    """The decision for a site that stays, though it would have been its turn."""
    return replace(decision, step=found.last or decision.step, moves="", reason=reason, next=decision.step, at=None)


def why_wait(found: Found, members: Mapping[str, Optional[Found]]) -> str:
    """Why a site that hosts share has to wait for other *members*: it moves on when all of them have proven the step, or are further.

    Members that serve no such site do not count; None is one that could not be asked.
    """
    for host, other in members.items():
        if other is None:
            return f"{host} could not be asked"
        if other.step and found.step and other.step.rank < found.step.rank:
            return f"{host} is at {other.step.text}"
        if other.step and other.doubt:
            return f"{host} is at {other.step.text}: {other.doubt}"
    return ""


def recorded(step: Step, problem: str, promised: Optional[datetime], before: Optional[Record], now: datetime) -> Record:
    """The record after a look at what is served. A step that had to be mended is proven from now on."""
    goes_on = before and before.step == step and before.verified and before.verified <= now
    since = before.verified if before and goes_on else now
    return Record(step, None if problem else since, promised, problem)


def clock_doubt(clock: datetime, other: Optional[datetime]) -> str:
    """Why nothing moves by a clock: another one tells another time."""
    if other is None or abs(clock - other) <= APART:
        return ""
    return f"the clock of the host says {clock:%Y-%m-%d %H:%M} UTC, and that of the controller {other:%Y-%m-%d %H:%M}"


def in_words(seconds: int) -> str:
    """A time in its largest unit."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}{'s' if seconds != length else ''}"
    return f"{seconds} seconds"


def _after(steps: Sequence[Step], here: Step) -> Optional[Step]:
    return next((step for step in steps if step.rank > here.rank), None)


def _why_stay(here: Step, found: Found, now: datetime) -> tuple[str, Optional[datetime]]:
    if found.doubt or not found.record or not found.record.verified:
        return found.doubt, None
    since = found.record.verified
    if since > now:
        return f"the clock of the host went back: it says {now:%Y-%m-%d %H:%M} UTC, and verified it on {since:%Y-%m-%d %H:%M}", None
    ripe = since + timedelta(days=here.days)
    return (f"kept until {ripe:%Y-%m-%d %H:%M} UTC", ripe) if now < ripe else ("", None)


def _promised(step: Step, found: Found, now: datetime) -> Optional[datetime]:
    """Until when browsers may remember a longer promise than that of the *step*. Without a record it may have been the longest."""
    known = [found.record.promised] if found.record and found.record.promised else []
    before = max(found.step.max_age if found.step else 0, found.record.step.max_age if found.record else 0)
    if found.releases and not known and not before:
        before = LONGEST
    if step.max_age < before:
        known.append(now + timedelta(seconds=before))
    return max((until for until in known if until > now), default=None)
