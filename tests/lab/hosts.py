# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a lab: containers that boot systemd and are reached over ssh like any server."""

from __future__ import annotations

import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machine import LabError, podman, podman_json, run, say
from state import Lab

LABEL = "encrypt-httpd-lab"
LIMITS = ("nofile=1024:1024", "nproc=1024:1024", "memlock=65536:65536")
BOOTED = """\
until [ -S /run/systemd/private ]; do sleep 0.1; done
[ "$(systemctl is-system-running --wait)" = running ] && exit
systemctl --failed --no-legend --plain >&2
exit 1
"""
WELCOME = """\
install -d -m 0700 -o ops -g ops ~ops/.ssh
install -m 0600 -o ops -g ops /dev/stdin ~ops/.ssh/authorized_keys
cat /etc/ssh/ssh_host_ed25519_key.pub
grep -rhoE 'https?://[^/:"; ]+' /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d | sort -u
"""


def is_up(lab: Lab) -> bool:
    """True when every container of the lab runs, from exactly the wanted images, in the wanted network."""
    wanted = {lab.container(host): lab.tags[image] for host, image in _machines(lab).items()}
    found = podman_json("ps", "--format=json", f"--filter=label={LABEL}={lab.state}")
    return {container["Names"][0]: container["Image"] for container in found} == wanted


def boot(lab: Lab) -> None:
    podman("network", "create", "--disable-dns", f"--label={LABEL}={lab.state}", f"--subnet={lab.network}", lab.network_name)
    key = lab.state / "ssh_key"
    if not key.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {lab.name}", "-f", str(key))
    _boot_all(lab, list(_machines(lab)))


def renew(lab: Lab) -> None:
    podman("rm", "--force", "--time=0", "--ignore", *(lab.container(host) for host in lab.hosts))
    _boot_all(lab, list(lab.hosts))


def remove(lab: Path) -> bool:
    """Removes the containers and the network of the lab with this state directory, however far they got."""
    found = podman("ps", "--all", "--quiet", f"--filter=label={LABEL}={lab}").stdout.split()
    if found:
        podman("rm", "--force", "--time=0", *found)
    networks = podman("network", "ls", "--quiet", f"--filter=label={LABEL}={lab}").stdout.split()
    if networks:
        podman("network", "rm", "--force", *networks)
    return bool(found or networks)


def everywhere() -> list[Path]:
    """The state directories of all labs on this machine, also those of other checkouts."""
    found = podman_json("ps", "--all", "--format=json", f"--filter=label={LABEL}")
    networks = podman_json("network", "ls", "--format=json", f"--filter=label={LABEL}")
    labels = [container["Labels"] for container in found] + [network["labels"] for network in networks]
    return sorted({Path(label[LABEL]) for label in labels})


def remove_orphans() -> None:
    for lab in everywhere():
        if not lab.exists() and remove(lab):
            say(f"removed a lab whose checkout is gone: {lab}")


def _machines(lab: Lab) -> dict[str, str]:
    return {"ca": "ca", **lab.hosts}


def _boot_all(lab: Lab, names: list[str]) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        known = list(pool.map(lambda host: _boot(lab, host), names))
    (lab.state / "known_hosts").write_text("".join(known), encoding="utf-8")


def _boot(lab: Lab, host: str) -> str:
    """Returns the line for known_hosts, empty for the CA, which has no sshd."""
    image, address = _machines(lab)[host], lab.addresses.get(host, lab.ca)
    name = lab.container(host)
    share = [f"--volume={lab.state}/ca:/etc/pebble:ro"] if host == "ca" else []
    podman(
        "run", "--detach", f"--name={name}", f"--hostname={host}", f"--label={LABEL}={lab.state}",
        f"--network={lab.network_name}", f"--ip={address}", f"--mac-address={_mac(address)}", f"--dns={lab.ca}", "--dns-search=.",
        "--privileged", "--systemd=always", "--pids-limit=0", *(f"--ulimit={limit}" for limit in LIMITS),
        *share, lab.tags[image],
    )  # fmt: skip
    try:
        inside(lab, host, BOOTED, timeout=120)
    except subprocess.TimeoutExpired:
        raise LabError(f"{host} has not booted within 2 minutes; look at: podman logs {name}") from None
    known = "" if host == "ca" else _welcome(lab, host, address)
    say(f"{host}: up ({image}, {address})")
    return known


def _mac(address: str) -> str:
    """The same for the same address: a host that boots anew is not mistaken for the one before it (ARP)."""
    return "02:00:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def _welcome(lab: Lab, host: str, address: str) -> str:
    key = (lab.state / "ssh_key.pub").read_text(encoding="utf-8")
    public, *sources = inside(lab, host, WELCOME, input=key).splitlines()
    with _connect(host, address) as connection:
        if not connection.recv(4).startswith(b"SSH-"):
            raise LabError(f"{host}: what answers at {address} port 22 is no sshd")
    _let_apt_find(lab, sources)
    return f"{address} {' '.join(public.split()[:2])}\n"


def _connect(host: str, address: str) -> socket.socket:
    """Bridge and firewall are set up beside the boot, and a little later when another lab is set up at the same time."""
    for _attempt in range(20):
        try:
            return socket.create_connection((address, 22), timeout=3)
        except OSError as error:
            told = error
            time.sleep(0.2)
    raise LabError(f"{host}: nothing answers at {address} port 22: {told}")


def _let_apt_find(lab: Lab, sources: list[str]) -> None:
    """The lab's DNS knows nothing of the outside, so what apt asks for is looked up here and told to it."""
    for source in sources:
        name = source.rpartition("/")[2]
        if name not in lab.records:
            try:
                lab.records[name] = [socket.getaddrinfo(name, 80, socket.AF_INET)[0][4][0]]
            except OSError:
                continue  # without it the lab works all the same; its hosts just cannot install packages


def inside(lab: Lab, host: str, script: str, **options: object) -> str:
    return podman("exec", "--interactive", lab.container(host), "sh", "-euc", script, **options).stdout
