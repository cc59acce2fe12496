# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._throwaway import Throwaway

MODULES = """
LoadModule ssl_module /m/mod_ssl.so
LoadModule mpm_event_module /m/mod_mpm_event.so
LoadModule php_module /m/libphp.so
"""
SITE = """
<IfModule ssl_module>
SSLProtocol -all \\
   +TLSv1.3
SSLSessionCache shmcb:/run/cache
</IfModule>
SSLEngine on
<Location /private>
    SSLRequire true
</Location>
<VirtualHost *:80>
    ServerName www.example.org
    SSLProxyEngine on
</VirtualHost>
<IfFile "/tls/www.example.org/current/fullchain.pem">
<VirtualHost *:443>
    ServerName www.example.org
    ServerAlias example.org
    DocumentRoot /srv
    SSLEngine on
    SSLCertificateFile "/tls/www.example.org/current/fullchain.pem"
</VirtualHost>
</IfFile>
<IfFile !"/tls/www.example.org/current/fullchain.pem">
<VirtualHost *:443>
    ServerName www.example.org
    SSLCertificateFile "/md/other.pem"
</VirtualHost>
</IfFile>
<IfFile "/tls/new.example.org/current/fullchain.pem">
<VirtualHost *:443>
    ServerName new.example.org
    SSLCertificateFile "/tls/new.example.org/current/fullchain.pem"
</VirtualHost>
</IfFile>
"""


def test_all_that_is_said_of_tls_and_nothing_else() -> None:
    httpd = Httpd("apachectl", "httpd", lambda _command: (0, "", ""))
    made = Throwaway(httpd, [MODULES, SITE], {"/tls/www.example.org/current": "/tls/www.example.org/versions/2"}, "/scratch")
    lines = made.configuration(4443, ['User "www-data"'], "/etc/apache2").splitlines()
    assert lines == [
        'ServerRoot "/etc/apache2"',
        "LoadModule ssl_module /m/mod_ssl.so",
        "LoadModule mpm_event_module /m/mod_mpm_event.so",
        'User "www-data"',
        "ServerName localhost",
        "Listen 127.0.0.1:4443",
        'PidFile "/scratch/pid"',
        'ErrorLog "/scratch/log"',
        'DefaultRuntimeDir "/scratch"',
        'SSLSessionCache "shmcb:/scratch/cache(512000)"',
        "SSLProtocol -all     +TLSv1.3",
        "<VirtualHost 127.0.0.1:4443>",
        "ServerName www.example.org",
        "ServerAlias example.org",
        "SSLEngine on",
        'SSLCertificateFile "/tls/www.example.org/versions/2/fullchain.pem"',
        "</VirtualHost>",
    ]
