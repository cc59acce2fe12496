#!/bin/sh
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Called by mmdebstrap with the new system's root: a host in a container leaves the machine's hardware,
# clock, kernel settings and terminals alone.
set -eu
chroot "$1" systemctl mask --quiet \
    apt-daily-upgrade.timer apt-daily.timer console-getty.service dev-hugepages.mount dev-mqueue.mount \
    dpkg-db-backup.timer e2scrub_all.timer fstrim.timer getty.target proc-sys-fs-binfmt_misc.automount \
    sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    systemd-binfmt.service systemd-firstboot.service systemd-journald-audit.socket systemd-logind.service \
    systemd-modules-load.service systemd-sysctl.service systemd-timesyncd.service systemd-udev-trigger.service \
    systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service
