#!/usr/bin/python
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_certificate
short_description: Get certificates from an ACME server, many at once
version_added: 0.1.0
author:
  - The encrypt.httpd authors (@encrypt-httpd)
description:
  - Looks at what the host has, decides what is due, lets the host make keys and requests, has them signed by the CA, and installs the
    chains. The private keys stay on the host, the account key stays on the controller.
  - A certificate is due when there is none, at 2/3 of its lifetime (1/2 when it lives shorter than 10 days), or when its names, key type or
    issuer differ from what is asked. When nothing is due, the host is contacted once, and the CA not at all.
  - Names are proven by http-01 (RFC 8555 section 8.3), which httpd answers from its configuration; before any order the host asks itself.
    Or they are proven by dns-01 (section 8.4), by TXT records that the controller writes.
  - One certificate that the CA refuses does not stop the others. They are installed, then the task fails and tells what was refused
    and why.
extends_documentation_fragment:
  - encrypt.httpd.attributes
  - encrypt.httpd.attributes.changes
  - encrypt.httpd.acme
  - encrypt.httpd.store
options:
  certificates:
    description: The certificates that the host shall have.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate, and of its directory; by custom the first of its host names.
        type: str
        required: true
      names:
        description: All DNS names, at most 100. International names are converted to their xn-- form.
        type: list
        elements: str
        required: true
      key_type:
        description: Type of the key, as in M(encrypt.httpd.private_key).
        type: str
        default: ecdsa-p256
      challenge:
        description:
          - How the names are proven to the ACME server. With V(http-01) (RFC 8555 section 8.3) httpd answers on port 80, with V(dns-01)
            (section 8.4) a TXT record does, which is written as O(dns) says. Wildcards are proven by V(dns-01) alone.
        type: str
        choices: [http-01, dns-01]
        default: http-01
        version_added: 0.3.0
  preferred_chain:
    description: Common name of the root (or topmost issuer) that the chain shall lead to, if the CA offers several.
    type: str
  concurrency:
    description: How many orders are under way side by side.
    type: int
    default: 8
  timeout:
    description: Seconds after which an order that is not done is given up.
    type: int
    default: 120
  dns:
    description:
      - How the controller reaches your DNS, for V(dns-01). TXT records are written at C(_acme-challenge) of each name, or where a CNAME
        there leads to, seen at all authoritative servers, and removed whatever happens.
      - The controller needs the package C(dnspython) (from PyPI).
    type: dict
    version_added: 0.3.0
    suboptions:
      provider:
        description:
          - With V(rfc2136) by dynamic updates (RFC 2136) of the zone's primary server, such as BIND, Knot or PowerDNS.
          - With V(program) by a program of yours.
          - With V(lexicon) by the package C(dns-lexicon) (from PyPI), which knows many DNS providers.
          - Needed.
        type: str
      server:
        description: For V(rfc2136), name or address of the server that takes updates.
        type: str
      port:
        description: For V(rfc2136), its port, by default 53. It is asked by TCP.
        type: int
      key_name:
        description: For V(rfc2136), name of the TSIG key (RFC 8945) that signs updates. Without a key they are not signed.
        type: str
      key_algorithm:
        description: For V(rfc2136), algorithm of the key, by default that of the key file, or V(hmac-sha256).
        type: str
        choices: [hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224, hmac-sha1]
      key_secret:
        description: For V(rfc2136), the key in base64. Keep it in a vault.
        type: str
      key_file:
        description:
          - For V(rfc2136), instead of O(dns.key_secret) a file on the controller, V(0600), which has the key in base64, or name, algorithm
            and key as C(tsig-keygen) prints them.
        type: path
      program:
        description:
          - For V(program), path of a program on the controller. It is run as C(program present FQDN VALUE) to add a TXT record, and as
            C(program cleanup FQDN VALUE) to remove that one value; C(FQDN) ends with a dot. It has to leave other values of the name alone.
          - When it fails (a status other than 0), the error tells what it said on stderr. What is not done within
            O(timeout) and O(dns.propagation_timeout) together is ended.
        type: path
      lexicon_provider:
        description: For V(lexicon), name of the provider, as C(dns-lexicon) knows it.
        type: str
      lexicon_options:
        description: For V(lexicon), options of that provider, such as C(auth_token). Keep secrets in a vault; no error shows them.
        type: dict
      propagation_timeout:
        description:
          - Seconds until all authoritative servers have to have the records, besides O(timeout). The CA is asked as soon as they have.
          - V(0) does not look, for a controller that cannot reach them.
        type: int
        default: 120
      resolvers:
        description: Addresses of the DNS servers that tell the zone of a name and its servers, such as V(192.0.2.1) or V(192.0.2.1:5353),
          when those of the system do not, as with private DNS.
        type: list
        elements: str
        default: []
      authoritative_servers:
        description: Addresses of the servers that have to have the records, instead of those that the NS records of the zone name.
        type: list
        elements: str
        default: []
  activate:
    description:
      - Whether new chains become live at once, or wait in V(pending/) for M(encrypt.httpd.httpd_config), which proves them.
    type: bool
    default: true
  rekey:
    description: Whether all get new keys and certificates now, whatever is in place.
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - module: encrypt.httpd.acme_account
  - module: encrypt.httpd.httpd_config
  - module: encrypt.httpd.challenge_check
"""

EXAMPLES = r"""
- name: Certificates for two sites
  encrypt.httpd.acme_certificate:
    directory: /etc/apache2/tls
    contact: [ops@example.org]
    terms_agreed: true
    certificates:
      - name: www.example.org
        names: [www.example.org, example.org]
      - name: api.example.org
        names: [api.example.org]
        key_type: rsa-2048

- name: A wildcard, proven by DNS
  encrypt.httpd.acme_certificate:
    directory: /etc/apache2/tls
    terms_agreed: true
    certificates:
      - name: example.org
        names: [example.org, "*.example.org"]
        challenge: dns-01
    dns:
      provider: rfc2136
      server: ns1.example.org
      key_name: acme-key
      key_secret: "{{ vault_tsig_key }}"
"""

RETURN = r"""
due:
  description: What was due, and why.
  returned: always
  type: dict
  sample:
    www.example.org: no certificate yet
staged:
  description: Names of certificates that wait in V(pending/), in check mode also those that would.
  returned: always
  type: list
  elements: str
issued:
  description: Names of certificates that the CA signed in this run.
  returned: always
  type: list
  elements: str
refused:
  description: What was not signed, and why.
  returned: always
  type: dict
"""
