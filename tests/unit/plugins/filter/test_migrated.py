# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.encrypt.httpd.plugins.filter.migrated import migrated


def test_sites_that_were_taken_from_others_are_asked_for_once_and_at_their_stage() -> None:
    virtual_hosts = [
        {"site": "www.example.org", "taken_from": "/etc/apache2/sites-enabled/www.conf:1"},
        {"site": "www.example.org", "taken_from": "/etc/apache2/sites-enabled/www.conf:1"},
        {"site": "listed.example.org", "taken_from": ""},
        {"site": "", "taken_from": ""},
    ]
    assert migrated(virtual_hosts, "permanent", 0) == [
        {"name": "www.example.org", "names": ["www.example.org"], "stage": "permanent", "hsts": 63072000, "shared": False}
    ]
    assert migrated(virtual_hosts, "hsts", 300)[0]["hsts"] == 300
