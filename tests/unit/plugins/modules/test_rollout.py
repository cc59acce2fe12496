# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a site: the modules, the filter and the template of the role, and a server that serves as the template says."""

from __future__ import annotations

import http.server
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.filter.rollout import staged
from ansible_collections.encrypt.httpd.plugins.filter.sites import sites
from ansible_collections.encrypt.httpd.plugins.module_utils import _authority as authority
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils import _sockets
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import make_request, to_pem
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, generate
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import Record, Step
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout_options import PACE
from ansible_collections.encrypt.httpd.plugins.modules import rollout, rollout_info
from ansible_collections.encrypt.httpd.tests.unit.plugins.site_template import written

NAMES = ["www.example.org", "example.org"]
DEFAULTS = {"redirect_http": "permanent", "hsts": 0, "key_type": "ecdsa-p256", "issuer": "private_ca", "shared_by": "", "replace": False}
START = datetime.now(timezone.utc).replace(microsecond=0)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the virtual hosts say; https as an application has it besides, after the header of the virtual hosts."""

    def do_GET(self) -> None:
        server: Any = self.server
        redirect, header = re.search(r"\[R=(\d+),NE", server.said), re.search(r"Strict-Transport-Security \"(.*)\"", server.said)
        secure = isinstance(self.connection, ssl.SSLSocket)
        self.send_response(int(redirect[1]) if redirect and not secure else server.status if secure else 200)
        if redirect and not secure:
            self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
        if header and secure and not server.unset:
            self.send_header("Strict-Transport-Security", header[1])
        for name, value in server.headers if secure else []:
            self.send_header(name, value.replace("HOST", self.headers["Host"]))
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    said = ""
    status, unset = 200, False
    headers: tuple[tuple[str, str], ...] = ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that trusts it not goes away."""


class Host:
    """A host with one site; each run of the role is on a day that is given."""

    def __init__(self, folder: Path) -> None:
        self.root, self.enabled = folder, folder / "sites-enabled"
        self.enabled.mkdir()
        self.file = self.enabled / "001-www.example.org.conf"
        self.renews = False
        key = generate("ecdsa-p256")
        root = authority.make_root("Root", "ecdsa-p256", 500, [], START)
        (folder / "root.pem").write_text(to_pem(root.root))
        (folder / "key.pem").write_bytes(encode(key))
        (folder / "chain.pem").write_text(authority.sign(root, make_request(key, NAMES).decode(), 400, START))
        self.plain, self.secure = _Server(("127.0.0.1", 0), _Handler), _Server(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
        self.secure.socket = context.wrap_socket(self.secure.socket, server_side=True)
        for server in (self.plain, self.secure):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.where = {
            "server_root": str(folder),
            "sites_directory": str(self.enabled),
            "chain": str(folder / "root.pem"),
            "address": "127.0.0.1",
            "port": self.secure.server_port,
            "http_port": self.plain.server_port,
            "clock": "",
        }

    def answers(self, status: int, *headers: tuple[str, str], unset: bool = False) -> None:
        """Have https answer so; *unset*: without the promise of the virtual hosts."""
        self.secure.status, self.secure.headers, self.secure.unset = status, headers, unset

    def run(
        self, day: float, stage: str = "hsts", *, broken: bool = False, dies: bool = False, check_mode: bool = False, **more: Any
    ) -> dict[str, Any]:
        """One run of the role; httpd goes on as before when it is *broken*, and the run is over before the look when it *dies*.

        *more* is what the site says besides.
        """
        now = START + timedelta(days=day)
        entry = {"name": NAMES[0], "aliases": NAMES[1:], "root": "/srv", "rollout": stage, **more}
        (site,) = sites([entry], DEFAULTS)
        params = {**self.where, "pace": PACE, "all_sites": False, "sites": [site["staged"]]}
        looked, warnings = rollout_info.run(params, now)
        (site,) = staged([site], json.loads(json.dumps(looked)), [], {}, {})
        before, text = self.file.read_text() if self.file.exists() else "", written(site)
        if not check_mode:
            self.file.write_text(text)
            self.plain.said = self.secure.said = self.plain.said if broken else text
        told = {"sites": [{"problem": ""}], "changed": False}
        if not dies:
            changing = [site["name"]] if before != text or self.renews else []
            asked = {"timeout": 0, "sites": [site["step"]], "changing": changing, "forget": []}
            told = rollout.run({**self.where, **asked}, now, check_mode)
        return {"told": site["told"], "changed": before != text, "warnings": warnings, **told["sites"][0], "recorded": told["changed"]}

    @property
    def record(self) -> Path:
        return Path(state.state_file(str(self.root)))

    def close(self) -> None:
        for server in (self.plain, self.secure):
            server.shutdown()
            server.server_close()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setattr(rollout, "Lock", lambda _patience: nullcontext())
    made = Host(tmp_path)
    yield made
    made.close()


WAY = [
    (0, "is at probe, it is new; next is temporary"),
    (0.5, "is at probe, kept until"),
    (1, "goes on to temporary"),
    (3.9, "is at temporary, kept until"),
    (4, "goes on to permanent"),
    (11, "goes on to hsts (5 minutes)"),
    (12, "goes on to hsts (1 day)"),
    (15, "goes on to hsts (7 days)"),
    (22, "goes on to hsts (30 days)"),
    (51.9, "is at hsts (30 days), kept until"),
    (52, "goes on to hsts (730 days)"),
    (99, "is at hsts (730 days), as it shall be"),
]


def test_the_whole_way_and_each_run_twice(host: Host) -> None:
    for day, told in WAY:
        predicted = host.run(day, check_mode=True)
        done = host.run(day)
        assert told in done["told"]
        assert done["problem"] == ""
        assert (predicted["told"], predicted["changed"], predicted["recorded"]) == (done["told"], done["changed"], done["recorded"])
        assert done["changed"] == done["recorded"] == ("is at" not in told or day == 0)
        again = host.run(day)
        assert (again["changed"], again["recorded"], again["problem"]) == (False, False, "")


def test_check_mode_writes_nothing(host: Host) -> None:
    assert host.run(0, check_mode=True)["recorded"]
    assert not host.record.exists()
    host.run(0)
    before = host.record.read_bytes()
    assert host.run(1, check_mode=True)["recorded"]
    assert host.record.read_bytes() == before


def test_what_breaks_stays_until_it_was_mended_and_kept_anew(host: Host) -> None:
    host.run(0)
    assert "expected is 302 to https://www.example.org" in host.run(1, broken=True)["problem"]
    for day in (2, 9):
        held = host.run(day, broken=day == 2)
        assert held["told"].startswith("www.example.org: is at temporary, not served as it should be (")
    assert host.run(10)["told"].startswith("www.example.org: is at temporary, kept until")
    assert host.run(12)["told"] == "www.example.org: goes on to permanent"


def test_nothing_moves_that_is_out_of_order_just_then(host: Host) -> None:
    host.run(0)
    host.secure.shutdown()
    host.secure.server_close()
    done = host.run(1)
    assert done["told"].startswith("www.example.org: is at probe, not served as it should be (www.example.org: no TLS handshake")
    assert not done["changed"]


def test_a_chain_that_clients_do_not_trust_holds_a_site(host: Host) -> None:
    host.where["chain"] = "system"
    assert "not trusted" in host.run(0)["problem"]
    assert "is at probe, not served as it should be" in host.run(5)["told"]


def test_a_run_that_died_before_it_looked_moves_nothing_twice(host: Host) -> None:
    host.run(0)
    host.run(1, dies=True)
    assert host.run(9)["told"] == "www.example.org: is at temporary, not verified yet; next is permanent"
    assert host.run(12)["told"] == "www.example.org: goes on to permanent"


def test_a_lost_record_goes_back_nowhere(host: Host) -> None:
    for day in (0, 1, 4, 11):
        host.run(day)
    for text in ("", '{"www.example.org": {"stage": "hs', "{}"):
        host.record.write_text(text)
        done = host.run(20)
        assert (done["told"], done["changed"]) == ("www.example.org: is at hsts (5 minutes), not verified yet; next is hsts (1 day)", False)
    assert host.run(21)["told"] == "www.example.org: goes on to hsts (1 day)"


def test_a_clock_that_went_back_begins_the_days_anew(host: Host) -> None:
    host.run(9)
    done = host.run(1)
    assert "is at probe, the clock of the host went back" in done["told"]
    assert done["recorded"]
    assert host.run(2)["told"] == "www.example.org: goes on to temporary"


def test_the_way_back_has_browsers_forget(host: Host) -> None:
    for day in (0, 1, 4, 11, 12):
        host.run(day)
    done = host.run(13, "temporary")
    assert done["told"] == "www.example.org: goes back to temporary"
    (warning,) = done["warnings"]
    until = f"{START + timedelta(days=14):%Y-%m-%d %H:%M} UTC"
    assert f"goes back from hsts (1 day) to temporary; browsers that were there keep to https until {until}" in warning
    assert "max-age=0 is sent" in warning
    assert "permanently" in warning
    assert 'Strict-Transport-Security "max-age=0"' in host.file.read_text()
    again = host.run(13.5, "temporary")
    assert (again["changed"], again["recorded"], again["warnings"]) == (False, False, [])
    done = host.run(14, "temporary")
    assert (done["changed"], done["recorded"]) == (True, True)
    assert "Strict-Transport-Security" not in host.file.read_text()


def test_a_site_that_had_redirect_and_hsts_before_keeps_them(host: Host) -> None:
    (site,) = sites([{"name": NAMES[0], "aliases": NAMES[1:], "root": "/srv"}], {**DEFAULTS, "hsts": 86400})
    host.file.write_text(written(site))
    done = host.run(0)
    assert (done["told"], done["changed"]) == ("www.example.org: is at hsts (1 day), not verified yet; next is hsts (7 days)", False)


@pytest.mark.parametrize("aliases", [[], NAMES[1:]])
@pytest.mark.parametrize("redirect", ["none", "temporary", "permanent"])
@pytest.mark.parametrize("hsts", [0, 86400])
def test_what_the_template_writes_can_be_read(redirect: str, hsts: int, aliases: list[str]) -> None:
    extra = '# Step: redirect 301, max-age 9.\nHeader always set X-Else "max-age=5"\nRewriteRule "^/old" "https://else.example/" [R=302,L]'
    (site,) = sites(
        [{"name": NAMES[0], "aliases": aliases, "root": "/srv", "extra": extra}], {**DEFAULTS, "redirect_http": redirect, "hsts": hsts}
    )
    step, releases = state.parse(written(site))
    assert state.parse(re.sub("# Step: .*\n", "", written(site), count=1)) == (step, releases)  # as version 0.4 wrote it
    assert (step.stage, step.max_age, releases) == ("hsts" if hsts else {"none": "probe"}.get(redirect, redirect), hsts, False)
    assert state.parse(written({**site, "hsts": 0, "hsts_ends": True}))[1]


LATER = ("Strict-Transport-Security", "max-age=86400")


@pytest.mark.parametrize(
    ("days", "status", "headers", "told"),
    [
        pytest.param((), 301, [("Location", "http://HOST/")], "https leads back to http://", id="back to http, which would lead here"),
        pytest.param((1,), 302, [("Location", "http://example.org")], "example.org: https leads back to http://example.org", id="later"),
        pytest.param((), 301, [("Location", "https://HOST/")], "example.org: https leads back to https://example.org", id="to itself"),
        pytest.param((1,), 302, [("Location", "https://HOST:443")], "https leads back to https://", id="to itself with the port"),
        pytest.param((), 307, [("Location", "//HOST/#top")], "https leads back to https://", id="to itself, by the same scheme"),
        pytest.param((1, 4), 308, [("Location", "/")], "https leads back to https://", id="to itself, without a host"),
        pytest.param((), 302, [("Location", "https://HOST/"), ("Set-Cookie", "a=1")], "", id="to itself once, with a cookie"),
        pytest.param((), 302, [("Location", "https://HOST/?lang=de")], "", id="to itself with a query"),
        pytest.param((), 302, [("Location", "https://HOST:8443/")], "", id="to another port"),
        pytest.param((), 302, [("Location", "https://HOST/de/")], "", id="to another page by https"),
        pytest.param((), 200, [("Location", "https://HOST/")], "", id="where a page is, which leads nowhere"),
        pytest.param((), 302, [("Location", "")], "", id="to nothing"),
        pytest.param((), 302, [("Location", "http://example.org/de/")], "", id="to another page by http, which leads there by https"),
        pytest.param((), 302, [("Location", "http://else.example/")], "", id="to a site of others"),
        pytest.param((), 302, [("Location", "/de/")], "", id="to another page"),
        pytest.param((), 302, [("Location", "https://[oops/")], "", id="to what is no URL"),
        pytest.param((), 500, [], "https answers 500", id="broken"),
        pytest.param((1, 4), 500, [], "https answers 500", id="broken later"),
        pytest.param((), 503, [], "", id="closed for maintenance"),
        pytest.param((), 401, [], "", id="not for everybody"),
        pytest.param((), 200, [LATER], "Strict-Transport-Security is 'max-age=86400', expected is none", id="a promise of others"),
        pytest.param((), 200, [("Strict-Transport-Security", "max-age=0; includeSubDomains")], "", id="others have browsers forget"),
        pytest.param((1, 4, 11), 200, [LATER], "", id="the promise of ours comes first, and counts"),
    ],
)
def test_https_is_looked_at_as_a_page(host: Host, days: tuple[float, ...], status: int, headers: list[tuple[str, str]], told: str) -> None:
    for day in (0, *days):
        host.run(day)
    host.answers(status, *headers)
    again = days[-1] + 0.1 if days else 0.1
    assert told in host.run(again)["problem"]
    assert bool(host.run(again)["problem"]) is bool(told)
    assert ("goes on" in host.run(again + 9)["told"]) is not bool(told)


@pytest.mark.parametrize(
    "promise", ["max-age=301", "max-age=300; includeSubDomains", "max-age=300; preload", "max-age=0", "max-age=300, max-age=86400", ""]
)
def test_a_promise_has_to_be_that_of_the_step(host: Host, promise: str) -> None:
    for day in (0, 1, 4, 11):
        host.run(day)
    host.answers(200, *([("Strict-Transport-Security", promise)] if promise else []), LATER, unset=True)
    assert "expected is max-age=300" in host.run(11.1)["problem"]


@pytest.mark.parametrize("promise", [(), (LATER,)])
def test_the_way_back_is_looked_at(host: Host, promise: tuple[tuple[str, str], ...]) -> None:
    for day in (0, 1, 4, 11, 12):
        host.run(day)
    host.answers(200, *promise, unset=True)
    assert "expected is max-age=0" in host.run(13, "temporary")["problem"]


def test_it_is_looked_at_where_httpd_listens(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sockets, "own_address", lambda: "127.0.0.77")
    host.where["address"] = ""
    assert host.run(0)["problem"] == ""


def test_a_check_does_not_look_at_what_the_run_changes(host: Host) -> None:
    """A new alias, and a certificate in place of one that stood in."""
    host.run(0)
    assert host.run(0.1, check_mode=True, aliases=[*NAMES[1:], "new.example.org"])["problem"] == ""
    host.where["chain"], host.renews = "system", True
    assert "not trusted" in host.run(0.1)["problem"]
    predicted = host.run(0.2, check_mode=True)
    host.where["chain"] = str(host.root / "root.pem")
    done = host.run(0.2)
    assert (predicted["problem"], predicted["recorded"]) == (done["problem"], done["recorded"]) == ("", True)


def test_a_check_looks_at_what_stays_though_its_record_was_lost(host: Host) -> None:
    host.run(0)
    host.record.write_text("{}")
    host.answers(500)
    predicted, done = host.run(0.1, check_mode=True), host.run(0.1)
    assert predicted["problem"] == done["problem"] != ""


def test_nothing_goes_back_because_it_was_disabled_for_a_while(host: Host) -> None:
    for day in (0, 1, 4, 11, 12):
        host.run(day)
    host.file.unlink()
    assert host.run(90)["told"] == "www.example.org: is at hsts (1 day), not verified yet; next is hsts (7 days)"
    assert '"max-age=86400"' in host.file.read_text()
    host.file.unlink()
    done = host.run(91, "temporary")
    assert (done["told"], len(done["warnings"])) == ("www.example.org: goes back to temporary", 1)
    assert '"max-age=0"' in host.file.read_text()


def test_what_was_undone_begins_anew(host: Host) -> None:
    for day in (0, 1, 4):
        host.run(day)
    host.file.unlink()
    asked = {"timeout": 0, "sites": [], "changing": [], "forget": [NAMES[0], "else.example"]}
    assert [rollout.run({**host.where, **asked}, START, check)["changed"] for check in (True, False, False)] == [True, True, False]
    assert host.run(5)["told"] == "www.example.org: is at probe, it is new; next is temporary"


@pytest.mark.parametrize("ahead", [-31, 31])
def test_a_clock_that_the_controller_contradicts_moves_nothing(host: Host, ahead: int) -> None:
    host.run(0)
    host.where["clock"] = state.time_text(START + timedelta(days=40 - ahead))
    assert "is at probe, the clock of the host says" in host.run(40)["told"]
    host.where["clock"] = state.time_text(START + timedelta(days=40, minutes=50))
    assert host.run(40)["told"] == "www.example.org: goes on to temporary"


def test_a_clock_that_is_behind_begins_no_days_too_early(host: Host) -> None:
    host.where["clock"] = state.time_text(START + timedelta(days=30))
    host.run(0)
    host.where["clock"] = ""
    assert "is at probe, kept until" in host.run(30.5)["told"]


def test_a_site_that_others_wait_for_is_looked_at_though_it_stays(host: Host) -> None:
    for day in (0, 1):
        host.run(day)
    host.answers(500)
    asked = {"name": NAMES[0], "names": NAMES, "stage": "hsts", "hsts": 0, "shared": True}
    for shared, problem in ((False, ""), (True, "https answers 500")):
        (found,), _warnings = rollout_info.run(
            {**host.where, "pace": PACE, "sites": [{**asked, "shared": shared}], "all_sites": False}, START + timedelta(days=2)
        )
        assert problem in found["problem"]
        assert bool(found["doubt"]) is bool(found["problem"]) is shared


HANGING = [{"name": f"{one}.example", "names": [], "stage": "probe", "max_age": 0, "releases": False, "promised": ""} for one in range(300)]


def test_sites_that_hang_take_no_time_from_the_run_nor_their_days_from_others(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen = [0.0], []

    def slow(*_args: Any) -> str:
        seen.append(clock[0])
        clock[0] += 5
        return "it hangs"

    monkeypatch.setattr(rollout, "step_problems", slow)
    monkeypatch.setattr(rollout.time, "monotonic", lambda: clock[0])
    before = {site["name"]: Record(Step("probe"), START) for site in HANGING} | {"0.example": Record(Step("probe"), problem="it hung")}
    state.write_records(str(host.root), before)
    told = rollout.run({**host.where, "timeout": 15, "sites": HANGING, "changing": [], "forget": []}, START, False)
    assert clock[0] <= 20
    assert {site["problem"] for site in told["sites"]} == {"it hangs", rollout.UNSEEN}
    after = state.read_records(str(host.root))
    assert [site["name"] for site in told["sites"] if after[site["name"]] != before[site["name"]]] == [
        "1.example",
        "2.example",
        "3.example",
        "4.example",
    ]


def test_other_sites_of_the_host_are_told_too(host: Host) -> None:
    host.run(0)
    found, _warnings = rollout_info.run({**host.where, "pace": PACE, "sites": [], "all_sites": True}, START)
    assert [(site["name"], site["stage"], site["decision"]) for site in found] == [(NAMES[0], "probe", None)]
