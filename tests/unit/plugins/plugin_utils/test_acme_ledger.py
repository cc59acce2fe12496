# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ordered once is not ordered again: runs that are killed, runs at once, ledgers that are lost. Against a real Pebble."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _files as files
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _acme_new_order
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import sign_in
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_errors import OutageError
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_history import history_of
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_ledger import KEPT, Ledger
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_network import Network
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_order import Order
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_orders import issue
from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings
from ansible_collections.encrypt.httpd.plugins.plugin_utils._issuers import Issued

from .conftest import ORDERS_PER_PAGE, Server
from .figures import Figures
from .test_acme import ready, requests_for

pytestmark = [pytest.mark.pebble, pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")]


def remembering(server: Server, folder: Path) -> Settings:
    return replace(ready(server, folder), ledger=folder / "acme" / "ledger")


def orders_of(settings: Settings) -> int:
    """How many orders the CA has of the account (RFC 8555 section 7.1.2.1), which it tells on one page, see ORDERS_PER_PAGE."""
    session = sign_in(settings)
    network = Network(settings, session.key, session.registration)
    acme = client.ClientV2(session.directory, network)
    body = network.post(session.registration.uri, None, new_nonce_url=acme.directory["newNonce"]).json()
    number = len(network.post(body["orders"], None, new_nonce_url=acme.directory["newNonce"]).json()["orders"])
    assert number < ORDERS_PER_PAGE
    return number


def in_process(work: Callable[[], Any]) -> int:
    """Its exit code."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


STEPS = {"_authorize": "authorization", "_finalize": "finalize", "_download": "certificate", "check": "certificate"}


def tell(figures: Figures, **row: Any) -> None:
    """A row of docs/reliability.md."""
    figures.tell({"wanted": 1, "made": 1, "issued": 1, **row})


@pytest.mark.parametrize("step", ["_authorize", "_finalize", "_download", "check"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_is_killed_goes_on_with_its_order(
    start_pebble: Callable[..., Server], tmp_path: Path, figures: Figures, step: str, moment: str
) -> None:
    settings = remembering(start_pebble(), tmp_path)
    (request,) = requests_for("www.example")

    def killed() -> None:
        name = "fulfil" if step == "check" else step
        whole = getattr(Order, name)

        def cut(order: Order, *args: Any) -> Any:
            if moment == "before" and step != "check":
                os._exit(9)
            whole(order, *args)
            os._exit(9)

        setattr(Order, name, cut)
        issue(settings, [request])

    assert in_process(killed) == 9
    assert orders_of(settings) == 1
    (answer,) = issue(settings, [request])
    assert isinstance(answer, Issued), answer
    assert orders_of(settings) == 1
    assert issue(settings, [request]) == [answer]
    assert orders_of(settings) == 1
    tell(figures, fault="run killed", how=f"{moment} it", step=STEPS[step], outcome="the next run goes on with the order")


def test_two_runs_at_once_make_one_order(start_pebble: Callable[..., Server], tmp_path: Path, figures: Figures) -> None:
    settings = remembering(start_pebble(), tmp_path)
    (request,) = requests_for("www.example")
    fork = multiprocessing.get_context("fork")
    told: multiprocessing.Queue[str] = fork.Queue()
    runs = [fork.Process(target=lambda: told.put(str(issue(settings, [request])))) for _number in range(4)]
    for run in runs:
        run.start()
    answers = {told.get(timeout=60) for _run in runs}
    for run in runs:
        run.join()
    assert len(answers) == 1
    assert "BEGIN CERTIFICATE" in answers.pop()
    assert orders_of(settings) == 1
    assert len(history_of(settings).past(datetime.now(timezone.utc)).orders) == 1, "it is counted once, too"
    told_all = {"how": "processes for the same certificate", "outcome": "one order, the same certificate for all"}
    tell(figures, fault="four runs at once", step="newOrder", **told_all)


def test_another_key_is_another_order(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    settings = remembering(start_pebble(), tmp_path)
    first, second = (issue(settings, requests_for("www.example"))[0] for _number in range(2))
    assert isinstance(first, Issued)
    assert isinstance(second, Issued)
    assert first.chain != second.chain
    assert orders_of(settings) == 2


def _lose(ledger: Path) -> None:
    shutil.rmtree(ledger)


def _tear(ledger: Path) -> None:
    for path in ledger.glob("orders/*.json"):
        path.write_text(path.read_text(encoding="utf-8")[:9], encoding="utf-8")


def _mislead(ledger: Path) -> None:
    for path in ledger.glob("orders/*.json"):
        path.write_text(path.read_text(encoding="utf-8").replace("/my-order/", "/my-order/0"), encoding="utf-8")


@pytest.mark.parametrize("harm", [_lose, _tear, _mislead])
def test_a_ledger_that_is_lost_costs_an_order_at_most(
    start_pebble: Callable[..., Server], tmp_path: Path, figures: Figures, harm: Callable[[Path], None]
) -> None:
    settings = remembering(start_pebble(), tmp_path)
    (request,) = requests_for("www.example")
    issue(settings, [request])
    assert settings.ledger is not None
    harm(settings.ledger)
    assert isinstance(issue(settings, [request])[0], Issued)
    assert orders_of(settings) == 2
    how = "lost, torn, or with another order, once there is one"
    tell(figures, fault="ledger of no use", how=how, step="newOrder", outcome="a second order", made=2)


def test_a_certificate_that_is_due_again_is_not_taken_out_of_an_old_order(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = remembering(start_pebble(), tmp_path)
    (request,) = requests_for("www.example")
    issue(settings, [request])
    name = "ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_answer.renewal_time"
    monkeypatch.setattr(name, lambda leaf: leaf.not_before)
    assert isinstance(issue(settings, [request])[0], Issued)
    assert orders_of(settings) == 2


def test_an_order_that_came_to_nothing_is_not_gone_on_with(start_pebble: Callable[..., Server], tmp_path: Path) -> None:
    server = start_pebble()
    settings = remembering(server, tmp_path)
    (request,) = requests_for("www.example")
    right, server.responder.thumbprint = server.responder.thumbprint, "someone-else"
    assert not isinstance(issue(settings, [request])[0], Issued)
    server.responder.thumbprint = right
    assert isinstance(issue(settings, [request])[0], Issued)


@pytest.mark.parametrize("ledger", [True, False])
def test_what_is_replaced_is_told_once(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: bool
) -> None:
    settings = remembering(start_pebble(), tmp_path)
    settings = settings if ledger else replace(settings, ledger=None)
    while True:
        (issued,) = issue(settings, requests_for("www.example"))
        assert isinstance(issued, Issued)
        leaf = certificates.describe(certificates.load_chain(issued.chain.encode(), "www"))
        if len(leaf.serial) > 14:  # Pebble does not find its own certificate by a serial number that begins with a zero byte
            break
    replaced = leaf.renewal_id
    sent: list[tuple[str, Any]] = []
    post = _acme_new_order._post

    def watched(acme: client.ClientV2, order: Any) -> Any:
        sent.append((order.replaces, None))
        response = post(acme, order)
        sent[-1] = (order.replaces, response.json().get("replaces"))
        return response

    monkeypatch.setattr(_acme_new_order, "_post", watched)
    for expected in ([(replaced, replaced)], [(replaced, None), (None, None)]):
        sent.clear()
        (request,) = requests_for("www.example")
        assert isinstance(issue(settings, [replace(request, replaces=replaced)])[0], Issued)
        assert sent == expected  # the second time it is replaced already


@pytest.mark.parametrize("replaces", ["aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE", "nonsense"])
def test_what_the_ca_does_not_know_is_not_replaced(start_pebble: Callable[..., Server], tmp_path: Path, replaces: str) -> None:
    settings = remembering(start_pebble(), tmp_path)
    (request,) = requests_for("www.example")
    (answer,) = issue(settings, [replace(request, replaces=replaces)])
    assert isinstance(answer, Issued), answer


def test_another_run_is_waited_for_in_vain(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with ledger.order("a", time.monotonic()), ledger.order("b", time.monotonic()):
        with pytest.raises(OutageError, match="another run has the same order"), ledger.order("a", time.monotonic() + 0.3):
            pass


def test_what_is_old_goes_and_what_is_new_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    for key in ("old", "new"):
        with ledger.order(key, 0.0) as entry:
            entry.remember(f"https://ca.example/{key}")
    ledger.keep_renewal("old", {"a": 1})
    now = time.time()
    (new,) = [path for path in tmp_path.glob("ledger/orders/*.json") if "new" in path.read_text(encoding="utf-8")]
    for path in tmp_path.glob("ledger/*/*"):
        if path.stem != new.stem:
            os.utime(path, (now - KEPT - 9, now - KEPT - 9))
    ledger.forget_old(now)
    assert {path.stem for path in tmp_path.glob("ledger/*/*")} == {new.stem}
    # Once a day is enough.
    os.utime(new, (now - KEPT - 9, now - KEPT - 9))
    ledger.forget_old(now + 60)
    assert new.exists()
    os.utime(new, (now, now))
    with ledger.order("new", 0.0) as entry:
        assert entry.url == "https://ca.example/new"
    for path in [*tmp_path.glob("ledger/*/*"), *tmp_path.glob("ledger/**/")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_lock_that_was_removed_while_it_was_waited_for_is_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    inside: list[str] = []

    def second() -> None:
        with ledger.order("a", time.monotonic() + 30):
            inside.append("second")

    with ledger.order("a", 0.0):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        (lock,) = tmp_path.glob("ledger/orders/*.lock")
        lock.unlink()
    thread.join(10)
    assert inside == ["second"]
    assert len(list(tmp_path.glob("ledger/orders/*.lock"))) == 1


def _is_a_file(ledger: Path) -> None:
    ledger.parent.mkdir(0o700, exist_ok=True)
    ledger.write_text("", encoding="utf-8")


def _is_open(ledger: Path) -> None:
    ledger.mkdir(0o755, parents=True)
    ledger.parent.chmod(0o700)


def _is_below_a_file(ledger: Path) -> None:
    _is_a_file(ledger.parent)


UNUSABLE = [_is_a_file, _is_open]


@pytest.mark.parametrize("harm", [*UNUSABLE, _is_below_a_file])
def test_a_ledger_that_cannot_be_used_is_as_good_as_none(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    harm(tmp_path / "acme" / "ledger")
    ledger = Ledger(tmp_path / "acme" / "ledger")
    assert ledger.renewal("a") == {}
    assert not ledger.has_order("a")
    ledger.forget_old(time.time())
    assert ledger.problem == ""
    ledger.keep_renewal("a", {"b": 1})
    with ledger.order("a", 0.0) as entry:
        entry.remember("https://ca.example/1")
    assert ledger.problem.startswith(f"what is ordered cannot be remembered in the ledger {tmp_path}/acme/ledger: ")


@pytest.mark.parametrize("harm", UNUSABLE)
def test_a_ledger_that_cannot_be_used_costs_no_certificate(
    start_pebble: Callable[..., Server], tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    settings = remembering(start_pebble(), tmp_path)
    assert settings.ledger is not None
    harm(settings.ledger)
    several = issue(settings, requests_for("one.example", "two.example"))
    assert ["cannot be remembered" in one.note for one in several if isinstance(one, Issued)] == [True, False], "it is told once"


def test_a_full_disk_costs_no_certificate(
    start_pebble: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    def full(_path: str, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings = remembering(start_pebble(), tmp_path)
    orders_of(settings)  # the account is there
    monkeypatch.setattr(files, "write_private", full)
    (one,) = issue(settings, requests_for("www.example"))
    assert isinstance(one, Issued)
    assert "No space left on device" in one.note
    assert orders_of(settings) == 1
    how = "when the order is remembered"
    tell(figures, fault="disk of the controller full", how=how, step="newOrder", outcome="the certificate, and a warning")


def test_reading_makes_no_directory(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home" / "ledger")
    assert ledger.renewal("a") == {}
    assert not ledger.has_order("a")
    ledger.forget_old(time.time())
    assert list(tmp_path.iterdir()) == []


def test_without_a_directory_nothing_is_remembered() -> None:
    ledger = Ledger(None)
    with ledger.order("a", 0.0) as entry:
        entry.remember("https://ca.example/1")
    ledger.keep_renewal("a", {"b": 1})
    ledger.forget_old(0.0)
    assert ledger.renewal("a") == {}
    with ledger.order("a", 0.0) as entry:
        assert entry.url == ""
