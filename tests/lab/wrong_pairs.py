# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and certificates that a host should refuse, one of each kind: wrong_pairs.py DIRECTORY HOST.

Writes KIND.key and KIND.crt for the name KIND.HOST.test, all signed below root.pem. "good" is as it should be.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "plugins" / "module_utils"))

from authority import Authority, pem

ROOT = Authority("Root of Wrongs")
CA = Authority("Issuing CA of Wrongs", ROOT)
KINDS = ("good", "expired", "future", "othername", "otherkey", "incomplete", "garbage", "open", "encrypted")


def chain(kind: str, key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """What the file with the certificate has."""
    now = datetime.now(timezone.utc)
    days = {"expired": -20, "future": 10}.get(kind, -1)
    asked = "another.test" if kind == "othername" else name
    signed = ec.generate_private_key(ec.SECP256R1()) if kind == "otherkey" else key
    leaf = CA.sign(signed.public_key(), [asked], now + timedelta(days=days), 10)
    return {"garbage": "garbage", "incomplete": pem(leaf)}.get(kind, pem(leaf, CA.certificate))


def write(directory: Path, kind: str, host: str) -> None:
    """One pair."""
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = serialization.BestAvailableEncryption(b"open sesame") if kind == "encrypted" else serialization.NoEncryption()
    file = directory / f"{kind}.key"
    file.touch(0o600)
    file.write_bytes(key.private_bytes(*form, secret))
    (directory / f"{kind}.crt").write_text(chain(kind, key, f"{kind}.{host}.test"))


def main() -> None:
    """All of them."""
    directory, host = Path(sys.argv[1]), sys.argv[2]
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / "root.pem").write_text(pem(ROOT.certificate))
    for kind in KINDS:
        write(directory, kind, host)


if __name__ == "__main__":
    main()
