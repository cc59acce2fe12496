# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine the lab runs on: its packages, its cgroups, and podman on it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGES = {
    "podman": "podman",
    "crun": "crun",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "newuidmap": "uidmap",
    "ssh-keygen": "openssh-client",
    "openssl": "openssl",
    "curl": "curl",
}
RUN = Path("/run/encrypt-httpd-lab")  # what does not outlive a boot
STORE = Path("/var/lib/encrypt-httpd-lab")  # images and containers, apart from the machine's own podman
NAMESPACE = RUN / "mount" / "namespace"
STARTED = time.monotonic()


class LabError(Exception):
    """The whole message a person can act on."""


def elapsed() -> float:
    return time.monotonic() - STARTED


def say(text: str) -> None:
    print(f"[{elapsed():6.1f} s] {text}", flush=True)


def run(*command: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    options = {"text": True, "capture_output": True, **options}
    done = subprocess.run(command, check=False, **options)
    if check and done.returncode:
        last = "\n".join((done.stderr or done.stdout or "").strip().splitlines()[-15:])
        raise LabError(f"{' '.join(command)}\nfailed with {done.returncode}: {last}")
    return done


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One lab command at a time changes the machine; a second one waits for the first."""
    RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(RUN / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another lab command is at work, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Makes this machine able to run the lab; does nothing where it is able already."""
    if os.geteuid() != 0:
        raise LabError("the lab boots systemd in containers and needs root: run it as root or with sudo")
    _install_packages()
    _write_podman_configuration()
    if _needs_namespace() and not _mounted(NAMESPACE):
        _make_namespace()


def _install_packages() -> None:
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise LabError(f"missing here: {', '.join(missing)}; the lab installs them on Debian only")
    say(f"installing with apt-get: {' '.join(missing)}")
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(*apt, "update", env=environment)
    run(*apt, "install", "-y", "--no-install-recommends", *missing, env=environment)


def _needs_namespace() -> bool:
    """Systemd in a container wants cgroup2 alone; a v1 or hybrid machine does not give it that."""
    return not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def _mounted(path: Path) -> bool:
    """os.path.ismount does not see bind mounts."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return any(line.split()[4] == str(path) for line in mounts)


def _make_namespace() -> None:
    """One mount namespace for every podman call, so that each finds what another has mounted."""
    say("this machine has cgroup v1: making a mount namespace with cgroup2 for podman")
    room = NAMESPACE.parent
    room.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _mounted(room):
        run("mount", "--bind", str(room), str(room))
    run("mount", "--make-private", str(room))
    NAMESPACE.touch()
    inside = "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup"
    run("unshare", f"--mount={NAMESPACE}", "--propagation", "slave", "sh", "-c", inside)


def remove() -> None:
    """Takes away everything the lab keeps on this machine, save the packages."""
    if _mounted(NAMESPACE):
        _inside("umount", "-R", "-q", str(STORE / "storage" / "overlay"), check=False)
        run("umount", str(NAMESPACE))
    if _mounted(NAMESPACE.parent):
        run("umount", str(NAMESPACE.parent))
    run("umount", "-R", "-q", str(STORE / "storage" / "overlay"), check=False)
    for path in (STORE, RUN):
        shutil.rmtree(path, ignore_errors=True)


def _write_podman_configuration() -> None:
    (STORE / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
    STORE.chmod(0o700)
    RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    manager = "cgroupfs" if _needs_namespace() or not Path("/run/systemd/system").exists() else "systemd"
    containers = f"""\
[engine]
cgroup_manager = "{manager}"
events_logger = "none"
static_dir = "{STORE}/libpod"
volume_path = "{STORE}/volumes"
tmp_dir = "{RUN}/libpod"
runtime = "crun"
[network]
network_backend = "netavark"
network_config_dir = "{STORE}/networks"
[containers]
log_driver = "k8s-file"
log_size_max = 1048576
"""
    storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{STORE}/storage"\nrunroot = "{RUN}/storage"\n'
    (STORE / "containers.conf").write_text(containers, encoding="utf-8")
    (STORE / "storage.conf").write_text(storage, encoding="utf-8")


def _inside(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    if _needs_namespace():
        command = ("nsenter", f"--mount={NAMESPACE}", "--", *command)
    return run(*command, **options)


def podman(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "CONTAINERS_CONF": str(STORE / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(STORE / "storage.conf"),
        "TMPDIR": str(STORE / "tmp"),  # what a stopped build leaves there goes with the store
    }
    return _inside("podman", *arguments, env=environment, **options)


def podman_json(*arguments: str) -> Any:
    return json.loads(podman(*arguments).stdout or "null")


def main_with_errors(main: Any) -> None:
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"lab: {error}")
    except KeyboardInterrupt:
        sys.exit("lab: stopped; run the same command again to go on")
