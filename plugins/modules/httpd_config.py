#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_config
short_description: Change the configuration of httpd as one transaction
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Configuration files and pending certificates in, httpd serving them out, or everything as before. At no moment is a working httpd
    lost.
  - One run at a time works on a host. A host whose configuration is broken already is refused.
  - The change is written beside what lies there. Then httpd starts with the complete candidate configuration beside the running one,
    which does not notice, as what is started sees a private view of the host's files, network and processes; and handshakes have to
    show what is expected. Where a host allows no such view, an httpd with the same TLS directives starts on a loopback port.
  - Then everything is put in place by renames, and httpd reloads gracefully. It is restarted only where C(Listen) or C(LoadModule)
    change and the reload did not do.
  - Then a real TLS handshake for each name of O(sites) has to show the certificate in place, and http has to answer as before. If
    anything fails, all is put back, httpd runs as before, and the error says what failed where.
  - In the end the controller confirms the change. If it does not within O(transaction.confirm_within) seconds, as it is gone, a
    systemd timer on the host undoes the change. What a run left that was killed is undone by that timer, or by the next run.
  - A host on which nothing is to be changed, but that serves another certificate than the one in place, is reloaded.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.transaction
options:
  files:
    description: Files below the server root. One with neither O(files[].content) nor O(files[].link) shall not exist.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path, below the server root.
        type: path
        required: true
      content:
        description: The whole text of the file; its mode is V(0644).
        type: str
      private:
        description: Root alone may read the file, as which httpd does (V(0600)), and its diff does not show what may be secret.
        type: bool
        default: false
        version_added: 0.5.0
      link:
        description: Target of a symlink.
        type: str
  directory:
    description: The directory that M(encrypt.httpd.certificate) keeps, below the server root.
    type: path
  activate:
    description: Names of certificates whose signed chain waits in V(pending/), as M(encrypt.httpd.acme_certificate) leaves them.
    type: list
    elements: str
    default: []
  deactivate:
    description: Names of certificates that shall not be in place any more. Their keys and chains stay in V(versions/).
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  sites:
    description: What has to be served in the end. A site without a certificate in place is left out.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the certificate below O(directory).
        type: str
        required: true
      names:
        description: Host names and IP addresses to shake hands for.
        type: list
        elements: str
        required: true
      addresses:
        description: Addresses of the host at which alone these are served; the first that the host has is asked. None for everywhere.
        type: list
        elements: str
        default: []
        version_added: 0.5.0
  port:
    description: Port of the handshakes.
    type: int
    default: 443
  timeout:
    description: Seconds within which all handshakes have to show the right certificates after the reload.
    type: int
    default: 15
  confirm:
    description: What the controller says to confirm a change, in a second run of the module. Not for people.
    type: str
    version_added: 0.3.0
seealso:
  - module: encrypt.httpd.certificate
  - module: encrypt.httpd.https_check
"""

EXAMPLES = r"""
- name: Serve a site with the certificate that waits for it
  encrypt.httpd.httpd_config:
    directory: /etc/apache2/tls
    files:
      - path: /etc/apache2/sites-available/www.example.org.conf
        content: "{{ lookup('ansible.builtin.template', 'www.example.org.conf.j2') }}"
      - path: /etc/apache2/sites-enabled/www.example.org.conf
        link: ../sites-available/www.example.org.conf
    activate: [www.example.org]
    sites:
      - name: www.example.org
        names: [www.example.org]
"""

RETURN = r"""
activated:
  description: Certificates that became current.
  returned: success
  type: list
  elements: str
files:
  description: Paths that changed.
  returned: success
  type: list
  elements: str
copies:
  description: Where copies of files lie that had been changed by hand.
  returned: success
  type: list
  elements: str
  version_added: 0.3.0
served:
  description: Names out of O(sites) that have a certificate in place.
  returned: success
  type: list
  elements: str
reloaded:
  description: Whether httpd was reloaded or started.
  returned: success
  type: bool
"""

from datetime import datetime, timezone
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._configuration import Configuration, Plan
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError, Error
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._proof import Site

FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str"},
    "link": {"type": "str"},
    "private": {"type": "bool", "default": False},
}
SITE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
}
TRANSACTION = {
    "overwrite_edits": {"type": "bool", "default": False},
    "trial": {"type": "str", "choices": ["auto", "tls"], "default": "auto"},
    "patience": {"type": "int", "default": 120},
    "confirm_within": {"type": "int", "default": 30},
}
ARGUMENTS = {
    "files": {"type": "list", "elements": "dict", "default": [], "options": FILE, "mutually_exclusive": [("content", "link")]},
    "directory": {"type": "path"},
    "activate": {"type": "list", "elements": "str", "default": []},
    "deactivate": {"type": "list", "elements": "str", "default": []},
    "sites": {"type": "list", "elements": "dict", "default": [], "options": SITE},
    "port": {"type": "int", "default": 443},
    "timeout": {"type": "int", "default": 15},
    "transaction": {"type": "dict", "default": {}, "apply_defaults": True, "options": TRANSACTION},
    "confirm": {"type": "str"},
}


def plan(params: dict[str, Any]) -> Plan:
    """The parameters in the core's terms."""
    directory = params["directory"] or ""
    if not directory and (params["activate"] or params["deactivate"] or params["sites"]):
        raise ArgumentError("directory: name the directory of the certificates that activate, deactivate and sites speak of")
    gone = [ConfigFile(Layout(directory, name).current) for name in params["deactivate"]]
    return Plan(
        files=(*(_file(**entry) for entry in params["files"]), *gone),
        activate=tuple(Layout(directory, name) for name in params["activate"]),
        sites=tuple(Site(Layout(directory, one["name"]), tuple(one["names"]), tuple(one["addresses"])) for one in params["sites"]),
        port=params["port"],
        timeout=params["timeout"],
        **params["transaction"],
    )


def _file(path: str, content: str | None, link: str | None, private: bool) -> ConfigFile:
    return ConfigFile(path, content, link, mode=0o600 if private else 0o644)


def run(params: dict[str, Any], httpd: Httpd, check_mode: bool) -> dict[str, Any]:
    """Change the host, or keep what was changed."""
    configuration, wanted = Configuration(httpd), plan(params)
    if params["confirm"] is None:
        return configuration.carry_out(wanted, datetime.now(timezone.utc), check_mode)
    configuration.confirm(wanted, params["confirm"])
    return {"changed": False}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        # It has to raise, not to end the module: what is under way then has to be put back.
        command = partial(module.run_command, handle_exceptions=False)
        told = run(module.params, Httpd.require(command), module.check_mode)
        if not module._diff:
            told.pop("diff", None)
        for warning in told.pop("warnings", []):
            module.warn(warning)
        module.exit_json(**told)
    except (Error, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
