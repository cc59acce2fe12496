# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How the controller talks to an ACME server, and what it orders there."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.11 on the controller
  - acme (from PyPI) on the controller
options:
  acme_directory:
    description:
      - URL of the ACME server's directory (RFC 8555 section 7.1.1).
    type: str
    default: https://acme-v02.api.letsencrypt.org/directory
  account_key:
    description:
      - File on the controller with the private key of the ACME account. It is made when it does not exist, V(0600) in a directory
        of V(0700), and never leaves the controller. One account serves a whole fleet.
      - When left out, it lies below C(~/.config/encrypt.httpd/), by the name of the ACME server.
    type: path
  account_key_content:
    description:
      - The private key of the ACME account itself, PEM, from a vault, for a controller that keeps nothing, such as an execution
        environment. V(ecdsa-p256) or RSA. Not with C(account_key).
      - Nothing about it is written to a file, so the CA is asked for the account each time.
    type: str
    version_added: 0.4.0
  contact:
    description: Mail addresses of the account, to which the CA writes. The CA is told when they change; an empty list removes them.
    type: list
    elements: str
    default: []
  terms_agreed:
    description: Whether you agree to the terms of service of the CA. Its text is named by the error you get when you do not.
    type: bool
    default: false
  ca_bundle:
    description: PEM file on the controller with the CA of the ACME server's own TLS certificate, for a private ACME server.
    type: path
  binding:
    description:
      - External account binding (RFC 8555 section 7.3.4), for a CA that asks for one. Needed once, when the account is registered.
    type: dict
    version_added: 0.4.0
    suboptions:
      kid:
        description: Key identifier, as the CA gave it.
        type: str
        required: true
      hmac:
        description: HMAC key, base64url, as the CA gave it. Keep it in a vault. It never leaves the controller, and no file has it.
        type: str
        required: true
      algorithm:
        description: How the account key is signed with it.
        type: str
        choices: [HS256, HS384, HS512]
        default: HS256
  fallback:
    description:
      - A second ACME server, which is asked when the first is out of order. It works with the same account key, so that hosts answer
        the challenges of both.
      - What it signed is renewed by the first one, when it is due.
    type: dict
    version_added: 0.4.0
    suboptions:
      acme_directory:
        description: URL of its directory.
        type: str
        required: true
      contact:
        description: As above.
        type: list
        elements: str
        default: []
      terms_agreed:
        description: Whether you agree to its terms of service.
        type: bool
        default: false
      ca_bundle:
        description: As above.
        type: path
      binding:
        description: As above, with the same suboptions.
        type: dict
        suboptions:
          kid:
            description: Key identifier.
            type: str
            required: true
          hmac:
            description: HMAC key.
            type: str
            required: true
          algorithm:
            description: How the account key is signed with it.
            type: str
            choices: [HS256, HS384, HS512]
            default: HS256
      profile:
        description: Kind of certificate, of those that this one offers.
        type: str
"""

    ORDERS = r"""
options:
  preferred_chain:
    description: Common name of the root (or topmost issuer) that the chain shall lead to, if the CA offers several.
    type: str
  profile:
    description:
      - Kind of certificate, of those that the CA offers (draft-ietf-acme-profiles), such as V(shortlived). One that it does not offer is
        refused before any order, with a list of those that it does. That the CA took it is verified. When left out, the CA chooses.
      - Another profile is no reason to replace a certificate. It counts from the next renewal on.
    type: str
    version_added: 0.4.0
  concurrency:
    description: How many orders are under way side by side.
    type: int
    default: 8
  timeout:
    description: Seconds after which an order that is not done is given up.
    type: int
    default: 120
  ari:
    description:
      - Whether to renew when the CA suggests it (RFC 9773), within the time that it names for each certificate, and at once for one that
        it has revoked. Without, or where the CA does not tell, a certificate is renewed at 2/3 of its lifetime (1/2 when it lives
        shorter than 10 days).
      - Where the CA does not tell, the controller looks for the certificate in the CRL that it names (RFC 5280 section 4.2.1.13), by http
        and up to 10 MB, and has it replaced at once when it is revoked. A CRL that cannot be had or verified changes nothing.
    type: bool
    default: true
    version_added: 0.4.0
  ledger:
    description:
      - Directory on the controller in which orders in flight, the CA's suggestions and its CRLs are remembered. A run that was cut off
        goes on with its order, two runs at once make one, and the CA is not asked more often than it wants to be.
      - By default C(ledger) beside the account key. With an empty text nothing is remembered. Its loss costs an order at most.
    type: path
    version_added: 0.4.0
  limits:
    description:
      - The limits of the CA. What is over one is not ordered, but deferred until there is room, and told. What was ordered is remembered
        in C(ledger) for this; when the account key is in a variable and there is no ledger, in the controller's temporary directory.
      - V(letsencrypt), V(none), or a list of dictionaries, each with C(count), C(window) (seconds), C(scope) and C(name). The scope is
        V(account), V(registered_domain), V(exact_names) (certificates for the same names) or V(failed_name) (failed authorizations of
        a name). C(renewals) tells whether orders for exactly the names of an earlier certificate count, by default V(true).
      - They are counted as Let's Encrypt does, as buckets of tokens that come back evenly. 300 in 3 hours are 300 at once, and then one
        every 36 seconds. Orders that tell the CA what they replace (RFC 9773) are exempt.
      - The registered domain is exact when the Python package C(publicsuffixlist) is on the controller, and otherwise guessed as the last
        two labels.
      - By default V(letsencrypt) for Let's Encrypt's server for production, and V(none) for others.
    type: raw
    version_added: 0.4.0
  test_ca:
    description:
      - Whether it is a test CA, whose certificates clients do not trust. By default only the known test servers of public CAs are.
    type: bool
    version_added: 0.4.0
  test_over_production:
    description:
      - Whether certificates of a test CA may replace valid ones of a real CA. Otherwise such a certificate stays, and the task fails in
        the end and tells.
    type: bool
    default: false
    version_added: 0.4.0
  dns:
    description:
      - How the controller reaches your DNS, for V(dns-01). TXT records are written at C(_acme-challenge) of each name, or where a CNAME
        there leads to, seen at all authoritative servers, and removed whatever happens.
      - The controller needs the package C(dnspython) (from PyPI).
    type: dict
    version_added: 0.4.0
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
          - For V(rfc2136), instead of C(key_secret) a file on the controller, V(0600), which has the key in base64, or name, algorithm
            and key as C(tsig-keygen) prints them.
        type: path
      program:
        description:
          - For V(program), path of a program on the controller. It is run as C(program present FQDN VALUE) to add a TXT record, and as
            C(program cleanup FQDN VALUE) to remove that one value; C(FQDN) ends with a dot. It has to leave other values of the name alone.
          - When it fails (a status other than 0), the error tells what it said on stderr. What is not done within
            C(timeout) and C(propagation_timeout) together is ended.
        type: path
      lexicon_provider:
        description: For V(lexicon), name of the provider, as C(dns-lexicon) knows it.
        type: str
      lexicon_options:
        description: For V(lexicon), options of that provider, such as C(auth_token). Keep secrets in a vault; no error shows them.
        type: dict
      propagation_timeout:
        description:
          - Seconds until all authoritative servers have to have the records, besides C(timeout). The CA is asked as soon as they have.
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
"""
