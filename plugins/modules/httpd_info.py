#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_info
short_description: Tell what httpd is on a host, and what it serves
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Reads version, MPM, loaded modules, virtual hosts with file and line, and the ports of C(Listen), as httpd itself tells them
    (C(httpd -V), C(httpd -t -D DUMP_VHOSTS)).
  - Probes the TLS library of the host for the key exchange groups that it knows.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
options:
  directories:
    description: Directories to look for, such as document roots.
    type: list
    elements: path
    default: []
  with_modules:
    description:
      - Modules that count as loaded when the C(Listen) directives inside of C(<IfModule>) are read, besides those that are.
      - Say V(ssl) to learn which ports httpd will listen on once mod_ssl is loaded.
    type: list
    elements: str
    default: []
  ignore_files:
    description: Configuration files whose C(Listen) directives do not count.
    type: list
    elements: path
    default: []
  directives:
    description: Directives to probe httpd for.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  directives_of:
    description: Configuration file that loads the module of these directives, below the server root; it need not be loaded yet.
    type: str
    version_added: 0.2.0
  tls_groups:
    description: Key exchange groups to probe the TLS library for.
    type: list
    elements: str
    default: [X25519MLKEM768, X25519, prime256v1, secp384r1]
seealso:
  - module: encrypt.httpd.httpd_config
  - module: encrypt.httpd.httpd_sites
"""

EXAMPLES = r"""
- name: What does this httpd serve?
  encrypt.httpd.httpd_info:
  register: httpd
"""

RETURN = r"""
installed:
  description: Whether there is an httpd on the host.
  returned: always
  type: bool
running:
  description: Whether its parent process runs.
  returned: always
  type: bool
version:
  description: Version of httpd.
  returned: when installed
  type: str
  sample: 2.4.68
mpm:
  description: The multi-processing module.
  returned: when installed
  type: str
  sample: event
server_root:
  description: Where relative paths of the configuration start.
  returned: when installed
  type: str
  sample: /etc/apache2
config_file:
  description: The main configuration file.
  returned: when installed
  type: str
  sample: /etc/apache2/apache2.conf
problem:
  description: Why the configuration on disk is broken, in httpd's words; empty when it is not.
  returned: when installed
  type: str
modules:
  description: Loaded modules, without their ending.
  returned: when installed
  type: list
  elements: str
  sample: [core, ssl, rewrite]
listen:
  description: Ports of the Listen directives in force.
  returned: when installed
  type: list
  elements: int
  sample: [80, 443]
listen_places:
  description: The same with their addresses, V(*) being all.
  returned: when installed
  type: list
  elements: str
  sample: ["*:80", "192.0.2.7:443"]
  version_added: 0.5.0
listening:
  description: TCP ports on which any program of the host listens now.
  returned: always
  type: list
  elements: int
  sample: [22, 80]
virtual_hosts:
  description: Virtual hosts in the order in which httpd looks at them.
  returned: when installed
  type: list
  elements: dict
  contains:
    address:
      description: Address as configured, often V(*).
      type: str
    port:
      description: Port as configured, a number or V(*).
      type: str
    server_name:
      description: ServerName, or what httpd takes for it.
      type: str
    aliases:
      description: The ServerAlias names and patterns.
      type: list
      elements: str
    file:
      description: The file it stands in.
      type: str
    line:
      description: The line it starts in.
      type: int
    default:
      description: Whether it answers for all other names of its address and port.
      type: bool
unknown_directives:
  description: Those of O(directives) that httpd does not know.
  returned: when installed
  type: list
  elements: str
tls_library:
  description: Version of the host's TLS library.
  returned: always
  type: str
  sample: OpenSSL 3.5.4 30 Sep 2025
tls_groups:
  description: Those of O(tls_groups) that the library knows, in that order.
  returned: always
  type: list
  elements: str
missing_directories:
  description: Those of O(directories) that do not exist.
  returned: always
  type: list
  elements: str
"""

import os
import ssl
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils import _httpd_dumps as dumps
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error, HttpdError
from ansible_collections.encrypt.httpd.plugins.module_utils._files import read
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._sockets import listening_ports
from ansible_collections.encrypt.httpd.plugins.module_utils._tls_library import known_groups

ARGUMENTS = {
    "directories": {"type": "list", "elements": "path", "default": []},
    "with_modules": {"type": "list", "elements": "str", "default": []},
    "ignore_files": {"type": "list", "elements": "path", "default": []},
    "directives": {"type": "list", "elements": "str", "default": []},
    "directives_of": {"type": "str"},
    "tls_groups": {
        "type": "list",
        "elements": "str",
        "default": ["X25519MLKEM768", "X25519", "prime256v1", "secp384r1"],
    },
}


def of_host(params: dict[str, Any]) -> dict[str, Any]:
    """What there is whether httpd is installed or not."""
    return {
        "listening": listening_ports(),
        "tls_library": ssl.OPENSSL_VERSION,
        "tls_groups": known_groups(params["tls_groups"]),
        "missing_directories": [path for path in params["directories"] if not os.path.isdir(path)],
    }


def of_httpd(httpd: Httpd, params: dict[str, Any]) -> dict[str, Any]:
    """What httpd tells about itself."""
    problem, text = "", ""
    try:
        text = httpd.dump()
    except HttpdError as error:
        problem = str(error)
    modules = dumps.parse_modules(text)
    files = [path for path in dumps.parse_includes(text) if path not in params["ignore_files"]]
    loaded = {*modules, *params["with_modules"]}
    places = {place for path in files for place in dumps.parse_listen_places((read(path) or b"").decode(errors="replace"), loaded)}
    return {
        **asdict(httpd.build()),
        "problem": problem,
        "modules": modules,
        "listen": sorted({port for _address, port in places}),
        "listen_places": sorted(f"{address}:{port}" for address, port in places),
        "unknown_directives": httpd.unknown(params["directives"], params["directives_of"] or "") if not problem else [],
        "virtual_hosts": [asdict(host) for host in dumps.parse_virtual_hosts(text)],
        "running": httpd.process() != 0,
    }


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        httpd = Httpd.find(module.run_command)
        told = of_httpd(httpd, module.params) if httpd else {"running": False}
        module.exit_json(changed=False, installed=httpd is not None, **told, **of_host(module.params))
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
