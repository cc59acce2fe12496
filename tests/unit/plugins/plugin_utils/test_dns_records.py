# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of an order, at a provider that fails as it is told."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error, FileError
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_issuer
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import OutageError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_issuer import Acme
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_retry import MAX_ATTEMPTS
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_solvers import Proof
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns01 import CLEAN_UP, Dns01
from ansible_collections.encrypt.httpd.plugins.plugin_utils._dns_provider import DnsError, DnsOutageError, in_turn
from ansible_collections.encrypt.httpd.plugins.plugin_utils._interruption import StoppedError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Refused, SigningRequest

#: Each name leads to itself.
LOOKUP: Any = SimpleNamespace(final_name=lambda name: name, servers=lambda _name: [])


def proof(name: str) -> Proof:
    return Proof(name, SimpleNamespace(chall=SimpleNamespace(validation=lambda _key: "value")), None)


class Zone:
    """A provider with a zone of its own. Each action fails with the next of its *failures*; None does what is asked."""

    def __init__(self, present: Sequence[Exception | None] = (), clean_up: Sequence[Exception | None] = ()) -> None:
        self.names: list[str] = []
        self.failures = {"present": list(present), "clean_up": list(clean_up)}

    def present(self, name: str, _value: str, _timeout: float) -> None:
        self._fail("present")
        self.names.append(name)

    def clean_up(self, name: str, _value: str, _timeout: float) -> None:
        self._fail("clean_up")
        self.names = [one for one in self.names if one != name]

    def _fail(self, action: str) -> None:
        error = self.failures[action].pop(0) if self.failures[action] else None
        if error:
            raise error


def show(zone: Zone, names: Sequence[str], seconds: float = 30) -> list[str]:
    """Show the proofs of the names, and hide them again; what was told."""
    told: list[str] = []
    with Dns01(zone, LOOKUP, 0, threading.Event()).presented([proof(name) for name in names], time.monotonic() + seconds, told.append):
        assert zone.names == [f"_acme-challenge.{name}" for name in names]
    return told


@pytest.mark.parametrize("error", [DnsError("refused"), FileError("/tmp/locks: this directory belongs to user 33"), OSError("disk full")])
def test_a_record_that_cannot_be_removed_is_told_and_the_others_are(error: Exception) -> None:
    zone = Zone(clean_up=[error])
    told = show(zone, ["a", "b", "c"])
    assert told == [f"the TXT record value of _acme-challenge.c may still be there, remove it by hand: {error}"]
    assert zone.names == ["_acme-challenge.c"]


def test_an_error_that_nobody_foresaw_stops_no_clean_up() -> None:
    zone = Zone(clean_up=[ValueError("of a library")])
    with pytest.raises(ValueError, match="of a library"):
        show(zone, ["a", "b", "c"])
    assert zone.names == ["_acme-challenge.c"]


@pytest.mark.parametrize(("home", "place"), [("home", "home/.config/encrypt.httpd/dns"), ("file/home", f"tmp/encrypt.httpd-{os.getuid()}")])
def test_locks_lie_where_no_other_user_can_be_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, place: str) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    with in_turn("a name", 1):
        assert [path.suffix for path in (tmp_path / place).iterdir()] == [".lock"]


def test_another_users_directory_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"encrypt.httpd-{os.getuid()}").symlink_to("/somewhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with in_turn("a name", 1):
        pass
    monkeypatch.setenv("HOME", "/proc/none")
    with pytest.raises(Error, match="this must be a directory"), in_turn("a name", 1):
        pass


def test_no_more_records_are_shown_once_the_user_wants_no_more() -> None:
    zone, stopping, told = Zone(), threading.Event(), list[str]()
    zone.present = lambda name, value, timeout: (Zone.present(zone, name, value, timeout), stopping.set())  # type: ignore[method-assign]
    solver = Dns01(zone, LOOKUP, 0, stopping)
    with pytest.raises(StoppedError), solver.presented([proof("a"), proof("b")], time.monotonic() + 9, told.append):
        pass
    assert (zone.names, told) == ([], [])


OUT = DnsOutageError("no answer")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_retry.FIRST_PAUSE", 0.01)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("present", "clean_up"), [([OUT], []), ([OUT, OUT, OUT, OUT], []), ([], [OUT]), ([None, OUT], [None, OUT, OUT])])
def test_what_may_pass_is_tried_again(present: list[Exception | None], clean_up: list[Exception | None]) -> None:
    zone = Zone(present, clean_up)
    assert show(zone, ["a", "b"]) == []
    assert zone.names == []


class Down(Zone):
    """A zone that takes as long as it may over each removal, by a clock of its own, and does not answer. After *until* removals it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, until: int = 99) -> None:
        super().__init__()
        self.tries: list[float] = []
        self.now, self._until = time.monotonic(), until
        monkeypatch.setattr("time.monotonic", lambda: self.now)

    def clean_up(self, name: str, value: str, timeout: float) -> None:
        self.tries.append(timeout)
        if len(self.tries) <= self._until:
            self.now += timeout
            raise OUT
        super().clean_up(name, value, timeout)


@pytest.mark.parametrize(("until", "left"), [(99, 20), (1, 1), (7, 7)])
def test_dns_that_is_out_of_order_costs_a_clean_up_its_time_once(monkeypatch: pytest.MonkeyPatch, until: int, left: int) -> None:
    zone = Down(monkeypatch, until)
    told = show(zone, [f"{number}.example" for number in range(20)])
    assert zone.tries == [CLEAN_UP] + [1.0] * 19
    assert len(told) == len(zone.names) == left


class Slow(Down):
    """As Down, but it fails at once, and then takes *pace* seconds for each removal."""

    pace = 4.0

    def clean_up(self, name: str, value: str, timeout: float) -> None:
        if len(self.tries) < self._until:
            self.tries.append(timeout)
            raise OUT
        self.now += min(self.pace, timeout)
        if timeout < self.pace:
            raise OUT
        super().clean_up(name, value, timeout)


@pytest.mark.usefixtures("impatient")
def test_dns_that_is_slow_after_it_was_out_of_order_removes_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = Slow(monkeypatch, MAX_ATTEMPTS)
    assert len(show(zone, [f"{number}.example" for number in range(20)])) == len(zone.names) == 1


@pytest.mark.usefixtures("impatient")
def test_a_clean_up_that_fails_at_once_is_tried_once_for_each_other_record() -> None:
    zone = Zone(clean_up=[OUT] * 99)
    assert len(show(zone, ["a", "b", "c", "d"])) == 4
    assert 99 - len(zone.failures["clean_up"]) == MAX_ATTEMPTS + 3


def test_a_clean_up_that_has_had_its_time_ends_when_the_user_wants_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    zone, stopping, told = Down(monkeypatch), threading.Event(), list[str]()
    solver = Dns01(zone, LOOKUP, 0, stopping)
    with solver.presented([proof(f"{number}.example") for number in range(20)], zone.now + 9, told.append):
        stopping.set()
    assert zone.tries == [CLEAN_UP]
    assert len(told) == 20
    assert told[-1].endswith("may still be there, remove it by hand: DNS was out of order, and the run was stopped")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("failures", "seconds", "left"),
    [([OUT] * 6, 30, 1), ([OUT] * 6, 0, 5), ([DnsError("refused")] * 2, 30, 1), ([OUT, DnsError("refused"), OUT], 30, 1)],
    ids=["a few times", "as long as there is time", "no refusal", "no refusal that comes later"],
)
def test_what_does_not_pass_ends_the_order(failures: list[Exception | None], seconds: float, left: int) -> None:
    zone = Zone(failures)
    with pytest.raises(DnsError) as raised:
        show(zone, ["a"], seconds)
    assert len(zone.failures["present"]) == left
    assert isinstance(raised.value, OutageError) is (str(raised.value) == "no answer")


@pytest.mark.parametrize(
    ("error", "asked"), [(OUT, ["https://first"]), (OutageError("the CA is down"), ["https://first", "https://second"])]
)
def test_a_second_ca_is_no_help_when_dns_is_out_of_order(monkeypatch: pytest.MonkeyPatch, error: Error, asked: list[str]) -> None:
    came: list[str] = []

    def refuse(settings: Settings, requests: Sequence[SigningRequest]) -> list[Refused]:
        came.append(settings.directory)
        return [Refused(request.name, str(error), passing=True, error=error) for request in requests]

    monkeypatch.setattr(_acme_issuer, "_issue", refuse)
    first, second = (Settings(f"https://{name}", account_key=Path("account.pem")) for name in ("first", "second"))
    (refused,) = Acme(first, lambda _module, _arguments: {}, second)._asking(_acme_issuer._issue, [SigningRequest("a", "", "dns-01")])
    assert isinstance(refused, Refused)
    assert refused.passing
    assert came == asked
