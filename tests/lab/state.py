# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of one lab: its hosts and addresses, and the files that tell others about them."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import ipaddress
import json
import os
from pathlib import Path
from typing import Any

from machine import LabError, podman_json, run

ROOT = Path(__file__).resolve().parents[2]
STATES = Path(os.environ.get("LAB_STATE", ROOT / ".cache" / "lab"))
CHECKOUT = hashlib.sha256(str(STATES).encode()).hexdigest()[:6]  # labs of two checkouts can be up at once
#: Customers that the lab's second CA knows: key identifier -> MAC key (RFC 8555 section 7.3.4).
EXTERNAL_ACCOUNT = {"fleet": base64.urlsafe_b64encode(hashlib.sha256(f"a customer of {STATES}".encode()).digest()).decode().rstrip("=")}
CA_PLACE, FIRST_HOST_PLACE = 2, 11


@dataclasses.dataclass
class Lab:
    name: str
    network: str  # the subnet, such as 10.87.1.0/24
    hosts: dict[str, str]  # name -> image, such as debian13
    tags: dict[str, str] = dataclasses.field(default_factory=dict)  # image -> the exact build of it
    pebble_environment: dict[str, str] = dataclasses.field(default_factory=dict)
    pebble_configuration: dict[str, Any] = dataclasses.field(default_factory=dict)
    records: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # DNS name -> addresses

    @property
    def state(self) -> Path:
        return STATES / self.name

    @property
    def network_name(self) -> str:
        return f"{self.name}-{CHECKOUT}"

    @property
    def ca(self) -> str:
        return self._address(CA_PLACE)

    @property
    def directory(self) -> str:
        return f"https://{self.ca}:14000/dir"

    @property
    def addresses(self) -> dict[str, str]:
        return {host: self._address(FIRST_HOST_PLACE + place) for place, host in enumerate(self.hosts)}

    def _address(self, place: int) -> str:
        return str(ipaddress.ip_network(self.network)[place])

    def container(self, host: str) -> str:
        if host != "ca" and host not in self.hosts:
            raise LabError(f"lab {self.name} has no host {host}: there are ca, {', '.join(self.hosts)}")
        return f"{self.network_name}-{host}"

    def save(self) -> None:
        shown = {**dataclasses.asdict(self), "ca": self.ca, "directory": self.directory, "addresses": self.addresses}
        (self.state / "lab.json").write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
        (self.state / "inventory.yml").write_text(self._inventory(), encoding="utf-8")

    def _inventory(self) -> str:
        ssh = f"-o UserKnownHostsFile={self.state}/known_hosts -o StrictHostKeyChecking=yes"
        hosts = "".join(f"    {host}:\n      ansible_host: {at}\n" for host, at in self.addresses.items())
        return (
            f"# Written by tests/lab/lab.py up {self.name}\nall:\n  hosts:\n{hosts}  vars:\n"
            "    ansible_user: ops\n"
            f"    ansible_ssh_private_key_file: {self.state}/ssh_key\n"
            f"    ansible_ssh_common_args: {ssh}\n"
            "    ansible_python_interpreter: /usr/bin/python3\n"
            f"    lab_state: {self.state}\n"
            f"    lab_directory: {self.directory}\n"
            f"    lab_binding_directory: https://{self.ca}:14001/dir\n"
            f"    lab_external_account: {json.dumps(EXTERNAL_ACCOUNT)}\n"
            f"    lab_management: https://{self.ca}:15000\n"
            f"    lab_ca_bundle: {self.state}/pebble-tls-ca.pem\n"
            f"    lab_issuer_root: {self.state}/issuer-root.pem\n"
        )


def load(name: str) -> Lab | None:
    file = STATES / name / "lab.json"
    if not file.exists():
        return None
    known = json.loads(file.read_text(encoding="utf-8"))
    return Lab(**{field.name: known[field.name] for field in dataclasses.fields(Lab)})


def running(name: str) -> Lab:
    lab = load(name)
    if lab is None:
        raise LabError(f"there is no lab {name}; make it with: lab.py up {name} --host web1=debian13")
    return lab


def free_network(wish: int) -> str:
    """The first free 10.87.N.0/24, from the wished-for N on."""
    taken = [route["dst"] for route in json.loads(run("ip", "-json", "-4", "route").stdout) if route["dst"] != "default"]
    taken += [subnet["subnet"] for network in podman_json("network", "inspect", *_networks()) for subnet in network["subnets"]]
    used = [ipaddress.ip_network(subnet) for subnet in taken]
    for number in [*range(wish, 255), *range(wish)]:
        network = ipaddress.ip_network(f"10.87.{number}.0/24")
        if not any(network.overlaps(other) for other in used):
            return str(network)
    raise LabError("no 10.87.N.0/24 is free on this machine; see `ip route` and remove labs with lab.py down")


def _networks() -> list[str]:
    return [network["name"] for network in podman_json("network", "ls", "--format=json")]
