# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the lab, entered past Ansible, so that the test itself leaves nothing where it searches."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LAB = HERE.parent / "lab"
NAME = "molecule"

#: A careless administrator's host: nothing that a session makes is closed by its umask.
CARELESS = """
echo 'session required pam_umask.so umask=0000' | tee -a /etc/pam.d/common-session /etc/pam.d/common-session-noninteractive
"""
#: An encrypted key that is there before us, and its request.
OLD_KEY = """
umask 077
openssl req -newkey rsa:2048 -passout stdin -keyout /root/old.key -subj "/CN=old.$(hostname).test" \
    -addext "subjectAltName=DNS:old.$(hostname).test" 2>/dev/null
"""
FORGET = """
rm -rf /etc/apache2/tls/old.*
for binding in /etc/apache2/mod-md-eab.json /root/mod-md-eab.json; do
    [ ! -e $binding ] || echo >> $binding
done
"""
#: Runs a program that imports fanotify.
LOADER = """
import sys, types
fanotify, program = sys.argv[1:3]
del sys.argv[1:3]
module = sys.modules["fanotify"] = types.ModuleType("fanotify")
exec(fanotify, module.__dict__)
exec(program)
"""


def lab(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """One command of the lab."""
    return subprocess.run([sys.executable, LAB / "lab.py", *arguments], check=True, capture_output=True, **options)


@dataclass(frozen=True)
class Host:
    """One of them."""

    name: str
    address: str

    def inside(self, *command: str) -> list[str]:
        """The command that runs a command in it, as root."""
        return [sys.executable, str(LAB / "lab.py"), "exec", NAME, self.name, "--", *command]

    def run(self, *command: str, data: bytes = b"") -> bytes:
        """What a command prints, which is given *data*."""
        return subprocess.run(self.inside(*command), input=data, check=True, capture_output=True).stdout

    def prepare(self, shop: Path, passphrase: str) -> None:
        """Make it careless, and have it have a key and a bought certificate."""
        self.run("sh", "-ec", CARELESS)
        request, chain = shop / f"{self.name}.csr", shop / f"{self.name}.crt"
        request.write_bytes(self.run("sh", "-ec", OLD_KEY, data=passphrase.encode() + b"\n"))
        subprocess.run([LAB / "shop.sh", "sign", shop, request, "reversed", chain], check=True, capture_output=True)
        for name, content in (("old.crt", chain), ("root.pem", shop / "root.pem")):
            self.run("sh", "-ec", f"cat > /root/{name}", data=content.read_bytes())

    def forget(self) -> None:
        """Have the next run bring in the old key and place the account binding once more."""
        self.run("sh", "-ec", FORGET)

    def journal(self) -> bytes:
        """All of it, with all fields."""
        return self.run("journalctl", "--output=export", "--all")


def new_hosts() -> list[Host]:
    """Those that the lab knows, booted anew, and found by the names of their sites."""
    lab("renew", NAME)
    known = json.loads((state() / "lab.json").read_text(encoding="utf-8"))
    names = [f"{site}.{host}.test={host}" for host in known["addresses"] for site in ("own", "md")]
    lab("dns", NAME, f"shared.test={','.join(known['addresses'].values())}", *names)
    return [Host(name, address) for name, address in known["addresses"].items()]


def variables(python: Path) -> dict[str, Any]:
    """What the inventory of the lab says of all of them."""
    command = [python.parent / "ansible-inventory", "--inventory", state() / "inventory.yml", "--list"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["_meta"]["hostvars"]
    return {name: value for name, value in next(iter(listed.values())).items() if name != "ansible_host"}


def state() -> Path:
    """The directory of the lab."""
    return LAB.parents[1] / ".cache" / "lab" / NAME


def python(name: str) -> Sequence[str]:
    """The command that runs one of the programs there, with its module, out of no file."""
    module, program = ((HERE / file).read_text(encoding="utf-8") for file in ("fanotify.py", name))
    return ("python3", "-c", LOADER, module, program)
