# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import encode, fingerprint, generate, key_type_of, load
from ansible_collections.encrypt.httpd.plugins.modules import private_key

KEYS = {key_type: encode(generate(key_type)) for key_type in ("ecdsa-p256", "rsa-2048")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "privkey.pem"


def run(path: Path, key_type: str = "ecdsa-p256", regenerate: str = "never", *, check_mode: bool = False) -> dict[str, Any]:
    return private_key.run({"path": str(path), "type": key_type, "regenerate": regenerate}, check_mode)


def place(path: Path, data: bytes, mode: int = 0o600) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(data)
    path.chmod(mode)


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "rsa-2048"])
def test_a_key_is_made_once_and_only_its_fingerprint_is_told(path: Path, key_type: str) -> None:
    told = run(path, key_type)
    pem = path.read_bytes()
    key = load(pem, "here")
    after = {"type": key_type, "fingerprint": fingerprint(key.public_key())}
    header = {"before_header": str(path), "after_header": str(path)}
    assert told == {"changed": True, **after, "diff": {"before": {}, "after": after, **header}}
    assert key_type_of(key) == key_type
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]
    assert run(path, key_type) == {"changed": False, **after, "diff": {"before": after, "after": after, **header}}
    assert path.read_bytes() == pem


def test_check_mode_writes_nothing(path: Path) -> None:
    told = run(path, check_mode=True)
    assert (told["changed"], told["type"], told["fingerprint"]) == (True, "ecdsa-p256", "")
    assert not path.parent.exists()


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("data", "mode", "never"),
    [
        (KEYS["ecdsa-p256"], 0o600, ""),
        (KEYS["rsa-2048"], 0o600, "there is a key of type rsa-2048, asked is ecdsa-p256; say regenerate=mismatch"),
        (b"garbage", 0o600, "this is no PEM private key"),
        (KEYS["ecdsa-p256"], 0o644, "others can read this file"),
    ],
)
def test_when_a_key_is_replaced(path: Path, data: bytes, mode: int, never: str, check_mode: bool) -> None:
    place(path, data, mode)
    if never:
        with pytest.raises(Error, match=f"{path}: {never}"):
            run(path, check_mode=check_mode)
    else:
        assert not run(path, check_mode=check_mode)["changed"]
    assert path.read_bytes() == data
    for regenerate, replaced in [("mismatch", bool(never)), ("always", True)]:
        before = path.read_bytes()
        assert run(path, regenerate=regenerate, check_mode=check_mode)["changed"] is replaced
        assert (path.read_bytes() != before) is (replaced and not check_mode)
    assert stat.S_IMODE(path.stat().st_mode) == (mode if check_mode else 0o600)


def test_a_planted_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    path.parent.mkdir(mode=0o700)
    path.symlink_to(tmp_path / "victim")
    with pytest.raises(Error, match="this is a link"):
        run(path)
    assert run(path, regenerate="mismatch")["changed"]
    assert (tmp_path / "victim").read_text() == "mine"
    assert not path.is_symlink()


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_place_that_is_not_safe_is_refused(tmp_path: Path, check_mode: bool) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    with pytest.raises(Error, match=f"others can write to {tmp_path}/open"):
        run(tmp_path / "open" / "privkey.pem", check_mode=check_mode)
    with pytest.raises(Error, match="path: 'privkey.pem' is relative"):
        run(Path("privkey.pem"), check_mode=check_mode)
    with pytest.raises(Error, match="type: 'rsa-1024' is no key type"):
        run(tmp_path / "privkey.pem", "rsa-1024", check_mode=check_mode)


class _Module:
    """As AnsibleModule, which ends the process."""

    params: dict[str, Any]
    check_mode = False

    def __init__(self, **_options: Any) -> None:
        pass

    def exit_json(self, **result: Any) -> None:
        raise SystemExit({"failed": False, **result})

    def fail_json(self, **result: Any) -> None:
        raise SystemExit({"failed": True, **result})


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "dsa"])
def test_success_and_failure_are_told_to_ansible(path: Path, monkeypatch: pytest.MonkeyPatch, key_type: str) -> None:
    monkeypatch.setattr(_Module, "params", {"path": str(path), "type": key_type, "regenerate": "never"}, raising=False)
    monkeypatch.setattr(private_key, "AnsibleModule", _Module)
    with pytest.raises(SystemExit) as ended:
        private_key.main()
    told: Any = ended.value.code
    assert told["failed"] is (key_type == "dsa")
    assert "PRIVATE KEY" not in str(told)
    assert path.exists() is (key_type == "ecdsa-p256")
