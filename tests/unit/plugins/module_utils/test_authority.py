# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our private CA signs has to convince OpenSSL, as httpd's clients do."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _authority as authority
from ansible_collections.encrypt.httpd.plugins.module_utils import _certificates as certificates
from ansible_collections.encrypt.httpd.plugins.module_utils import _chains as chains
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import CertificateError
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import generate
from ansible_collections.encrypt.httpd.plugins.module_utils._names import is_address
from cryptography import x509
from cryptography.hazmat.primitives import hashes

NAMES = ["www.example.org", "example.org"]


def now() -> datetime:
    return datetime.now(timezone.utc)


def request(key_type: str = "ecdsa-p256", names: list[str] | None = None) -> str:
    return certificates.make_request(generate(key_type), names or NAMES).decode()


def openssl_trusts(folder: Path, chain: str, root: str, name: str = "") -> str:
    """Empty when openssl verifies the chain (for a host name or IP address, if one is given), else what it says."""
    leaf, *above = certificates.load_chain(chain.encode(), "chain")
    for file, text in [("leaf.pem", certificates.to_pem(leaf)), ("above.pem", certificates.to_pem(*above)), ("root.pem", root)]:
        (folder / file).write_text(text)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "root.pem"]
    command += ["-verify_ip" if is_address(name) else "-verify_hostname", name] if name else []
    command += ["-untrusted", "above.pem"] if above else []
    done = subprocess.run([*command, "leaf.pem"], cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "rsa-2048", "ed25519"])
@pytest.mark.parametrize("intermediate", [False, True])
@pytest.mark.parametrize("permitted", [[], ["example.org"]])
def test_openssl_trusts_what_is_signed(tmp_path: Path, key_type: str, intermediate: bool, permitted: list[str]) -> None:
    root = signer = authority.make_root("Our Root", "ecdsa-p384", 3650, permitted, now())
    if intermediate:
        signer = authority.make_intermediate(root, "Our Issuing CA", "ecdsa-p256", 1825, now())
    csr = request(key_type)
    chain = authority.sign(signer, csr, 90, now())
    chains.check_issued(chain, csr)
    for name in NAMES:
        assert openssl_trusts(tmp_path, chain, certificates.to_pem(root.root), name) == ""
    assert "hostname mismatch" in openssl_trusts(tmp_path, chain, certificates.to_pem(root.root), "other.example.org")


@pytest.mark.parametrize("intermediate", [False, True])
@pytest.mark.parametrize(
    ("name", "trusted"),
    [
        (x509.DNSName("www.example.org"), True),
        (x509.DNSName("www.example.net"), False),
        (x509.IPAddress(ip_address("192.0.2.1")), False),
        (x509.IPAddress(ip_address("2001:db8::1")), False),
        (x509.RFC822Name("ops@example.org"), False),
        (x509.RFC822Name("ops@mail.example.net"), False),
    ],
)
def test_openssl_refuses_what_a_stolen_key_signs_for_others(
    tmp_path: Path, intermediate: bool, name: x509.GeneralName, trusted: bool
) -> None:
    root = signer = authority.make_root("Our Root", "ecdsa-p256", 3650, ["example.org"], now())
    if intermediate:
        signer = authority.make_intermediate(root, "Our Issuing CA", "ecdsa-p256", 1825, now())
        assert signer.chain[0].extensions.get_extension_for_class(x509.NameConstraints).critical
    told = openssl_trusts(tmp_path, misuse(signer, name), certificates.to_pem(root.root))
    assert told == "" if trusted else "subtree violation" in told, told


LIMITS = ["example.org", "192.0.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("permitted", "name", "trusted"),
    [
        (LIMITS, "www.example.org", True),
        (LIMITS, "192.0.2.7", True),
        (LIMITS, "2001:db8::7", True),
        (LIMITS, "www.example.net", False),
        (LIMITS, "198.51.100.7", False),
        (LIMITS, "2001:db9::7", False),
        (LIMITS[:2], "2001:db8::7", False),
        (LIMITS[1:2], "192.0.2.7", True),
        (LIMITS[1:2], "www.example.org", False),
        (LIMITS[:1], "192.0.2.7", False),
        ([], "192.0.2.7", True),
    ],
)
def test_limits_to_networks(tmp_path: Path, permitted: list[str], name: str, trusted: bool) -> None:
    root = authority.make_root("Our Root", "ecdsa-p256", 3650, permitted, now())
    signer = authority.make_intermediate(root, "Our Issuing CA", "ecdsa-p256", 1825, now())
    assert authority.permitted_names(root.root) == authority.permitted_names(signer.chain[0]) == tuple(permitted)
    if trusted:
        chain = authority.sign(signer, request(names=[name]), 90, now())
        assert openssl_trusts(tmp_path, chain, certificates.to_pem(root.root), name) == ""
        assert "mismatch" in openssl_trusts(tmp_path, chain, certificates.to_pem(root.root), "192.0.2.8")
        return
    with pytest.raises(CertificateError, match=f"not for {name}"):
        authority.sign(signer, request(names=[name]), 90, now())
    (general,) = certificates.alternative_names([name])
    told = openssl_trusts(
        tmp_path, misuse(signer, general, allowed="192.0.2.1" if LIMITS[1] in permitted else "example.org"), certificates.to_pem(root.root)
    )
    assert "subtree violation" in told, told


def misuse(signer: authority.Signer, name: x509.GeneralName, allowed: str = "example.org") -> str:
    """What a key signs in wrong hands: a chain as ours for the name that is allowed, but for any name."""
    leaf, *above = certificates.load_chain(authority.sign(signer, request(names=[allowed]), 90, now()).encode(), "chain")
    dates = (one.replace(tzinfo=None) for one in (certificates.not_before(leaf), certificates.not_after(leaf)))
    builder = x509.CertificateBuilder(leaf.issuer, leaf.subject, leaf.public_key(), 1, *dates)
    for extension in leaf.extensions:
        names = isinstance(extension.value, x509.SubjectAlternativeName)
        builder = builder.add_extension(x509.SubjectAlternativeName([name]) if names else extension.value, extension.critical)
    return certificates.to_pem(builder.sign(signer.key, hashes.SHA256()), *above)  # type: ignore[arg-type]


def test_no_certificate_outlives_its_ca() -> None:
    root = authority.make_root("Our Root", "ecdsa-p256", 30, [], now())
    signer = authority.make_intermediate(root, "Our Issuing CA", "ecdsa-p256", 1825, now())
    (leaf, issuing) = certificates.load_chain(authority.sign(signer, request(), 90, now()).encode(), "chain")
    assert certificates.not_after(leaf) <= certificates.not_after(issuing) <= certificates.not_after(root.root)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ["www.example.org", "www.example.net"],
            "may vouch for names of example.org alone .its name constraints., not for www.example.net",
        ),
        (["notexample.org"], "not for notexample.org"),
    ],
)
def test_names_out_of_its_reach_are_refused(names: list[str], told: str) -> None:
    root = authority.make_root("Our Root", "ecdsa-p256", 30, ["example.org"], now())
    with pytest.raises(CertificateError, match=told):
        authority.sign(root, request(names=names), 90, now())


def test_a_certificate_of_oneself_has_names_and_dates() -> None:
    key, start, names = generate("ecdsa-p256"), now(), ["2001:db8::7", *NAMES]
    chain = authority.sign_oneself(key, names, 30, start)
    found = certificates.describe(certificates.load_chain(chain.encode(), "chain"))
    assert found.names == tuple(names)
    assert found.not_before < start < found.not_after <= start + timedelta(days=30)
    chains.check_issued(chain, certificates.make_request(key, names).decode())
