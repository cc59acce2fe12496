#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mixed_content
short_description: Find what sites still refer to by http
version_added: 0.5.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Looks into the files of document roots, and at pages that the host's own httpd answers with, for references by C(http:) to hosts that
    have https (W3C Mixed Content). Each is told with file or URL, line, column, and what browsers do about it on a page of https.
  - C(active) references (scripts, style sheets, frames, fonts, requests of scripts, sets of images) are blocked. C(passive) ones (images,
    sound, video) are asked for by https, and older browsers warn. They also warn before a C(form) is sent. A C(link) breaks nothing.
  - HTML, style sheets, scripts, JSON, XML and templates are read as text, and nothing of them is run. A URL that a script puts together is
    not found. In scripts and templates the class is told by the call or the name beside the URL.
  - Changes nothing.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.info
options:
  sites:
    description: What to look at.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The site in the result.
        type: str
        required: true
      names:
        description: Its host names, which have https. O(sites[].name) alone when left out.
        type: list
        elements: str
      root:
        description: Document root, whose files are read. Files are told that cannot be read. A symbolic link is followed when root owns it,
          or the owner of what it leads to.
        type: path
      pages:
        description:
          - URLs of pages that the host asks itself for, such as V(https://www.example.org/); certificates are not checked. What they
            link to of the same site is looked at, too, but for pages with a query.
        type: list
        elements: str
        default: []
  names:
    description: Further host names that have https, such as sites of other hosts. V(*.example.org) are all names one label below.
    type: list
    elements: str
    default: []
  other_hosts:
    description: Whether to tell also of what pages load from all other hosts and ports, and of forms that go there. Browsers treat these
      the same, but nobody knows whether https answers there.
    type: bool
    default: true
  skip:
    description: Patterns of names, or of paths below the root, of files and directories that are not looked at, such as V(*/uploads).
    type: list
    elements: str
    default: [.git, .hg, .svn, node_modules]
  extensions:
    description: Which files to read, by what follows the last dot of their names. What is not among the default is read as a template.
    type: list
    elements: str
    default: [asp, aspx, atom, cgi, css, ejs, erb, hbs, htaccess, htm, html, inc, j2, js, json, jsp, mjs, mustache, php, phtml, pl, rdf,
              rss, shtml, svg, tpl, twig, webmanifest, xhtml, xml, xsl]
  max_files:
    description: Files that are read of each document root.
    type: int
    default: 20000
  max_size:
    description: Bytes that are read of each file or page.
    type: int
    default: 1048576
  max_pages:
    description: Pages, style sheets and scripts that the host asks itself for, of each site.
    type: int
    default: 20
  depth:
    description: How many links away from O(sites[].pages) they may be.
    type: int
    default: 1
  seconds:
    description: After how long to stop, for the files and then for the pages of each site.
    type: int
    default: 60
  max_findings:
    description: Findings that are told of each site, the most harmful first. The rest is counted.
    type: int
    default: 200
seealso:
  - module: encrypt.httpd.https_check
  - plugin: encrypt.httpd.mixed_content_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What of our pages would browsers block?
  encrypt.httpd.mixed_content:
    sites:
      - name: www.example.org
        names: [www.example.org, example.org]
        root: /srv/www/example
        pages: [https://www.example.org/]
    skip: [.git, node_modules, wp-content/uploads]
"""

RETURN = r"""
counts:
  description: Places of all sites by class, C(active), C(passive), C(form) and C(link).
  returned: always
  type: dict
  sample: {active: 3, passive: 17, form: 0, link: 214}
sites:
  description: What was found, in the order of O(sites).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The site.
      type: str
    files:
      description: How many files were read.
      type: int
    pages:
      description: How many pages were read.
      type: int
    complete:
      description: Whether all was looked at; false when O(max_files), O(max_pages) or O(seconds) was reached.
      type: bool
    problems:
      description: What could not be looked at, such as files that cannot be read, and of files that are too large the rest.
      type: list
      elements: str
    counts:
      description: Places by class.
      type: dict
    findings:
      description: One entry for each target and use of it.
      type: list
      elements: dict
      contains:
        class:
          description: What browsers do about it, C(active), C(passive), C(form) or C(link).
          type: str
        where:
          description: Where the reference stands.
          type: str
          sample: <script src>
        target:
          description: The URL, without user, password and query.
          type: str
        has_https:
          description: Whether the host is one of those that have https, so that C(https:) can be written.
          type: bool
        count:
          description: How many places have it.
          type: int
        places:
          description: The first of them, each with C(source) (a file or URL), C(line) and C(column).
          type: list
          elements: dict
    more:
      description: Places that belong to none of the findings.
      type: int
"""

import time
from typing import Any
from urllib.parse import quote, urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import host_name
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import Answer, get
from ansible_collections.encrypt.httpd.plugins.module_utils._insecure_links import KINDS
from ansible_collections.encrypt.httpd.plugins.module_utils._mixed_content import Look, read_site, totals
from ansible_collections.encrypt.httpd.plugins.module_utils._sockets import reachable

SITE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str"},
    "root": {"type": "path"},
    "pages": {"type": "list", "elements": "str", "default": []},
}
ARGUMENTS = {
    "sites": {"type": "list", "elements": "dict", "required": True, "options": SITE},
    "names": {"type": "list", "elements": "str", "default": []},
    "other_hosts": {"type": "bool", "default": True},
    "skip": {"type": "list", "elements": "str", "default": [".git", ".hg", ".svn", "node_modules"]},
    "extensions": {"type": "list", "elements": "str", "default": sorted(KINDS)},
    "max_files": {"type": "int", "default": 20_000},
    "max_size": {"type": "int", "default": 1_048_576},
    "max_pages": {"type": "int", "default": 20},
    "depth": {"type": "int", "default": 1},
    "seconds": {"type": "int", "default": 60},
    "max_findings": {"type": "int", "default": 200},
}


def asked(url: str, most: int) -> Answer:
    """What this host's own httpd answers."""
    place = urlsplit(url)
    tls = place.scheme == "https"
    port = place.port or (443 if tls else 80)
    path = quote(f"{place.path or '/'}{'?' if place.query else ''}{place.query}", safe="/?%:@!$&'()*+,;=~-._")
    return get(host_name(place.hostname, url), path, reachable(port), port, tls, most=most)


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Look at all sites."""
    sites = [read_site(entry) for entry in params["sites"]]
    secure = {name for site in sites for name in site.names} | {host_name(name, "names") for name in params["names"]}
    same = {option: params[option] for option in ("other_hosts", "skip", "max_files", "max_size", "max_pages", "depth", "seconds")}
    endings = [ending.lower().lstrip(".") for ending in params["extensions"]]
    look = Look(secure=secure, endings=endings, ask=lambda url: asked(url, params["max_size"]), clock=time.monotonic, **same)
    found = [look.at(site, params["max_findings"]) for site in sites]
    return {"changed": False, "counts": totals(found), "sites": found}


def main() -> None:
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module.params))
    except Error as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
