# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.encrypt.httpd.plugins.module_utils._view import parse_mounts

MOUNTS = r"""
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 23 0:22 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw
25 22 0:23 / /sys rw - sysfs sysfs rw
26 25 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
27 22 0:25 / /dev rw - devtmpfs udev rw
28 22 0:26 / /run rw - tmpfs tmpfs rw
29 22 8:2 / /var rw - ext4 /dev/sda2 rw
30 29 8:3 / /var/www/my\040sité rw - xfs /dev/sdb1 rw
31 22 0:27 / /net rw - autofs auto.net rw
32 31 0:28 / /net/host rw - nfs4 host:/ rw
33 22 0:29 / /var rw - overlay overlay rw
"""


def test_the_file_systems_that_are_to_be_seen_those_above_first() -> None:
    assert [(mount.path, mount.kind) for mount in parse_mounts(MOUNTS.strip())] == [
        ("/", "ext4"),
        ("/run", "tmpfs"),
        ("/var", "overlay"),
        ("/var/www/my sité", "xfs"),
    ]
