# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from textwrap import indent

from ansible_collections.encrypt.httpd.plugins.doc_fragments.acme import ModuleDocFragment as Acme

ACME = "".join(text.partition("options:\n")[2] for text in (Acme.DOCUMENTATION, Acme.ORDERS))


class ModuleDocFragment:
    """The options of each issuer."""

    # Annotated, as ansible-test reads the plain assignments, and takes them for constants.
    DOCUMENTATION: str = f"""
options:
  acme:
    description: Options of the issuer V(acme), those of M(encrypt.httpd.acme_certificate).
    type: dict
    suboptions:
{indent(ACME, "    ")}
  purchased:
    description: Options of the issuer V(purchased).
    type: dict
    suboptions:
      directory:
        description:
          - Directory on the controller. Each certificate has a directory in it, into which its request is written
            (V(request-*.csr)) with a short instruction (V(README.txt)), and from which what the CA signed is read, whatever the
            names of its files. PEM in any order, DER and PKCS#7 are understood.
          - Needed when a certificate names this issuer. Hosts must not share it.
        type: path
      ca_bundle:
        description: PEM file on the controller with roots beside those that systems trust.
        type: path
      host_ca_file:
        description: The same on the host, for certificates that are brought in.
        type: path
  private_ca:
    description: Options of the issuer V(private_ca).
    type: dict
    suboptions:
      directory:
        description: Directory on the controller that M(encrypt.httpd.private_ca) made. Needed when a certificate names this issuer.
        type: path
      passphrase:
        description: Opens the CA's key.
        type: str
        default: ""
      days:
        description: Lifetime of certificates.
        type: int
        default: 90
  self_signed:
    description: Options of the issuer V(self_signed).
    type: dict
    suboptions:
      days:
        description: Lifetime of certificates.
        type: int
        default: 90
"""
