#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_info
short_description: Tell how far sites of a host are on their way from http to https, and what is their turn
version_added: 0.5.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Reads what the virtual hosts that the role P(encrypt.httpd.https#role) wrote do now, and what M(encrypt.httpd.rollout) has proven of it.
    Many sites in one run.
  - For a site that asks for a stage, it decides. A site moves one step at most. It does when its present step was verified, has been
    kept for its days without a failure, and is served as it should be once more now. A further stage than it asks for ends at once.
  - Where nothing was proven, as the record was lost or is damaged, a site stays at what its virtual hosts do, and its days begin anew.
    So it is where the clock of the host went back; and where they were taken away, a site stays at the step of the record.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
  - encrypt.httpd.rollout
options:
  sites:
    description: The sites.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the site.
        type: str
        required: true
      names:
        description: Host names and IP addresses to look at, before the site moves. By default the one that it is called by.
        type: list
        elements: str
        default: []
      addresses:
        description: Addresses of the host at which alone it is served; the first that the host has is asked. None for everywhere.
        type: list
        elements: str
        default: []
        version_added: 0.5.0
      stage:
        description: The stage that it shall reach. Without one nothing is decided.
        type: str
        choices: [probe, temporary, permanent, hsts]
      hsts:
        description: Seconds that C(Strict-Transport-Security) promises in the end.
        type: int
        default: 63072000
      shared:
        description: Whether other hosts serve the site, too, and wait for this one. So it is looked at though it would not move.
        type: bool
        default: false
  all_sites:
    description: Whether to tell of all other sites, too, that the collection serves on the host.
    type: bool
    default: false
  pace:
    description: How long steps are kept.
    type: dict
    default: {}
    suboptions:
      probe:
        description: Days during which https is served beside http.
        type: float
        default: 1
      temporary:
        description: Days during which http leads to https with status 302.
        type: float
        default: 3
      permanent:
        description: Days during which http leads to https with status 301.
        type: float
        default: 7
      hsts:
        description: The steps of C(Strict-Transport-Security) on the way to O(sites[].hsts).
        type: list
        elements: dict
        default:
          - {max_age: 300, days: 1}
          - {max_age: 86400, days: 3}
          - {max_age: 604800, days: 7}
          - {max_age: 2592000, days: 30}
        suboptions:
          max_age:
            description: Seconds that it promises.
            type: int
            required: true
          days:
            description: Days during which it does.
            type: float
            required: true
seealso:
  - module: encrypt.httpd.rollout
"""

EXAMPLES = r"""
- name: How far are the sites of the host?
  encrypt.httpd.rollout_info:
    server_root: /etc/apache2
    sites_directory: /etc/apache2/sites-enabled
    all_sites: true
"""

RETURN = r"""
sites:
  description: One entry for each of O(sites), in that order, then the others.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the site.
      type: str
    served:
      description: Whether the collection serves the site on the host.
      type: bool
    stage:
      description: The stage that its virtual hosts are at.
      type: str
    max_age:
      description: Seconds that C(Strict-Transport-Security) promises.
      type: int
    text:
      description: Both in words.
      type: str
      sample: hsts (1 day)
    releases:
      description: Whether C(max-age=0) is sent, with which browsers forget what was promised (RFC 6797 section 6.1.1).
      type: bool
    problem:
      description: What is wrong right now; empty when nothing is, or the site was not looked at.
      type: str
    doubt:
      description: Why the step is not proven, or what is wrong right now; empty when all is well.
      type: str
    record:
      description:
        - What was proven last. C(stage) and C(max_age), and since when (C(verified)) or what was wrong (C(problem)). C(promised) is until
          when browsers may remember a longer promise of before. Times are UTC in ISO 8601; null when nothing was.
      type: dict
    decision:
      description:
        - What is its turn (C(stage), C(max_age), C(text)), whether it C(moves) V(up) or V(down) or why not (C(reason)), and what comes
          C(next), and when at the earliest (C(next_at)). C(promised) is as in RV(sites[].record). null without a stage.
      type: dict
"""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout as rollout
from ansible_collections.encrypt.httpd.plugins.module_utils import _rollout_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._rollout_options import PACE, ladder
from ansible_collections.encrypt.httpd.plugins.module_utils._step_view import step_problems

SITE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "stage": {"type": "str", "choices": list(rollout.STAGES)},
    "hsts": {"type": "int", "default": rollout.LONGEST},
    "shared": {"type": "bool", "default": False},
}
RAMP = {"max_age": {"type": "int", "required": True}, "days": {"type": "float", "required": True}}
DAYS = {
    **{stage: {"type": "float", "default": PACE[stage]} for stage in rollout.STAGES[:-1]},
    "hsts": {"type": "list", "elements": "dict", "default": PACE["hsts"], "options": RAMP},
}
ARGUMENTS = {
    "server_root": {"type": "path", "required": True},
    "sites_directory": {"type": "path", "required": True},
    "sites": {"type": "list", "elements": "dict", "default": [], "options": SITE},
    "all_sites": {"type": "bool", "default": False},
    "pace": {"type": "dict", "default": {}, "apply_defaults": True, "options": DAYS},
    "chain": {"type": "str", "default": "system"},
    "address": {"type": "str"},
    "port": {"type": "int", "default": 443},
    "http_port": {"type": "int", "default": 80},
    "clock": {"type": "str", "default": ""},
}


def decide(
    site: dict[str, Any], found: rollout.Found, params: dict[str, Any], now: datetime
) -> tuple[rollout.Found, Optional[rollout.Decision]]:
    """What is the turn of one site, after a look at it when it would move on, or others wait for it."""
    if not site["stage"]:
        return found, None
    steps = ladder(site["stage"], site["hsts"], params["pace"])
    decision = rollout.decide(steps, found, now)
    if found.step and not found.doubt and (decision.moves == "up" or site["shared"]):
        found = replace(found, problem=step_problems(site, found.step, found.releases, params, now))
        decision = rollout.decide(steps, found, now)
    astray = rollout.clock_doubt(now, state.asked_time(params["clock"], "clock")) if decision.moves == "up" else ""
    return found, rollout.held(decision, found, astray) if astray else decision


def warning(name: str, decision: rollout.Decision, found: rollout.Found) -> str:
    """What to keep in mind on the way back."""
    if decision.moves != "down" or not found.last:
        return ""
    told = f"site {name!r}: goes back from {found.last.text} to {decision.step.text}"
    if decision.promised:
        told += f"; browsers that were there keep to https until {decision.promised:%Y-%m-%d %H:%M} UTC, as they were promised"
        told += ", so it has to work until then"
        told += "; max-age=0 is sent, with which those that come again forget it" if decision.releases else ""
    if found.last.redirect == 301 != decision.step.redirect:
        told += "; browsers may remember that http led to https permanently"
    return told


def run(params: dict[str, Any], now: datetime) -> tuple[list[dict[str, Any]], list[str]]:
    """Tell of all sites, and what to warn of."""
    records, root, directory = state.read_records(params["server_root"]), params["server_root"], params["sites_directory"]
    named = [site["name"] for site in params["sites"]]
    others = [name for name in state.site_names(directory) if params["all_sites"] and name not in named]
    sites, warnings = [], []
    for site in [*params["sites"], *({"name": name, "stage": None} for name in others)]:
        found, decision = decide(site, state.found(root, directory, site["name"], records), params, now)
        warnings += [warning(site["name"], decision, found)] if decision else []
        sites.append({"name": site["name"], **state.tell(found), "decision": state.tell_decision(decision) if decision else None})
    return sites, [told for told in warnings if told]


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        sites, warnings = run(module.params, datetime.now(timezone.utc).replace(microsecond=0))
        for told in warnings:
            module.warn(told)
        module.exit_json(changed=False, sites=sites)
    except ImportError:
        module.fail_json(msg=missing_required_lib("cryptography"))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
