# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the lab, built from Debian's packages alone and kept until their recipe changes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machine import LabError, podman, run, say

RECIPES = Path(__file__).resolve().parent / "images"
REPOSITORY = "localhost/encrypt-httpd-lab"
SUITES = {"debian12": "bookworm", "debian13": "trixie"}
# name of an image -> the layers it is made of, each a recipe in images/ on top of the one before
IMAGES = {
    "debian12": ("debian12", "host"),
    "debian13": ("debian13", "host"),
    "ca": ("debian13", "ca"),
}
SYSTEM_PACKAGES = "ca-certificates,curl,iproute2,openssl,procps,python3,systemd,systemd-sysv"
# what of the machine's apt has to hold inside the images too
APT_OPTIONS = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)


def build(names: set[str]) -> dict[str, str]:
    """Returns the tag of each named image, built now where it is not there yet."""
    for name in names - IMAGES.keys():
        raise LabError(f"no image {name}: there are {', '.join(IMAGES)}")
    bases = sorted({IMAGES[name][0] for name in names})
    with ThreadPoolExecutor(max_workers=2) as pool:
        based = dict(zip(bases, pool.map(_base, bases), strict=True))
        wanted = sorted(names)
        return dict(zip(wanted, pool.map(lambda name: _layers(name, based[IMAGES[name][0]]), wanted), strict=True))


def tags() -> list[str]:
    return podman("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()


def _exists(tag: str) -> bool:
    return podman("image", "exists", tag, check=False).returncode == 0


def _base(release: str) -> str:
    command = ["mmdebstrap", "--variant=apt", f"--include={SYSTEM_PACKAGES}", "--dpkgopt=force-unsafe-io"]
    command += [*_apt_options(), SUITES[release]]
    hook = RECIPES / "base.sh"
    tag = _tag(f"base-{release}", "\0".join(command).encode(), hook.read_bytes())
    if not _exists(tag):
        say(f"{release}: making the base system with mmdebstrap (about a minute)")
        with _work_room() as room:
            _debootstrap(release, room, [*command, f"--customize-hook={hook}", f"{room}/base.tar"])
            with open(f"{room}/base.tar", "rb") as tarball:
                podman("import", "--quiet", "--change", 'CMD ["/sbin/init"]', "-", tag, stdin=tarball)
        say(f"{release}: base system ready")
        _forget_older(tag)
    return tag


def _debootstrap(release: str, room: str, command: list[str]) -> None:
    """Shows how far it is: mmdebstrap says what it does in lines such as "I: downloading packages with apt..."."""
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": room}) as process:
        assert process.stderr
        for line in process.stderr:
            said.append(line)
            if line.startswith(("I: downloading", "I: extracting", "I: installing", "I: creating")):
                say(f"{release}:   {line[3:].strip().rstrip('.')}")
    if process.returncode:
        raise LabError(f"{' '.join(command)}\nfailed with {process.returncode}: {''.join(said[-15:])}")


@contextlib.contextmanager
def _work_room() -> Iterator[str]:
    """A directory in memory where there is enough of it: unpacking a system there takes half the time."""
    with tempfile.TemporaryDirectory(prefix="encrypt-httpd-lab-", dir="/var/tmp", ignore_cleanup_errors=True) as room:
        memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines())
        roomy = int(memory["MemAvailable"].split()[0]) > 6 << 20
        if roomy:
            run("mount", "-t", "tmpfs", "-o", "mode=0755,size=3G", "tmpfs", room)
        try:
            Path(room).chmod(0o755)  # apt downloads as a user of its own
            yield room
        finally:
            if roomy:
                run("umount", "--lazy", room)


def _apt_options() -> list[str]:
    options = []
    for name in APT_OPTIONS:
        shown = run("apt-config", "dump", "--no-empty", name, check=False).stdout
        options += [f"--aptopt={line}" for line in shown.splitlines() if line.startswith(name + " ")]
    return options


def _layers(name: str, tag: str) -> str:
    release, *recipes = IMAGES[name]
    for recipe in recipes:
        base = tag
        tag = _tag(f"{recipe}-{release}", base.encode(), *_content(recipe))
        if _exists(tag):
            continue
        say(f"{release}: building the image {recipe}")
        file = str(RECIPES / f"{recipe}.Containerfile")
        podman(
            "build", "--quiet", "--isolation=chroot", f"--build-arg=BASE={base}", f"--file={file}", f"--tag={tag}",
            str(RECIPES),
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        _forget_older(tag)
    return tag


def _content(recipe: str) -> list[bytes]:
    """The recipe itself and every file it copies."""
    text = (RECIPES / f"{recipe}.Containerfile").read_bytes()
    copied = [line.split()[1:-1] for line in text.decode().splitlines() if line.startswith("COPY ")]
    return [text, *((RECIPES / file).read_bytes() for line in copied for file in line)]


def _tag(name: str, *content: bytes) -> str:
    return f"{REPOSITORY}/{name}:{hashlib.sha256(b'|'.join(content)).hexdigest()[:12]}"


def _forget_older(tag: str) -> None:
    name = tag.rpartition(":")[0]
    for other in tags():
        if other.startswith(name + ":") and other != tag:
            podman("rmi", other, check=False)  # refused, and rightly, while something uses it
