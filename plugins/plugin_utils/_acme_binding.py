# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""External account binding: the CA's customer number in a registration, proven by a key that the CA gave (RFC 8555 section 7.3.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError

#: Algorithms of the proof (RFC 7518 section 3.2).
DIGESTS = ("HS256", "HS384", "HS512")


@dataclass(frozen=True)
class Binding:
    """What the CA gave: the name of a key, and the key in base64url. Raises ArgumentError for what cannot be."""

    kid: str
    hmac: str = field(repr=False)
    algorithm: str = "HS256"

    def __post_init__(self) -> None:
        if not self.kid or not re.fullmatch(r"[A-Za-z0-9_-]+=*", self.hmac):
            raise ArgumentError("binding: give kid and hmac as the CA gave them; hmac is base64url: letters, digits, - and _")
        if self.algorithm not in DIGESTS:
            raise ArgumentError(f"binding: algorithm: {self.algorithm!r} is none of {', '.join(DIGESTS)}")


def read_binding(given: Mapping[str, Any] | None) -> Binding | None:
    """The binding as a user writes it."""
    return Binding(given["kid"].strip(), given["hmac"].strip(), given["algorithm"]) if given else None


def proof(binding: Binding, key: Any, url: str) -> dict[str, Any]:
    """The account *key* (josepy's), signed by the CA's key, for the newAccount *url*."""
    from acme import jws
    from josepy import b64, jwa, jwk

    payload = json.dumps(key.public_key().to_partial_json()).encode()
    secret = jwk.JWKOct(key=b64.b64decode(binding.hmac.rstrip("=")))
    signed = jws.JWS.sign(payload, key=secret, alg=getattr(jwa, binding.algorithm), nonce=None, url=url, kid=binding.kid)
    return dict(signed.to_partial_json())
