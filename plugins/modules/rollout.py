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
    required: true
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
      promised:
        description: Until when browsers may remember a longer promise, as RV(encrypt.httpd.rollout_info#module:sites) tells it.
        type: str
        default: ""
  timeout:
    description: Seconds within which all has to be served, as httpd may still be about to take up its configuration.
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
      description: What was recorded, as RV(encrypt.httpd.rollout_info#module:sites) has it.
      type: dict
"""

import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._client_view import Expected, problems
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._lock import Lock
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout import STAGES, Step, recorded
from ansible_collections.encrypt.httpd.plugins.module_utils._sockets import ours

SITE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "stage": {"type": "str", "choices": list(STAGES), "required": True},
    "max_age": {"type": "int", "default": 0},
    "promised": {"type": "str", "default": ""},
}
ARGUMENTS = {
    "server_root": {"type": "path", "required": True},
    "sites_directory": {"type": "path", "required": True},
    "sites": {"type": "list", "elements": "dict", "required": True, "options": SITE},
    "chain": {"type": "str", "default": "system"},
    "address": {"type": "str"},
    "port": {"type": "int", "default": 443},
    "http_port": {"type": "int", "default": 80},
    "timeout": {"type": "int", "default": 15},
}
PATIENCE = 120


def step_of(site: dict[str, Any]) -> Step:
    """The step of one of the sites."""
    return Step(site["stage"], site["max_age"])


def look(sites: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, str]:
    """By site, what is wrong; those that are not right are looked at until they are, or time is up."""
    where = Expected(params["address"] or "", params["port"], params["http_port"], params["chain"])
    places = [site.get("addresses", ()) for site in params["sites"]]
    wrong, deadline = dict.fromkeys([site["name"] for site in sites], "not looked at"), time.monotonic() + params["timeout"]
    while True:
        for site in (site for site in sites if wrong[site["name"]]):
            address = where.address or ours(site.get("addresses", ()), places)
            expected = replace(where, address=address, redirect=step_of(site).redirect, hsts=site["max_age"])
            wrong[site["name"]] = problems(site["names"], expected, datetime.now(timezone.utc))
        if not any(wrong.values()) or time.monotonic() > deadline:
            return wrong
        time.sleep(0.5)


def in_place(site: dict[str, Any], params: dict[str, Any]) -> bool:
    """Whether the site is at its step already and was looked at: in check mode, others cannot be seen yet."""
    found = state.found(params["server_root"], params["sites_directory"], site["name"])
    return found.step == step_of(site) and found.record is not None


def promised(site: dict[str, Any]) -> Any:
    """The time of one of the sites. Raises ArgumentError."""
    try:
        return state.read_time(site["promised"])
    except ValueError as error:
        raise ArgumentError(f"site {site['name']!r}: promised: {site['promised']!r} is no time in ISO 8601 with its zone") from error


def run(params: dict[str, Any], now: datetime, check_mode: bool) -> dict[str, Any]:
    """Look at the sites, and record what was seen."""
    until = {site["name"]: promised(site) for site in params["sites"]}
    wrong = look([site for site in params["sites"] if not check_mode or in_place(site, params)], params)
    root = params["server_root"]
    with Lock(PATIENCE):
        before = state.read_records(root)
        seen = {
            name: recorded(step_of(site), wrong.get(name, ""), until[name], before.get(name), now)
            for site in params["sites"]
            for name in [site["name"]]
        }
        after = {**before, **seen}
        if after != before and not check_mode:
            state.write_records(root, after)
    path = state.state_file(root)
    told = [{"name": name, "problem": record.problem, "record": state.to_entry(record)} for name, record in seen.items()]
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
