#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_plan
short_description: Plan how what an httpd serves by http comes to https
version_added: 0.5.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Decides for each virtual host that the collection did not write whether a site of the role C(https) can take over what it serves, and
    tells why not, or what is left out over https.
  - Looks at the configuration as it will be once the modules are loaded that the role loads, and as if nothing of the collection was there.
    So it plans the same again after it was carried out.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
options:
  sites_directory:
    description: Directory in which virtual hosts of the collection are enabled, such as V(/etc/apache2/sites-enabled).
    type: path
    required: true
  modules:
    description:
      - Modules that will be loaded, as C(ssl). Where something waits for one of them, as in C(<IfModule>), and would change what is served,
        no site is taken over.
    type: list
    elements: str
    default: []
  public:
    description: Whether a public CA signs, which knows no names of an intranet.
    type: bool
    default: true
  wildcards:
    description: Whether certificates for wildcards can be had.
    type: bool
    default: false
  resolve:
    description:
      - Whether http-01 will prove the names, so that it counts what a CA sees that asks for them (RFC 8555 section 8.3). The host looks
        them up, asks at each of their addresses for a made-up challenge, and its own httpd for the same.
      - A name that has no address, or leads to another server, or to an address of the host where nothing answers, stays with http, unless
        a site has taken it over already. An address that is not one of the host may be out of reach from it alone, as behind NAT; that is
        only told.
    type: bool
    default: true
  listed:
    description: Names that are in C(https_sites), which are none of its business.
    type: list
    elements: str
    default: []
  exclude:
    description: Names whose virtual hosts stay as they are, whatever other names they have. Sites that have taken over already go on.
    type: list
    elements: str
    default: []
notes:
  - RV(sites) has what stands in virtual hosts, with passwords, if there are any. Say C(no_log).
seealso:
  - module: encrypt.httpd.httpd_sites
"""

EXAMPLES = r"""
- name: What would become of the sites here?
  encrypt.httpd.migration_plan:
    sites_directory: /etc/apache2/sites-enabled
    modules: [headers, rewrite, ssl]
  register: planned
  no_log: true

- name: Show it
  ansible.builtin.debug:
    msg: "{{ planned.virtual_hosts }}"
"""

RETURN = r"""
installed:
  description: Whether there is an httpd on the host.
  returned: always
  type: bool
problem:
  description: Why the configuration on disk cannot be read, in httpd's words; empty when it can.
  returned: always
  type: str
virtual_hosts:
  description: What becomes of each, in the order in which they are configured.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the site, or of the virtual host where there will be none.
      type: str
    file:
      description: The file it stands in.
      type: str
    line:
      description: The line of it.
      type: int
    action:
      description: V(take) when a site takes it over, V(https) when clients have https already, V(refused) when a person has to see to
        something first, V(left) when it is no site that clients come to by its name.
      type: str
    reason:
      description: Why it is not taken over; empty when it is.
      type: str
    names:
      description: The names of the site.
      type: list
      elements: str
    notes:
      description: What is to be told of names, such as those that stay with http.
      type: list
      elements: str
    dropped:
      description: What is left out, said otherwise or means something else over https, with file, line and reason.
      type: list
      elements: str
    distrust:
      description: What clients find wrong that come by https where they have it already, such as a certificate that is expired, signed by
        itself or for other names. They trust whom the host trusts. Empty when all is well, and for other virtual hosts.
      type: str
    reach:
      description: What a CA sees that asks for the names, as far as it can be seen from the host. Empty without O(resolve).
      type: list
      elements: dict
      contains:
        name:
          description: The name.
          type: str
        addresses:
          description: Its addresses in DNS.
          type: list
          elements: str
        probe:
          description: V(answered) when the host's own httpd answers, V(another) when another server does, V(silent) when nothing does at
            addresses of the host, V(unasked) when nothing does from here at other addresses, V(stopped) when httpd itself did not answer on
            the host, V(unresolved) when the name has no address.
          type: str
        told:
          description: What there is to know or to do about it; empty when all is fine.
          type: str
sites:
  description: The sites in the words of C(https_sites).
  returned: always
  type: list
  elements: dict
exclude:
  description: Whether a virtual host has each of the names in O(exclude).
  returned: when the configuration can be read
  type: dict
migrated:
  description: Names of sites that take over already.
  returned: always
  type: list
  elements: str
undo:
  description:
    - What M(encrypt.httpd.httpd_config) takes for all to be as before. C(files) has the paths that have to go, with what else the
      collection wrote where it has no other site on the host; C(sites) those to be asked for by http.
  returned: when installed
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils import _migration as migration
from ansible_collections.encrypt.httpd.plugins.module_utils import _migration_state as state
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error, HttpdError
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_on_host import planned
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_step import known

ARGUMENTS = {
    "sites_directory": {"type": "path", "required": True},
    "modules": {"type": "list", "elements": "str", "default": []},
    "public": {"type": "bool", "default": True},
    "wildcards": {"type": "bool", "default": False},
    "resolve": {"type": "bool", "default": True},
    "listed": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
}


def run(httpd: Httpd, params: dict[str, Any]) -> dict[str, Any]:
    """What is planned, and what is there of it."""
    told: dict[str, Any] = {"problem": "", "virtual_hosts": [], "sites": []}
    told["migrated"] = state.migrated(params["sites_directory"])
    paths = state.undo_paths(params["sites_directory"], httpd.build().server_root)
    told["undo"] = {"files": [{"path": path} for path in paths], "sites": [{"name": name, "names": [name]} for name in told["migrated"]]}
    try:
        steps = planned(httpd, params)
    except HttpdError as error:
        return {**told, "problem": str(error)}
    told["exclude"] = known(params["exclude"], steps)
    return {**told, "virtual_hosts": [step.to_dict() for step in steps], "sites": migration.entries(steps)}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        httpd = Httpd.find(module.run_command)
        told = run(httpd, module.params) if httpd else {"problem": "", "virtual_hosts": [], "sites": [], "migrated": []}
        module.exit_json(changed=False, installed=httpd is not None, **told)
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
