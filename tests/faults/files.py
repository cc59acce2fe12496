# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and disks that are in the way, and failures after everything was put in place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from host import LAYOUT, NAME, ROOT, TRANSACTION, Host, output, served, shell, snapshot

FILL = f"dd if=/dev/zero of={ROOT}/fill bs=4096 status=none 2> /dev/null || true"
END = "systemctl stop apache2"


def planted(host: Host) -> tuple[int, str]:
    """Links where files belong, and a careless umask."""
    victim = Path("/root/victim")
    victim.write_text("# mine\n")
    site = Path(host.present()["files"][0]["path"])
    content = site.read_text()
    site.unlink()
    site.symlink_to(victim)
    host.refused(host.next(), "changed by hand")
    host.generation -= 1
    old = os.umask(0)
    try:
        host.must(host.next(overwrite_edits=True))
        places = {ROOT / ".encrypt-httpd": "changed by hand", Path("/run/encrypt-httpd"): "must be a directory, not a link"}
        for place, says in places.items():
            kept = place.with_name("kept")
            place.rename(kept)
            place.symlink_to(Path("/root"))
            host.refused(host.next(), says)
            host.generation -= 1
            place.unlink()
            kept.rename(place)
    finally:
        os.umask(old)
    assert victim.read_text() == "# mine\n"
    assert content != site.read_text()
    open_files = output("find", f"{ROOT}/tls", f"{ROOT}/.encrypt-httpd", "/run/encrypt-httpd", "-not", "-type", "l", "-perm", "/077")
    assert open_files == "", open_files
    for copy in site.parent.glob("*~"):
        copy.unlink()
    return 4, "never followed; nothing open to others"


def edited_by_hand(host: Host) -> tuple[int, str]:
    """Somebody has changed a file of ours."""
    site = Path(host.present()["files"][0]["path"])
    site.write_text(site.read_text() + "# by hand\n")
    told = host.refused(host.next(), "changed by hand")
    assert "-# by hand" in told, told
    host.must({**host.present(), "activate": [NAME], "overwrite_edits": True})
    copies = list(site.parent.glob(f"{site.name}.*~"))
    assert [copy.read_text().endswith("# by hand\n") for copy in copies] == [True]
    copies[0].unlink()
    served(host)
    return 2, "refused with a diff, or overwritten with a copy kept"


def immutable(path: str, wanted: bool) -> None:
    """What "chattr +i" and "-i" do, which not every host has (linux/fs.h)."""
    get_flags, set_flags, flag = 0x80086601, 0x40086602, 0x10
    descriptor = os.open(path, os.O_RDONLY)
    flags = int.from_bytes(fcntl.ioctl(descriptor, get_flags, b"\0" * 8), sys.byteorder)
    flags = flags | flag if wanted else flags & ~flag
    fcntl.ioctl(descriptor, set_flags, flags.to_bytes(8, sys.byteorder))
    os.close(descriptor)


def read_only(host: Host) -> tuple[int, str]:
    """Directories and files that cannot be changed."""
    enabled, available = f"{ROOT}/sites-enabled", f"{ROOT}/sites-available"
    for directory in (available, enabled):
        shell(f"mount --bind {directory} {directory}", f"mount -o remount,bind,ro {directory}")
        plan = host.next()
        plan["files"].append({"path": f"{enabled}/002-more.conf", "content": "# more\n"})
        try:
            host.refused(plan, "Read-only file system" if directory == available else "")
        finally:
            shell(f"umount {directory}")
        host.generation -= 1
    site = host.present()["files"][0]["path"]
    immutable(site, True)
    try:
        host.refused(host.next(), "Operation not permitted…Nothing was changed")
    finally:
        immutable(site, False)
    host.generation -= 1
    served(host)
    return 3, "refused, nothing changed"


def no_room_to_run(host: Host) -> tuple[int, str]:
    """No room where the lock is: who holds it cannot be said, that is all."""
    shell("mount -t tmpfs -o size=16k,mode=700 tmpfs /run/encrypt-httpd", "dd if=/dev/zero of=/run/encrypt-httpd/fill status=none || true")
    try:
        host.must(host.next())
    finally:
        shell("umount /run/encrypt-httpd")
    served(host)
    return 1, "the change gets through"


@contextlib.contextmanager
def small_disk() -> Iterator[None]:
    """The configuration lies on a disk of 4 MiB meanwhile; httpd has to start anew to see it."""
    restart = "systemctl reset-failed apache2; systemctl restart apache2"
    kept = "/root/apache2"
    shell(f"cp -a {ROOT} {kept}", f"mount -t tmpfs -o size=4m,mode=755 tmpfs {ROOT}", f"cp -a {kept}/. {ROOT}/", restart)
    try:
        yield
    finally:
        fill = f"rm -f {ROOT}/fill; rm -rf {kept}; cp -a {ROOT} {kept}"
        shell(fill, f"umount {ROOT}", f"rm -rf {ROOT}/* {ROOT}/.encrypt-httpd", f"cp -a {kept}/. {ROOT}/; rm -rf {kept}", restart)


def full_disk(host: Host) -> tuple[int, str]:
    """The disk takes one page more each time, until the change gets through."""
    fill = ROOT / "fill"
    pages = 0
    while True:
        plan = host.next()
        for version in Path(LAYOUT.versions).iterdir():  # the next run would remove it, and have room
            if version.name != os.path.basename(os.readlink(LAYOUT.current)):
                shutil.rmtree(version)
        shell(FILL)
        os.truncate(fill, fill.stat().st_size - pages * 4096)
        before = snapshot()
        told = host.change(plan)
        fill.unlink()
        if not told["code"]:
            break
        assert "No space left" in told["error"], told
        host.generation -= 1
        served(host)
        assert {path: entry for path, entry in before.items() if path != "fill"} == snapshot(), told
        pages += 1
    served(host)
    assert pages, "the disk was never full"
    return pages, "refused, nothing changed"


def ends_meanwhile(host: Host) -> tuple[int, str]:
    """httpd ends when all is in place: before it is reloaded, and after."""
    steps = host.must(host.next())["steps"]
    host.must(host.next(), "--at", str(steps.index("reloads httpd") + 1), END)
    served(host)
    at = ("--at", str(steps.index("looks at what is served") + 1), END)
    host.refused(host.next(timeout=1), "no TLS handshake…Everything was put back, and httpd runs as before", *at)
    host.generation -= 1
    served(host)
    return 2, "started with the change, or put back and started"


def full_afterwards(host: Host) -> tuple[int, str]:
    """The disk is full when all is in place, and httpd does not serve as it should."""
    steps = host.must(host.next())["steps"]
    told = host.change(host.next(timeout=1), "--at", str(steps.index("looks at what is served") + 1), f"{FILL}; {END}")
    assert "Everything was put back, and httpd runs as before" in told["error"], told
    host.generation -= 1
    served(host)
    return 1, "put back: renames need no room"


def second_failure(host: Host) -> tuple[int, str]:
    """What lay there cannot be put back, either: both are told; the next run mends it."""
    available = f"{ROOT}/sites-available"
    steps = host.must(host.next())["steps"]
    before = snapshot()
    shell(f"mount --bind {available} {available}")
    in_the_way = f"mount -o remount,bind,ro {available}; {END}"
    told = host.change(host.next(timeout=1), "--at", str(steps.index("looks at what is served") + 1), in_the_way)
    shell(f"umount {available}")
    for part in ("no TLS handshake", "Putting the former configuration back failed, too", "Read-only file system", str(TRANSACTION)):
        assert part in told["error"], told
    host.generation -= 1
    told = host.must(host.present())
    assert "an earlier run was cut off. Everything was put back" in told["warnings"][0], told
    assert snapshot() == before
    served(host)
    return 1, "both errors are told; the next run puts it back"
