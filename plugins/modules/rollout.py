#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout
short_description: Verify by real handshakes the steps of sites from http to https, and record that on the host
version_added: 0.5.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Looks at all names of each site as M(encrypt.httpd.https_check) does, with the redirect and the C(Strict-Transport-Security) of its
    step, and records since when that is served, or what is wrong. Many sites in one run.
  - Besides, a page has to come by https (no status from 500 on) that does not lead back by http, and C(Strict-Transport-Security) has to
    say what the step says and nothing else; of several such headers the first counts, as for browsers.
  - What is wrong does not fail the module, so that it is recorded; it is returned. The days of a step that had to be mended begin anew.
  - A record that says the same already is not written again.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.rollout
options:
  sites:
    description: The sites, at the step that their virtual hosts are at by now. Records of other sites stay.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the site.
        type: str
        required: true
      names:
        description: Its host names and IP addresses.
        type: list
        elements: str
        required: true
      addresses:
        description: Addresses of the host at which alone it is served; the first that the host has is asked. None for everywhere.
        type: list
        elements: str
        default: []
        version_added: 0.5.0
      stage:
        description: Its stage.
        type: str
        choices: [probe, temporary, permanent, hsts]
        required: true
      max_age:
        description: Seconds that C(Strict-Transport-Security) promises.
        type: int
        default: 0
      releases:
        description: Whether V(max-age=0) is sent, with which browsers forget what was promised.
        type: bool
        default: false
      promised:
        description: Until when browsers may remember a longer promise, as RV(encrypt.httpd.rollout_info#module:sites) tells it.
        type: str
        default: ""
  changing:
    description: Names of sites whose files or certificate the run changes. In check mode they are not looked at, as it changed nothing yet.
    type: list
    elements: str
    default: []
  forget:
    description: Names of sites whose records go, since the collection serves them no more.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - Seconds within which all has to be served, as httpd may still be about to take up its configuration. Once something is wrong, no
        more is looked at afterwards; the records of sites that it did not come to stay as they are.
    type: int
    default: 15
seealso:
  - module: encrypt.httpd.rollout_info
"""

EXAMPLES = r"""
- name: Prove that http leads to https
  encrypt.httpd.rollout:
    server_root: /etc/apache2
    sites_directory: /etc/apache2/sites-enabled
    sites:
      - name: www.example.org
        names: [www.example.org, example.org]
        stage: temporary
"""

RETURN = r"""
sites:
  description: One entry for each of O(sites), in that order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the site.
      type: str
    problem:
      description: What is wrong; empty when all is served.
      type: str
    record:
      description: What was recorded, as RV(encrypt.httpd.rollout_info#module:sites) has it; null when nothing was.
      type: dict
"""

import time
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._lock import Lock
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import STAGES, Record, Step, recorded
from ansible_collections.encrypt.httpd.plugins.module_utils._step_view import step_problems

SITE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "stage": {"type": "str", "choices": list(STAGES), "required": True},
    "max_age": {"type": "int", "default": 0},
    "releases": {"type": "bool", "default": False},
    "promised": {"type": "str", "default": ""},
}
ARGUMENTS = {
    "server_root": {"type": "path", "required": True},
    "sites_directory": {"type": "path", "required": True},
    "sites": {"type": "list", "elements": "dict", "default": [], "options": SITE},
    "changing": {"type": "list", "elements": "str", "default": []},
    "forget": {"type": "list", "elements": "str", "default": []},
    "chain": {"type": "str", "default": "system"},
    "address": {"type": "str"},
    "port": {"type": "int", "default": 443},
    "http_port": {"type": "int", "default": 80},
    "clock": {"type": "str", "default": ""},
    "timeout": {"type": "int", "default": 15},
}
PATIENCE = 120
UNSEEN = "not looked at, as time was up with what is wrong elsewhere"


def step_of(site: dict[str, Any]) -> Step:
    """The step of one of the sites."""
    return Step(site["stage"], site["max_age"])


def look(sites: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, str]:
    """By site, what is wrong; those that are not right are looked at until they are, or time is up."""
    wrong, deadline = dict.fromkeys([site["name"] for site in sites], UNSEEN), time.monotonic() + params["timeout"]
    while True:
        for site in (site for site in sites if wrong[site["name"]]):
            if time.monotonic() > deadline and set(wrong.values()) - {"", UNSEEN}:
                return wrong
            wrong[site["name"]] = step_problems(site, step_of(site), site["releases"], params, datetime.now(timezone.utc))
        if not any(wrong.values()) or time.monotonic() > deadline:
            return wrong
        time.sleep(0.5)


def after_looks(before: dict[str, Record], wrong: dict[str, str], params: dict[str, Any], now: datetime) -> dict[str, Record]:
    """All records; in check mode, of sites that could not be looked at, those that the run will have."""
    after = {name: record for name, record in before.items() if name not in params["forget"]}
    for name, site in ((site["name"], site) for site in params["sites"]):
        promised = state.asked_time(site["promised"], f"site {name!r}: promised")
        if wrong.get(name) != UNSEEN:
            after[name] = recorded(step_of(site), wrong.get(name, ""), promised, before.get(name), now)
    return after


def run(params: dict[str, Any], now: datetime, check_mode: bool) -> dict[str, Any]:
    """Look at the sites, and record what was seen."""
    root = params["server_root"]
    known = state.read_records(root)
    sites = [site for site in params["sites"] if not (check_mode and site["name"] in params["changing"])]
    # Those last that were wrong the last time, so that they take no time from the others.
    wrong = look(sorted(sites, key=lambda site: bool(site["name"] in known and known[site["name"]].problem)), params)
    with Lock(PATIENCE):
        before = state.read_records(root)
        after = after_looks(before, wrong, params, max(now, state.asked_time(params["clock"], "clock") or now))
        if after != before and not check_mode:
            state.write_records(root, after)
    path, names = state.state_file(root), [site["name"] for site in params["sites"]]
    entries = {name: state.to_entry(after[name]) if name in after else None for name in names}
    told = [{"name": name, "problem": wrong.get(name, ""), "record": entries[name]} for name in names]
    diff = {"before_header": path, "after_header": path, "before": state.as_text(before), "after": state.as_text(after)}
    return {"changed": after != before, "sites": told, "diff": diff}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        told = run(module.params, datetime.now(timezone.utc).replace(microsecond=0), module.check_mode)
        if not module._diff:
            told.pop("diff")
        module.exit_json(**told)
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
