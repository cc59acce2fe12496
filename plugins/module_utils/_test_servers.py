# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ACME servers whose certificates are for tests alone."""

from __future__ import annotations

from urllib.parse import urlsplit

#: Host names of the test servers of public CAs, as their documentation names them.
KNOWN = frozenset(
    {
        "acme-staging-v02.api.letsencrypt.org",
        "dv.acme-v02.test-api.pki.goog",
        "api.test4.buypass.no",
        "acme-try.ssl.com",
    }
)


def is_test(issuer: str) -> bool:
    """Whether an issuer, as "acme https://ca.example/directory", or the URL alone, is a known test server."""
    return urlsplit(issuer.rpartition(" ")[2]).hostname in KNOWN
