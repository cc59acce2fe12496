# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a fleet: what hosts want, and what a person is told."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.plugins.action import ActionBase
from ansible_collections.encrypt.httpd.plugins.action.acme_plan import ActionModule
from ansible_collections.encrypt.httpd.plugins.filter.planning import wanted_certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _keys as keys
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import InPlace
from ansible_collections.encrypt.httpd.plugins.plugin_utils import _fleet_plan as fleet_plan
from ansible_collections.encrypt.httpd.plugins.plugin_utils._fleet_plan import Fleet, most_names, told, wanted_orders
from ansible_collections.encrypt.httpd.plugins.plugin_utils._limits import LETSENCRYPT, LETSENCRYPT_DIRECTORY, Limit
from ansible_collections.encrypt.httpd.plugins.plugin_utils._plan import Past, WantedOrder

from ..module_utils.authority import Authority

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
DEFAULTS: dict[str, Any] = {
    "https_acme_directory": LETSENCRYPT_DIRECTORY,
    "https_redirect": "permanent",
    "https_acme_challenge": "http-01",
    "https_hsts": 0,
    "https_upgrade_insecure_requests": False,
    "https_rollout": "",
    "https_key_type": "ecdsa-p256",
    "https_issuer": "acme",
    "https_shared_by": "",
    "https_replace": False,
}


def entry(host: str, *names: str, **more: Any) -> dict[str, Any]:
    return {"host": host, "certificates": [{"name": names[0], "names": list(names), **more}]}


def planned(hosts: list[dict[str, Any]], limits: tuple[Limit, ...] = LETSENCRYPT) -> dict[str, Any]:
    return told(Fleet(wanted_orders(hosts, 100), Past(), limits, 100, NOW), "https://ca.example/dir")


@pytest.mark.parametrize(
    ("hosts", "orders"),
    [
        ([entry("a", "a.org", "www.a.org")], [WantedOrder("a: a.org", ("a.org", "www.a.org"), hosts=("a",))]),
        ([entry("a", "A.ORG", replaces=True)], [WantedOrder("a: A.ORG", ("a.org",), replaces=True, hosts=("a",))]),
        ([entry("a", "a.org"), entry("b", "a.org")], [WantedOrder(f"{host}: a.org", ("a.org",), hosts=(host,)) for host in "ab"]),
        ([entry(host, "a.org", shared_by="web") for host in "ab"], [WantedOrder("web: a.org", ("a.org",), hosts=("a", "b"))]),
        ([entry("a", "a.org", issuer="private_ca")], []),
        ([entry("a", "a.org", due=False)], []),
    ],
)
def test_what_hosts_want_becomes_orders(hosts: list[dict[str, Any]], orders: list[WantedOrder]) -> None:
    assert wanted_orders(hosts, 100) == orders


@pytest.mark.parametrize(
    ("names", "profile", "told_to_user"),
    [
        (["x y"], "", "host 'a': certificate 'x y': names: 'x y' is no host name"),
        ([f"n{n}.org" for n in range(26)], "shortlived", "names: 26 are more than the 25 that this profile"),
        ([f"n{n}.org" for n in range(101)], "", "names: 101 names are more than the 100"),
    ],
)
def test_what_no_ca_would_sign_is_named(names: list[str], profile: str, told_to_user: str) -> None:
    with pytest.raises(ArgumentError, match=told_to_user):
        wanted_orders([entry("a", *names)], most_names(profile))


def test_a_fleet_under_one_domain_in_words() -> None:
    found = planned([entry(f"h{number}", f"h{number}.example.org") for number in range(1000)])
    assert (found["orders"], found["at_once"], len(found["deferred"])) == (1000, 50, 950)
    assert found["last"] == "2027-04-07T12:00:00+00:00"
    assert [one["kind"] for one in found["packings"]] == ["wildcard"]
    assert found["report"] == [
        "1000 orders for 1000 hosts at https://ca.example/dir: 50 can go at once, 950 later.",
        "Deferred by certificates per registered domain, 50 in 7 days: 950 orders (example.org 950).",
        "The last certificate would be there in 133 days, 2027-04-07 12:00 UTC, if a run orders what it can as soon as there is room.",
        "It would be faster with",
        f"- {found['packings'][0]['text']}",
    ]
    assert found["packings"][0]["text"].endswith("one key with it: 1 order, the last certificate there at once")


def test_a_guess_is_told_and_advises_no_wildcard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_plan, "is_exact", lambda: False)
    found = planned([entry(f"h{number}", f"h{number}.example.org") for number in range(60)])
    assert found["packings"] == []
    assert "The registered domain is guessed as the last two labels of a name; pip install publicsuffixlist" in found["report"][3]
    assert found["report"][4].startswith("No packing of names is faster")


@pytest.mark.parametrize(
    ("hosts", "limits", "lines"),
    [
        ([], LETSENCRYPT, ["Nothing is to be ordered at https://ca.example/dir."]),
        ([entry("a", "a.org")], LETSENCRYPT, ["1 order for 1 host at https://ca.example/dir: 1 can go at once, 0 later."]),
        (
            [entry("a", "a.org", replaces=True)],
            (),
            [
                "1 order for 1 host at https://ca.example/dir: 1 can go at once, 0 later.",
                "1 of them tell the CA what they replace (ARI), and are exempt from its limits.",
                "No limits of this CA are known; name them with limits (in the role https_acme_limits).",
            ],
        ),
    ],
)
def test_what_is_simple_is_said_simply(hosts: list[dict[str, Any]], limits: tuple[Limit, ...], lines: list[str]) -> None:
    assert planned(hosts, limits)["report"] == lines


def test_the_packing_for_hosts_with_the_same_names() -> None:
    found = planned([entry(f"h{number}", "www.example.org") for number in range(8)])
    assert [(one["kind"], one["orders"], one["last"]) for one in found["packings"]] == [("shared", 1, NOW.isoformat())]


def test_a_thousand_hosts_are_planned_in_under_two_seconds() -> None:
    hostvars = {f"h{number}": {"https_sites": [{"name": f"h{number}.example.org", "redirect": "https://x/"}]} for number in range(1000)}
    began = time.process_time()
    found = planned(wanted_certificates(list(hostvars), hostvars, DEFAULTS))
    assert time.process_time() - began < 2  # of this process: others may have the machine
    assert found["orders"] == 1000


SITE = {"name": "www.example.org", "aliases": ["example.org"], "redirect": "https://x/"}
OWN = {"name": "api.example.org", "redirect": "https://x/", "issuer": "private_ca"}


def test_variables_of_hosts_are_read_as_the_role_reads_them() -> None:
    hostvars: dict[str, Any] = {
        "a": {"https_sites": [SITE, OWN], "https_shared_by": "web"},
        "b": {"https_issuer": "mod_md", "https_sites": [SITE]},
        "c": {},
    }
    certificate = {"name": "www.example.org", "names": ["www.example.org", "example.org"], "shared_by": "web"}
    assert wanted_certificates(["a", "b", "c"], hostvars, DEFAULTS) == [
        {"host": "a", "certificates": [certificate]},
        {"host": "b", "certificates": []},
        {"host": "c", "certificates": []},
    ]


@pytest.mark.parametrize(
    ("hostvars", "told_to_user"),
    [
        ({"a": {"https_sites": [{"name": "x y"}]}}, "^a: https_sites: entry 1: name: 'x y' is no host name"),
        ({"a": {}, "b": {"https_acme_directory": "https://ca.example"}}, "b and a have certificates of different ACME servers"),
    ],
)
def test_variables_that_cannot_be_planned(hostvars: dict[str, Any], told_to_user: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told_to_user):
        wanted_certificates(list(hostvars), hostvars, DEFAULTS)


@pytest.mark.parametrize(("age", "due", "replaces"), [(0, False, False), (80, True, True), (None, True, False)])
def test_only_what_is_due_is_planned_where_a_host_was_looked_at(age: int | None, due: bool, replaces: bool) -> None:
    nothing = InPlace().to_dict()
    current = nothing
    if age is not None:
        begun = datetime.now(timezone.utc) - timedelta(days=age)
        leaf = Authority("CA").sign(keys.generate("ecdsa-p256").public_key(), ["www.example.org", "example.org"], begun)
        info = certificates.describe(certificates.load_chain(certificates.to_pem(leaf).encode(), "www"))
        current = InPlace(replace(info, renewal_id="aki.serial"), f"acme {LETSENCRYPT_DIRECTORY}").to_dict()
    look = {"certificates": [{"name": "www.example.org", "current": current, "pending": nothing, "requested": False}]}
    ((found,),) = [
        one["certificates"] for one in wanted_certificates(["a"], {"a": {"https_sites": [SITE], "__https_planned": look}}, DEFAULTS)
    ]
    assert (found["due"], found["replaces"]) == (due, replaces)


def test_the_action_plans_by_the_limits_that_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    action = ActionModule.__new__(ActionModule)
    hosts = [entry(host, f"{host}.org") for host in "abc"]
    limits = [{"name": "ours", "count": 2, "window": 3600, "scope": "account"}]
    action._task = SimpleNamespace(args={"hosts": hosts, "limits": limits, "account_key": str(tmp_path / "account.pem")})
    found = action.run()
    assert (found["changed"], found["at_once"], [one["name"] for one in found["deferred"]]) == (False, 2, ["c: c.org"])
    assert found["limits"] == ["ours, 2 in 60 minutes"]
    assert list(tmp_path.iterdir()) == []
