# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search can fail: whatever form a secret has in a file, it is found there."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from needles import of_key, of_text, of_token

from .conftest import LEAK
from .keys import TYPES, pair

PASSPHRASE = "pass '\"0123456789abcdef0123456789abcdef\\ü"
TOKEN = base64.urlsafe_b64encode(bytes(range(200, 232))).decode().rstrip("=")


def body(pem: bytes) -> bytes:
    return b"".join(pem.split(b"\n")[1:-2])


#: How a key may lie in a file.
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "PEM": lambda pem: pem,
    "PEM of Windows": lambda pem: pem.replace(b"\n", b"\r\n"),
    "indented": lambda pem: textwrap.indent(pem.decode(), "      ").encode(),
    "JSON": lambda pem: json.dumps({"key": pem.decode()}).encode(),
    "JSON in JSON": lambda pem: json.dumps(json.dumps({"key": pem.decode()})).encode(),
    "as Python shows it": lambda pem: repr({"key": pem}).encode(),
    "lines of 76 characters": lambda pem: base64.encodebytes(base64.b64decode(body(pem))),
    "base64 of PEM": lambda pem: b"x" + base64.b64encode(pem),
    "base64 of PEM, one byte on": lambda pem: base64.b64encode(b"k" + pem),
    "base64 of PEM, two bytes on": lambda pem: base64.b64encode(b"ke" + pem),
    "base64 of PEM, in lines of 76": base64.encodebytes,
    "base64 of JSON": lambda pem: base64.b64encode(json.dumps({"key": pem.decode()}).encode()),
    "base64 of DER": body,
    "base64url of DER": lambda pem: base64.urlsafe_b64encode(base64.b64decode(body(pem))),
    "DER": lambda pem: b"\0\n\xff" + base64.b64decode(body(pem)) + b"\n\0",
    "hexadecimal": lambda pem: base64.b64decode(body(pem)).hex().encode(),
}
TEXTS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "JSON": lambda text: json.dumps(text).encode(),
    "as Python shows it": lambda text: repr([text]).encode(),
    "hexadecimal": lambda text: text.encode().hex().upper().encode(),
    **{f"base64, {lead} bytes on": lambda text, lead=lead: base64.b64encode(b"x" * lead + text.encode()) for lead in range(3)},
}


def search(folder: Path, needles: list[bytes], **order: Any) -> dict[str, Any]:
    """As it runs on a host."""
    order = {"needles": [needle.hex() for needle in needles], "roots": [str(folder)], "leave_out": [], "since": 0, **order}
    command = [sys.executable, "-c", (LEAK / "search.py").read_text()]
    return dict(json.loads(subprocess.run(command, input=json.dumps(order).encode(), check=True, capture_output=True).stdout))


def found_in(folder: Path, needles: list[bytes]) -> set[str]:
    return {Path(one["path"]).name for one in search(folder, needles)["found"]}


@pytest.mark.parametrize("key_type", TYPES)
def test_a_key_is_found_in_each_form_and_its_public_key_is_not(tmp_path: Path, key_type: str) -> None:
    pem, public = pair(key_type)
    for name, form in FORMS.items():
        (tmp_path / re.sub(r"\W", "_", name)).write_bytes(b"before\n" + form(pem) + b"\nafter")
    (tmp_path / "public").write_bytes(public + base64.b64encode(public) + base64.encodebytes(public))
    (tmp_path / "another").write_bytes(pair(key_type)[0])
    secret = of_key("key", "key", pem, public)
    assert found_in(tmp_path, [needle.data for needle in secret.needles]) == {re.sub(r"\W", "_", name) for name in FORMS}


@pytest.mark.parametrize(
    ("key_type", "private"), [("ecdsa-p256", 2), ("ecdsa-p384", 2), ("ed25519", 1), ("rsa-2048", 18), ("encrypted", 2)]
)
def test_each_line_with_a_private_part_is_found_alone(tmp_path: Path, key_type: str, private: int) -> None:
    pem, public = pair(key_type)
    whole = [line for line in pem.split(b"\n")[1:-2] if len(line) == 64]
    for number, line in enumerate(whole):
        (tmp_path / str(number)).write_bytes(b"x" + line + b"x")
    assert len(found_in(tmp_path, [needle.data for needle in of_key("key", "key", pem, public).needles])) >= private


@pytest.mark.parametrize("text", [PASSPHRASE, TOKEN])
def test_a_text_is_found_in_each_form(tmp_path: Path, text: str) -> None:
    for name, form in TEXTS.items():
        (tmp_path / re.sub(r"\W", "_", name)).write_bytes(b"before\n" + form(text) + b"\nafter")
    (tmp_path / "another").write_text("pass 0123456789")
    secret = (of_token if text == TOKEN else of_text)("text", "text", text)
    assert found_in(tmp_path, [needle.data for needle in secret.needles]) == {re.sub(r"\W", "_", name) for name in TEXTS}
    assert text not in repr(secret)


def test_all_of_a_file_system_is_searched_once(tmp_path: Path) -> None:
    for name in ("a/b/hidden", "a/.hidden", "left out/hidden", "old"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"a needle")
    (tmp_path / "loop").symlink_to(tmp_path)
    told = search(tmp_path, [b"needle"], roots=[str(tmp_path), str(tmp_path / "a")], leave_out=[str(tmp_path / "left out")])
    assert {Path(one["path"]).name for one in told["found"]} == {"hidden", ".hidden", "old"}
    assert (told["files"], told["bytes"]) == (3, 24)
    assert search(tmp_path, [b"needle"], since=(tmp_path / "old").stat().st_ctime + 60)["files"] == 0


def test_who_can_read_it_is_told(tmp_path: Path) -> None:
    for name, mode in (("open", 0o755), ("closed", 0o700)):
        (tmp_path / name).mkdir(mode=mode)
        (tmp_path / name / "file").write_bytes(b"a needle")
        (tmp_path / name / "file").chmod(0o644)
    found = {Path(one["path"]).parent.name: one for one in search(tmp_path, [b"needle"])["found"]}
    assert [(found[name]["mode"], found[name]["directory"]) for name in ("open", "closed")] == [(0o644, 0o755), (0o644, 0o700)]
    assert found["closed"]["reachable"] is False
