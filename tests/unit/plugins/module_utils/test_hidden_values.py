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
        ("WSGIDaemonProcess app user=www", "WSGIDaemonProcess app (hidden)"),
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
        ("RewriteCond expr \"%{HTTP:X-Key} != 'hunter2'\"", "RewriteCond (hidden)"),
        ('RewriteCond "%{REQ:X-Key}" !=hunter2', "RewriteCond (hidden)"),
        ("RewriteCond %{ENV:KEY} !=hunter2", "RewriteCond (hidden)"),
        ("RewriteCond %{THE_REQUEST} key=hunter2", "RewriteCond (hidden)"),
        ("RewriteCond %{HTTPS}%{HTTP:X-Key} !=onhunter2", "RewriteCond (hidden)"),
        ("RewriteCond %1 !=hunter2", "RewriteCond (hidden)"),
        ("RewriteCond ${keys:%{HTTPS}} !=hunter2", "RewriteCond (hidden)"),
        ("RewriteCond %{QUERY_STRING} %{HTTPS}hunter2", "RewriteCond (hidden)"),
        ('RewriteCond "%{HTTP:X-Forwarded-Proto}" "!https?$" [NC,OR]', 'RewriteCond "%{HTTP:X-Forwarded-Proto}" "!https?$" [NC,OR]'),
        ("RewriteCond %{HTTP:X-Forwarded-Secret} !=hunter2", "RewriteCond (hidden)"),
        ("RewriteCond %{DOCUMENT_ROOT}/cache%{REQUEST_URI} -f", "RewriteCond %{DOCUMENT_ROOT}/cache%{REQUEST_URI} -f"),
        ("RewriteRule ^ - [env=KEY:hunter2]", "RewriteRule ^ - [env=(hidden)]"),
        ("RewriteRule ^ - [L,CO=auth:hunter2:example.org]", "RewriteRule ^ - [L,CO=(hidden)]"),
        ('RewriteRule ^ - "[cookie=auth:a hunter]2,L]"', 'RewriteRule ^ - "[cookie=(hidden),L]"'),
        ("RewriteRule ^/(?!a)(.*)$ http://b/$1?key=hunter2 [P,QSA]", "RewriteRule ^/(?!a)(.*)$ http://b/$1?(hidden) [P,QSA]"),
        ('RewriteRule "^/a b?$" "/c?d e hunter2"', 'RewriteRule "^/a b?$" "/c?(hidden)"'),
        ("RewriteRule ^/a? /b? [R]", "RewriteRule ^/a? /b? [R]"),
        ("Redirect 302 / https://b/?sig=hunter2", "Redirect 302 / https://b/?(hidden)"),
        ("RedirectMatch permanent ^/(?!a) https://b/?hunter2", "RedirectMatch permanent ^/(?!a) https://b/?(hidden)"),
        ("ProxyPass / http://b/?token=hunter2 retry=0", "ProxyPass / http://b/?(hidden) retry=0"),
        ("ProxyPass / http://me:hunter@2@b/", "ProxyPass / http://(hidden)@b/"),
        ('ProxyPass / ajp://b/ "secret=hunter 2"', 'ProxyPass / ajp://b/ "secret=(hidden)'),
        ('<LocationMatch "^/a?$">', '<LocationMatch "^/a?$">'),
        ('CustomLog "|/usr/bin/x --token hunter2" combined', "CustomLog (hidden)"),
        ("ErrorLog  |/usr/bin/hunter2", "ErrorLog (hidden)"),
        ("CustomLog /var/log/a combined", "CustomLog /var/log/a combined"),
        ("CustomLog /a b \"expr=%{HTTP:X-Key} == 'hunter2'\"", 'CustomLog /a b "expr=(hidden)'),
        ("RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}", "RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}"),
        ("RequestHeader set X-Forwarded-Secret hunter2", "RequestHeader (hidden)"),
        ("RequestHeader set X-Forwarded-Port-Key hunter2", "RequestHeader (hidden)"),
        ("Header set Content-Key hunter2", "Header (hidden)"),
        ("<If \"%{HTTPS} == 'off' && %{HTTP_HOST} == 'b'\">", "<If \"%{HTTPS} == 'off' && %{HTTP_HOST} == 'b'\">"),
        ("<If \"%{HTTPS} == 'off' && %{HTTP:X-Key} == 'hunter2'\">", "<If (hidden)>"),
        ("<ElseIf \"req('X-Key') == 'hunter2'\">", "<ElseIf (hidden)>"),
        ("SetEnvIf X-Forwarded-Proto https HTTPS=on", "SetEnvIf X-Forwarded-Proto https HTTPS=on"),
        ("SetEnvIf X-Forwarded-Proto https KEY=hunter2", "SetEnvIf (hidden)"),
        ("SetEnvIf X-Key hunter2 HTTPS=on", "SetEnvIf (hidden)"),
        ('SetEnv "KEY=hunter2"', "SetEnv (hidden)"),
        ("SetEnv HTTPS off", "SetEnv HTTPS off"),
        ("MDomain example.org", "MDomain example.org"),
        ("<MDomainSet example.org>", "<MDomainSet example.org>"),
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
