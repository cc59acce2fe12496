# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._config_files import ConfigFile
from ansible_collections.encrypt.httpd.plugins.module_utils._diff import of_file
from ansible_collections.encrypt.httpd.plugins.module_utils._edits import refuse
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import FileError
from ansible_collections.encrypt.httpd.plugins.module_utils._hidden_values import hide_values

ALL, ROOT = 0o644, 0o600


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("    SetEnv DB_PASSWORD hunter2", "    SetEnv DB_PASSWORD (hidden)"),
        ("php_admin_value mysqli.default_pw hunter2", "php_admin_value mysqli.default_pw (hidden)"),
        ("AuthLDAPBindPassword hunter2", "AuthLDAPBindPassword (hidden)"),
        ('RequestHeader set Authorization "Basic aHVudGVyMg=="', "RequestHeader (hidden)"),
        ('RequestHeader set X-Forwarded-Proto "https"', 'RequestHeader set X-Forwarded-Proto "https"'),
        ('Header always set Strict-Transport-Security "max-age=0"', 'Header always set Strict-Transport-Security "max-age=0"'),
        ("<If \"%{HTTP:X-Key} == 'hunter2'\">", "<If (hidden)>"),
        ("</If>", "</If>"),
        ("Require expr %{HTTP:X-Key} == 'hunter2'", "Require (hidden)"),
        ("Require ip 192.0.2.0/24", "Require ip 192.0.2.0/24"),
        ("ProxyPass / http://me:hunter2@127.0.0.1/", "ProxyPass / http://(hidden)@127.0.0.1/"),
        ("ProxyPass / ajp://127.0.0.1:8009/ secret=hunter2", "ProxyPass / ajp://127.0.0.1:8009/ secret=(hidden)"),
        ("RewriteRule ^ - [E=KEY:hunter2,L]", "RewriteRule ^ - [E=(hidden),L]"),
        ("RewriteCond %{HTTP:X-Key} !=hunter2", "RewriteCond (hidden)"),
        ("RewriteCond %{HTTP_HOST} ^www", "RewriteCond %{HTTP_HOST} ^www"),
        ("SetEnv KEY \\\n  hunter2", "SetEnv KEY (hidden)"),
        ("# Written by us\n\n<VirtualHost *:80>\n</VirtualHost>\n", "# Written by us\n\n<VirtualHost *:80>\n</VirtualHost>\n"),
        ("    </Directory>", "    </Directory>"),
    ],
)
def test_what_may_be_secret_is_not_shown(text: str, shown: str) -> None:
    assert hide_values(text) == shown


@pytest.mark.parametrize(("modes", "hidden"), [((ALL, ALL), False), ((ALL, ROOT), True), ((ROOT, ALL), True)])
def test_a_diff_of_what_is_private_has_no_secrets(modes: tuple[int, int], hidden: bool) -> None:
    found, wanted = (ConfigFile("/f", f"SetEnv KEY hunter{number}\n", mode=mode) for number, mode in enumerate(modes))
    shown = of_file(found, wanted)
    with pytest.raises(FileError) as refused:
        refuse([(found, wanted)])
    assert ["hunter" in text for text in (shown["before"], shown["after"], str(refused.value))] == [not hidden] * 3
