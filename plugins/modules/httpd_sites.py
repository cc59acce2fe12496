#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_sites
short_description: Tell what an httpd serves, and what is in the way of https
version_added: 0.5.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Finds every virtual host of a host as httpd itself sees it, with includes read, conditions such as C(<IfModule>) decided, macros and
    variables replaced (C(httpd -t -D DUMP_VHOSTS), C(httpd -t -D DUMP_CONFIG)); and the main server, where it answers itself.
  - For this one look httpd is told to load mod_info, if it has not; nothing of it is left.
  - Tells for each virtual host which of its directives would loop or mean something else over https, and what to do about them.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
options:
  content:
    description:
      - Whether to give the texts of the virtual hosts, too (RV(virtual_hosts[].source), RV(virtual_hosts[].bodies)).
      - They are all that stands there, with passwords, if there are any. Say C(no_log) then.
    type: bool
    default: false
notes:
  - On the host Python 3.9 and its standard library are all that it needs. mod_info comes with httpd on Debian and RHEL.
  - What programs and files other than the configuration do with a request is not seen, but for the C(.htaccess) of a document root.
seealso:
  - module: encrypt.httpd.httpd_info
"""

EXAMPLES = r"""
- name: What is served here, and what of it by http alone?
  encrypt.httpd.httpd_sites:
  register: found

- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.virtual_hosts | selectattr('kind', 'equalto', 'http') | rejectattr('twin') | map(attribute='server_name') }}"
"""

RETURN = r"""
installed:
  description: Whether there is an httpd on the host.
  returned: always
  type: bool
problem:
  description: Why the configuration on disk cannot be read, in httpd's words; empty when it can.
  returned: when installed
  type: str
listen:
  description: The C(Listen) directives in force.
  returned: when installed
  type: list
  elements: dict
  contains:
    address:
      description: Address, V(*) for all.
      type: str
    port:
      description: Port.
      type: str
    protocol:
      description: V(https) or V(http); what the directive says, else V(https) for port 443.
      type: str
virtual_hosts:
  description: In the order in which they are configured; then the main server, if requests come to it. Empty when there is a RV(problem).
  returned: when installed
  type: list
  elements: dict
  contains:
    server_name:
      description: ServerName, or what httpd takes for it.
      type: str
    aliases:
      description: The ServerAlias names and patterns.
      type: list
      elements: str
    named:
      description: Whether it says a name itself. One that does not can only answer for names that nobody has.
      type: bool
    main:
      description: Whether it is the main server, and no virtual host.
      type: bool
    addresses:
      description:
        - Each with C(address), V(*) for all (which C(_default_) is, too), and C(port), as configured.
        - C(default) says whether it answers there for names that nobody has, C(listens) whether a C(Listen) has it.
      type: list
      elements: dict
    kind:
      description: V(https) when it speaks TLS, V(http) when clients come by port 80, else V(other_port).
      type: str
    twin:
      description: Of what speaks no TLS, the place (C(file), C(line)) of what does on port 443 for the name, and which
        names that is C(missing); null when there is none.
      type: dict
    serves:
      description:
        - What becomes of most requests. C(by) is V(files), V(proxy), V(application), V(redirect), or V(status) for an error.
        - C(target) is the directory, the address or the script; C(status) of a redirect or error its number.
      type: dict
    certificate:
      description: C(files), C(key_files) and C(chain_file) as configured, as absolute paths; or C(managed_by)
        V(mod_md). Null without TLS.
      type: dict
    hsts:
      description: Seconds for which clients are told to use https alone; null when they are not.
      type: int
    file:
      description: The file it stands in, or for a macro, that uses it.
      type: str
    line:
      description: The line of it.
      type: int
    site:
      description: Name of the site that the role P(encrypt.httpd.https#role) wrote it for; empty for virtual hosts of others.
      type: str
    taken_from:
      description: Where the site was taken from, as FILE:LINE, when C(encrypt.httpd.migrate) found it; else empty.
      type: str
    macro:
      description: Name of the macro that it comes from, else empty. It stands in line C(macro_line) of C(macro_file).
      type: str
    obstacles:
      description:
        - Directives that https has to be thought of for, each with C(file), C(line) and a C(reason).
        - C(verdict) is V(fine) when it may stay, V(drop) when it is left out of the C(bodies) named, V(refuse) when a person
          has to see to it first. C(instead) is a line that comes instead, or is added, if any.
        - C(outside) is true for what is not in the virtual host but counts for it, such as what the main server says.
      type: list
      elements: dict
    refused:
      description: Whether one of the verdicts is V(refuse).
      type: bool
    source:
      description:
        - C(text) as a person wrote it, from C(first_line) to C(last_line) of the file; and what httpd replaces while
          it reads it - C(variables), C(includes), C(macros), C(conditions), C(definitions).
        - Null for what comes from a macro, and for the main server.
      returned: with O(content=true)
      type: dict
    bodies:
      description: What virtual hosts of ours would say to do the same, without names, by C(http) and by C(https). Includes,
        conditions, macros and variables are replaced. Of the main server it is what virtual hosts do not inherit.
      returned: with O(content=true)
      type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils._discovery import Discovery
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error, HttpdError
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._migration_state import text
from ansible_collections.encrypt.httpd.plugins.module_utils._override_files import directories


def found(httpd: Httpd, content: bool) -> dict[str, Any]:
    """What httpd serves."""
    try:
        return {"problem": "", **Discovery.of(httpd.configuration(), httpd.dump(), text, directories).to_dict(content)}
    except HttpdError as error:
        return {"problem": str(error), "listen": [], "virtual_hosts": []}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec={"content": {"type": "bool", "default": False}}, supports_check_mode=True)
    try:
        httpd = Httpd.find(module.run_command)
        told = found(httpd, module.params["content"]) if httpd else {}
        module.exit_json(changed=False, installed=httpd is not None, **told)
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
