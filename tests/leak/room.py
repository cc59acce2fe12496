# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The room of a round: a file system of its own in memory, for all that the controller keeps, so that it can be watched as a whole."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from hosts import LAB, Host
from needles import Secret, of_text, of_token


@contextlib.contextmanager
def mounted(place: Path, *, keep: bool) -> Iterator[Path]:
    """It stays when something goes wrong, or is to be *kept*, until the next time."""
    subprocess.run(["umount", "--lazy", "--quiet", place], check=False, capture_output=True)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "leak", place], check=True)
    yield place
    if not keep:
        subprocess.run(["umount", "--lazy", place], check=True)


def passphrase(of: str) -> str:
    """One that JSON, YAML, shells and Python each escape in another way."""
    return f"{of} '\"{secrets.token_hex(16)}\\ü"


def passphrases(account: str) -> dict[str, str]:
    """What a user keeps in a vault."""
    chosen = {name: passphrase(name) for name in ("vault_ca_passphrase", "vault_wrong_passphrase", "vault_old_passphrase")}
    return {**chosen, "vault_external_account": account}


def furnish(room: Path, python: Path, variables: dict[str, str], hosts: Sequence[Host], vault: dict[str, str]) -> list[Secret]:
    """Inventory and vault of a round; tells the secrets of it."""
    for name in ("home", "tmp", "group_vars/all"):
        (room / name).mkdir(parents=True)
    password = passphrase("vault password").replace("'", "")
    _private(room / "vault-password", password + "\n")
    command = [python.parent / "ansible-vault", "encrypt", "--output", room / "group_vars/all/vault.yml"]
    environment = {
        "PATH": os.defpath,
        "HOME": str(room / "home"),
        "LANG": "C.UTF-8",
        "ANSIBLE_VAULT_PASSWORD_FILE": str(room / "vault-password"),
    }
    subprocess.run(command, input=json.dumps(vault), text=True, env=environment, check=True, capture_output=True)
    controller = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    controller |= {"ansible_remote_tmp": str(room / "remote"), "ansible_async_dir": str(room / "async")}
    machines = {host.name: {"ansible_host": host.address} for host in hosts}
    web = {"hosts": machines, "vars": variables}
    controller = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    controller |= {"ansible_remote_tmp": str(room / "remote"), "ansible_async_dir": str(room / "async")}
    inventory = {"all": {"hosts": {"localhost": controller}, "children": {"web": web}, "vars": {"leak_room": str(room)}}}
    (room / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
    return [
        of_text(f"{room.name} password of the vault", "vault password", password),
        of_token("external account", "account binding", vault["vault_external_account"]),
        *(of_text(f"{room.name} {name}", "passphrase", text) for name, text in vault.items() if name.endswith("_passphrase")),
    ]


def open_shop(shop: Path, machines: Sequence[Host], passphrase: str) -> None:
    """A commercial CA, of which each host has a certificate."""
    subprocess.run([LAB / "shop.sh", "open", shop], check=True, capture_output=True)
    for host in machines:
        host.prepare(shop, passphrase)


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
