# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._bodies import body
from ansible_collections.encrypt.httpd.plugins.module_utils._obstacles import obstacles

from .configurations import site

MARK = "RewriteCond %{HTTPS} on\nRewriteRule ^ - [E=S:1]"
#: Copies of pages, for http and for https.
CACHES = "\n".join(
    f"RewriteCond %{{{{HTTPS}}}} {scheme}\nRewriteRule ^(.*)$ /cache/$1/{page} [{{0}}]"
    for scheme, page in (("on", "index-https.html"), ("off", "index.html"))
)


def pair(secure: str, plain: str, more: str = "NC") -> str:
    """As WP Super Cache has them."""
    of = ((secure, "on", "index-https.html", more), (plain, "off", "index.html", "NC"))
    return "\n".join(
        f"RewriteCond /c/$1/{page} {test}\nRewriteCond %{{REMOTE_ADDR}} ^10\nRewriteCond %{{HTTPS}} {scheme}\n"
        f"RewriteRule ^(.*)$ /c/$1/{page} [L,{flag}]"
        for test, scheme, page, flag in of
    )


SECURE, REFUSED = "RewriteCond %{HTTPS} on\nRewriteRule ^(.*)$ /b$1 [L]", ["refuse RewriteRule"]


def verdicts(text: str, *names: str, **more: str) -> list[str]:
    host, config = site(text, *names, **more)
    return [f"{one.verdict} {one.directive.split()[0].strip('<>')}" for one in obstacles(host, config)]


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("%{SSL_CIPHER_USEKEYSIZE} >= 128", "fine"),
        ("%{SSL_CIPHER_USEKEYSIZE} ge '56'", "fine"),
        ("%{SSL_CIPHER_USEKEYSIZE} >= 256", "refuse"),
        ("%{SSL_CIPHER_USEKEYSIZE} == 128", "refuse"),
        ("not %{SSL_CIPHER_USEKEYSIZE} >= 128", "refuse"),
        ('%{SSL_PROTOCOL} != "SSLv3" and %{ssl_cipher} !~ m/^EXP/', "fine"),
        ('("%{SSL_PROTOCOL}" ne "SSLv3") && (%{HTTPS} eq \'on\')', "fine"),
        ("%{SSL_CIPHER} !~ m/^(EXP|NULL)-/ and %{SSL_CIPHER} !~ m#RC4|DES-CBC(3)?#i", "fine"),
        ("%{SSL_CIPHER} !~ m/RC4/and %{SSL_CIPHER}!~m%^EXP%", "fine"),
        ("%{SSL_CIPHER} !~ m/RC4/and %{SSL_CLIENT_S_DN_O} =~ m/Us/", "refuse"),
        ("%{SSL_CIPHER} !~ m/RC4/iand %{SSL_CLIENT_S_DN_O} =~ m/Us/", "refuse"),
        ("%{SSL_PROTOCOL} !~ m/^TLSv1[[:punct:]]2/", "refuse"),
        ("%{SSL_CIPHER_USEKEYSIZE} != 12.8", "refuse"),
        ("%{SSL_CIPHER_USEKEYSIZE} >= '0056'", "refuse"),
        ("%{SSL_PROTOCOL} =~ m/^TLSv1/", "fine"),
        ("%{SSL_PROTOCOL} !~ m/TLSv1/", "refuse"),
        ("%{SSL_PROTOCOL} !~ m/TLSv1$/", "fine"),
        ("%{SSL_PROTOCOL} !~ m/(TLSv1/", "refuse"),
        ('%{SSL_PROTOCOL} != "TLSv1.2"', "refuse"),
        ('%{SSL_PROTOCOL} in {"TLSv1", "TLSv1.1", "TLSv1.2"}', "refuse"),
        ("%{SSL_CIPHER} =~ m/AES256/", "refuse"),
        ("%{SSL_CIPHER} !~ m/AES|RC4/", "refuse"),
        ("not(%{SSL_CIPHER} !~ m/^(EXP|NULL)-/)", "refuse"),
        ("!(%{SSL_PROTOCOL} != 'SSLv3')", "refuse"),
        ('%{HTTPS} eq "off"', "refuse"),
        ("%{HTTPS} != 'on'", "refuse"),
        ('%{HTTPS} eq \'on\' && "1" == "2"', "refuse"),
        ("true", "fine"),
        ("false", "refuse"),
        ('%{SSL_CLIENT_S_DN_O} eq "Us"', "refuse"),
        ('%{SSL_CLIENT_S_DN_O} ne ""', "refuse"),
        ("%{REMOTE_ADDR} =~ m/^10/", "refuse"),
        ('%{ENV:ALLOWED} eq "1"', "refuse"),
        ('%{HTTP:X-Token} eq "s"', "refuse"),
        ("reqenv('x') == '1'", "refuse"),
        ("REQENV ('x') == '1'", "refuse"),
        ('"1.2" in OID ("1.2.3")', "refuse"),
        ("-R '10.0.0.0/8'", "refuse"),
    ],
)
def test_over_https_all_have_what_an_expression_asks_for_or_the_site_waits(expression: str, verdict: str) -> None:
    assert verdicts(f"<Location /a>\nSSLRequire {expression}\n</Location>") == [f"{verdict} SSLRequire"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DocumentRoot /srv", []),
        ("SSLEngine off", ["drop SSLEngine"]),
        ("SSLCertificateFile a.pem\nSSLCertificateKeyFile a.key", ["drop SSLCertificateFile", "drop SSLCertificateKeyFile"]),
        ("sslprotocol all", ["drop sslprotocol"]),
        ("SSLProxyEngine on", []),
        ("SSLVerifyClient require", ["refuse SSLVerifyClient"]),
        ("SSLVerifyClient none", ["fine SSLVerifyClient"]),
        ('SSLVerifyClient "Off"', ["fine SSLVerifyClient"]),
        ("<Location /a>\nSSLRequireSSL\n</Location>", ["fine SSLRequireSSL"]),
        ("WSGIDaemonProcess one threads=2", ["drop WSGIDaemonProcess"]),
        ("RemoteIPProxyProtocol On", ["refuse RemoteIPProxyProtocol"]),
        ('RemoteIPProxyProtocol "On"', ["refuse RemoteIPProxyProtocol"]),
        ("RemoteIPProxyProtocol Off", []),
        ("ProxyRequests Off", []),
        ("ProxyRequests On", ["refuse ProxyRequests"]),
        ("ProxyPass / http://127.0.0.1:8000/", ["fine ProxyPass"]),
        ("ProxyPass / fcgi://127.0.0.1:8000/", []),
        ("ProxyPass /a !", []),
        ("ProxyPass / http://www.example.org:8000/\nRequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}", []),
        ("<Location />\nProxyPass unix:/run/app.sock|http://app/\n</Location>", ["fine ProxyPass"]),
        ("RewriteEngine on\nRewriteRule ^/(.*) balancer://app/$1 [P]", ["fine RewriteRule"]),
        ("SetHandler proxy:http://127.0.0.1:8000/", ["fine SetHandler"]),
        ("ProxyPass /a http://www.example.org/b", ["refuse ProxyPass", "fine ProxyPass"]),
        ("RewriteEngine on\nRewriteRule ^/a http://%{HTTP_HOST}/b [P]", ["refuse RewriteRule", "fine RewriteRule"]),
        ("Header set X-A b", []),
        ("Header always set Strict-Transport-Security max-age=1", ["drop Header"]),
        ("Header unset Strict-Transport-Security", []),
        ('RequestHeader set X-Forwarded-Proto "http"', ["drop RequestHeader"]),
        ("RequestHeader set X-Forwarded-Proto https", []),
        ("RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}", []),
        ("SetEnv HTTPS off", ["drop SetEnv"]),
        ("SetEnv PASSWORD off", []),
        ("SetEnvIf Request_URI ^/a HTTPS=off", ["drop SetEnvIf"]),
        ("ErrorDocument 404 http://www.example.org/404", ["fine ErrorDocument"]),
        ("ErrorDocument 404 http://other.example.org/404", []),
        ("Redirect / https://www.example.org/", ["drop Redirect"]),
        ("Redirect / https://other.example.org/", []),
        ("Redirect / https://www.example.org:8443/", []),
        ("Redirect /a https://www.example.org/b", ["fine Redirect"]),
        ("Redirect /a https://www.example.org/a/b", ["drop Redirect"]),
        ("RedirectMatch ^/(?!\\.well-known)(.*) https://www.example.org/$1", ["drop RedirectMatch"]),
        ("<Location /a>\nRedirect https://www.example.org/b\n</Location>", ["fine Redirect"]),
        ("<Location /a>\nRedirect https://www.example.org/a\n</Location>", ["drop Redirect"]),
        ("<If \"%{HTTPS} != 'on'\">\nRedirect / https://www.example.org/\n</If>", ["fine If"]),
        ("<If \"%{HTTPS} == 'on' || true\">\nRedirect / https://www.example.org/\n</If>", ["fine If", "drop Redirect"]),
        ("RewriteEngine off", ["drop RewriteEngine"]),
        ("RewriteRule ^ https://www.example.org/ [R]", ["drop RewriteRule"]),  # it sleeps
        ("RewriteEngine on\nRewriteRule ^/a/(.*) /b/$1 [R]", []),
        ("RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]", ["fine RewriteRule"]),
        (
            "RewriteEngine on\nRewriteCond %{HTTPS} on\nRewriteRule ^ http://%{HTTP_HOST}%{REQUEST_URI} [R]",
            ["drop RewriteCond", "drop RewriteRule"],
        ),
        ("RewriteEngine on\nRewriteCond %{SERVER_PORT} 80\nRewriteRule ^/a/(.*) /srv/$1", ["refuse RewriteRule"]),
        ("RewriteEngine on\nRewriteRule ^ https://${m:%{HTTP_HOST}}/ [R]", ["refuse RewriteRule"]),
        ("RewriteEngine on\nRewriteRule ^/a - [C]\nRewriteRule ^ https://www.example.org/ [R]", ["refuse RewriteRule"]),
        ("RewriteEngine on\nRewriteRule ^/a - [S=1]\nRewriteRule ^ https://www.example.org/ [R]", ["refuse RewriteRule"]),
    ],
)
def test_verdicts(text: str, found: list[str]) -> None:
    assert verdicts(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RewriteCond %{HTTP_HOST} !^www\\.\nRewriteRule ^ https://www.%{HTTP_HOST}%{REQUEST_URI} [R]", ["fine RewriteRule"]),
        ("RewriteCond %{HTTP_HOST} ^example\\.org$ [NC]\nRewriteRule ^ https://www.example.org%{REQUEST_URI} [R]", ["fine RewriteRule"]),
        ("RewriteRule ^ https://www.example.org%{REQUEST_URI} [R]", ["drop RewriteRule"]),
        (
            "RewriteCond %{SERVER_PORT} !^80$\nRewriteRule ^/?(.*) http://www.example.org:%{SERVER_PORT}/$1 [R]",
            ["refuse RewriteRule"],
        ),
        ("RewriteRule ^/?(.*) http://www.example.org:8080/$1 [R]", []),
    ],
)
def test_a_redirect_to_the_main_name_is_no_loop_if_it_asks_for_the_name(text: str, found: list[str]) -> None:
    assert verdicts(f"RewriteEngine on\n{text}", "example.org", "www.example.org") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RewriteCond %{SERVER_PORT} =80\nRewriteCond %{REMOTE_ADDR} !^192\nRewriteRule ^/a - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{SERVER_PORT} =80 [OR]\nRewriteCond %{REMOTE_ADDR} !^192\nRewriteRule ^/a - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a - [L]\nRewriteRule ^/ - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^/a - [L]\nRewriteRule ^/ - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a - [L]\nRewriteRule ^/b /c", []),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a - [END]\nRewriteRule ^/b /c", ["refuse RewriteRule"]),  # rules of directories, too
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a /b [END]", ["refuse RewriteRule"]),
        (f"{MARK}\nRewriteCond %{{ENV:S}} 1\nRewriteRule ^ - [END]", ["refuse RewriteRule"]),
        (
            f"{MARK}\n<Directory /srv>\nRewriteEngine on\nRewriteCond %{{ENV:S}} 1\nRewriteRule ^ - [END]\n</Directory>",
            ["refuse RewriteRule"],
        ),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^ - [C]\nRewriteRule ^ - [END]", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^ - [S=1]\nRewriteRule ^ - [END]", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a /b [L]\nRewriteRule ^/a - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a(.*) /b$1\nRewriteRule ^/a - [F]", ["refuse RewriteRule"]),
        ("RewriteRule ^/a - [F]\nRewriteCond %{HTTPS} on\nRewriteRule ^/a /b [L]", []),
        ("Redirect 403 /a\nRewriteCond %{HTTPS} on\nRewriteRule ^/a /b", ["refuse RewriteRule"]),  # mod_alias comes after mod_rewrite
        (f"{CACHES.format('L')}\nRewriteRule ^/\\. - [F]", ["fine RewriteRule"]),
        # one passes what denies, and the other does not, or not always
        (f"{SECURE}\nRewriteRule ^/a - [F]\nRewriteCond %{{HTTPS}} off\nRewriteRule ^(.*)$ /c [L]", [*REFUSED, "fine RewriteRule"]),
        (
            f"{SECURE}\nRewriteCond %{{HTTPS}} off\nRewriteCond %{{REMOTE_ADDR}} ^1\nRewriteRule ^(.*)$ /c\nRewriteRule ^/a - [F]",
            REFUSED * 2,
        ),
        (f"{SECURE}\nRewriteCond %{{HTTP_HOST}} ^www\nRewriteRule ^(.*)$ /c [L]\nRewriteRule ^/a - [F]", REFUSED),
        (f"{SECURE}\nRewriteRule ^(.*)$ /c\nRewriteRule ^/a - [F]", REFUSED),
        (f"{SECURE.replace('L', 'END')}\nRewriteCond %{{HTTPS}} off\nRewriteRule ^(.*)$ /c [L]", [*REFUSED, "fine RewriteRule"]),
        # of a virtual host, mod_alias does not see what was led elsewhere; of directories, it sees all
        ("RewriteCond %{HTTPS} on\nRewriteRule ^ - [L]\nRedirect 404 /b", []),
        (f"{CACHES.format('L')}\nRedirect 404 /b", ["fine RewriteRule"]),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^ - [L]\nRewriteRule ^ /index.php [L]\nRedirect 404 /b", REFUSED),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^ - [S=1]\nRewriteRule ^ /index.php [L]\nRedirect 404 /b", REFUSED),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^ - [C]\nRewriteRule ^ /index.php [L]\nRedirect 404 /b", REFUSED),
        # of files that are there, pairs ask alike
        (f"{pair('-f', '-f')}\nRewriteRule ^/a - [F]", ["fine RewriteRule"]),
        (f"{pair('-f', '!-f')}\nRewriteRule ^/a - [F]", REFUSED * 2),
        (f"{pair('-f [OR]', '-f')}\nRewriteRule ^/a - [F]", REFUSED * 2),
        (f"{pair('-f', '-f', 'P')}\nRewriteRule ^/a - [F]", REFUSED * 2),
        ("<Directory /srv>\nRewriteEngine on\nRewriteCond %{HTTPS} on\nRewriteRule ^a b [L]\nRedirect 410 /b\n</Directory>", []),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a -\nRewriteRule ^/a - [F]", []),
        # of a pattern nothing is expanded, and a space may be escaped
        ("RewriteCond %{REQUEST_METHOD}\\ %{HTTPS} ^GET\\ off$\nRewriteRule ^ - [F]", REFUSED),
        ("RewriteCond EXPR \"%{HTTPS} == 'on'\"\nRewriteRule ^ - [F]", REFUSED),
        ("RewriteCond %{QUERY_STRING} (http|https|ftp): [NC]\nRewriteRule ^ - [F]", []),
        ("RewriteCond %{HTTP_REFERER} !^(http|https)://(www\\.)?partner\\.example\nRewriteRule \\.jpg$ - [F]", []),
        ("RewriteCond expr \"%{HTTPS} == 'on'\"\nRewriteRule ^ - [F]", REFUSED),
        # who sets a variable passes nothing
        ("RewriteCond %{HTTP:X-Forwarded-Proto} https\nRewriteRule ^ - [E=HTTPS:on]\nRewriteRule ^/wp-config - [F]", ["fine RewriteRule"]),
        (CACHES.format("END"), ["fine RewriteRule"]),
        ("RewriteCond %{REQUEST_URI} !\\.php$\nRewriteRule ^ /index.php [END]", []),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,END]", ["fine RewriteRule"]),
        ("RewriteCond %{REMOTE_ADDR} !^192\nRewriteRule ^/a - [F]", []),
        ("RewriteCond %{HTTPS} off\nRewriteRule ^/a - [E=plain:1]", ["fine RewriteRule"]),
        ("<If \"%{HTTPS} == 'off'\">\nRequire ip 192.0.2.0/24\n</If>", ["refuse If"]),
        ("<If \"%{HTTPS} == 'off'\">\nHeader set X-A b\n</If>\n<Else>\n<Files a>\nAuthType Basic\n</Files>\n</Else>", ["refuse If"]),
        ("<If \"%{HTTPS} == 'off'\">\nRedirect 403 /\n</If>", ["refuse If"]),
        ("<If \"%{HTTPS} == 'off'\">\nHeader set X-A b\n</If>", ["fine If"]),
        ('<If "%{HTTP_REFERER} =~ m#^https?://#">\nRequire all denied\n</If>', []),
        ("<If \"%{HTTP_HOST} == 'a'\">\nHeader set X-A b\n</If>\n<Else>\nRequire all denied\n</Else>", []),
        ("Require expr \"%{HTTPS} == 'on'\"", ["refuse Require"]),
        ("Require ssl", ["fine Require"]),
        ("Require not ssl", ["refuse Require"]),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^ - [E=protossl:s]\nRewriteRule ^/\\. - [F]", []),  # as Drupal has it
        ("RewriteCond %{HTTPS} =on\nRewriteRule ^ - [env=proto:https,nocase,noescape]\nRewriteRule ^/\\. - [F]", []),  # as H5BP has it
        ("Allow from env=HTTPS", ["refuse Allow"]),
        ("SetEnvIfExpr \"%{HTTPS} == 'off'\" plain", ["refuse SetEnvIfExpr"]),
    ],
)
def test_access_that_asks_how_the_client_came_is_for_a_person(text: str, found: list[str]) -> None:
    assert verdicts(f"RewriteEngine on\n{text}") == found


BY_HTTP = "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^ - [E=PLAIN:1]"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RewriteCond %{ENV:PLAIN} =1\nRewriteRule ^/admin - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{ENV:PLAIN} =1\nRewriteRule ^/admin - [L]\nRewriteRule ^ - [F]", ["refuse RewriteRule"]),
        ("RewriteCond %{ENV:PLAIN} =1\nRewriteRule ^ - [E=no:1]\nRewriteCond %{ENV:no} 1\nRewriteRule ^ - [F]", ["refuse RewriteRule"]),
        ("<Location /admin>\nDeny from env=PLAIN\n</Location>", ["refuse Deny"]),
        ("<RequireAll>\nRequire all granted\nRequire not env PLAIN\n</RequireAll>", ["refuse Require"]),
        ("<If \"reqenv('PLAIN') == '1'\">\nRequire all denied\n</If>", ["refuse If"]),
        ("<Location />\nSetEnvIf PLAIN 1 out=1\nDeny from env=out\n</Location>", ["refuse Deny"]),
        ("<Location />\nSetEnvIfExpr \"env('PLAIN') == '1'\" out\nDeny from env=out\n</Location>", ["refuse Deny"]),
        ("<Location />\nSetEnvIf User-Agent PLAIN out\nDeny from env=out\n</Location>", []),
        ("RewriteCond %{ENV:PLAINLY} =1\nRewriteRule ^/admin - [F]\nDeny from env=bad", []),
        ("RewriteCond /cache/%{ENV:PLAIN}.html -f\nRewriteRule ^ /cache/%{ENV:PLAIN}.html", []),  # as caches of applications have it
    ],
)
def test_access_that_asks_for_a_variable_set_by_how_the_client_came_is_for_a_person(text: str, found: list[str]) -> None:
    assert verdicts(f"{BY_HTTP}\n{text}") == ["fine RewriteRule", *found]


@pytest.mark.parametrize("condition", ["%{HTTP:X-Forwarded-Proto} =https", "%{HTTP:X-Forwarded-Proto} !https", "%{HTTP:CF-Visitor} https"])
@pytest.mark.parametrize("access", ["Deny from env=S", "Require env S"])
def test_nor_by_what_a_proxy_in_front_says(condition: str, access: str) -> None:
    text = f"RewriteEngine on\nRewriteCond {condition}\nRewriteRule ^ - [E=S:1]\n<Location /admin>\n{access}\n</Location>"
    assert f"refuse {access.split(maxsplit=1)[0]}" in verdicts(text)


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ("RewriteRule ^ - [C]", True),
        ("RewriteRule ^/admin - [S=1]", True),
        ("RewriteRule ^ - [L]", True),
        ("RewriteRule ^/a https://www.example.org/a [R]", False),  # comes by again
        ("RewriteRule ^/a https://%{HTTP_HOST}%{REQUEST_URI} [R]", False),
        ("RewriteRule ^/a https://login.example.net/a [R]", True),
        ("RewriteRule ^/a http://www.example.org/a [R]", True),
        ("RewriteRule ^/a https://www.example.org:443/a [R]", False),
        ("RewriteRule ^/a https://www.example.org:8443/a [R]", True),
        ("RewriteRule ^/b /c [PT]", True),
        ("RewriteRule ^/b http://127.0.0.1/ [P]", True),
        ("RewriteRule ^/a https://www.example.org/a [R,C]", True),
        ("RewriteRule ^/a https://www.example.org/a [R,S=1]", True),
        ("RewriteRule ^ - [E=PLAIN:1]", False),
        ("RewriteRule ^ - [E=PLAIN:1,L]", True),
    ],
)
def test_a_variable_may_be_set_for_what_another_rule_lets_on(rule: str, refused: bool) -> None:
    text = (
        f"RewriteEngine on\nRewriteCond %{{HTTPS}} off\n{rule}\nRewriteRule ^ - [E=seen:1]\n<Location />\nDeny from env=seen\n</Location>"
    )
    assert ("refuse Deny" in verdicts(text)) == refused


def test_what_the_server_says_may_ask_for_such_a_variable_of_the_host() -> None:
    host, config = site(BY_HTTP, around="<Directory /srv>\nDeny from env=PLAIN\n</Directory>")
    assert [one.verdict for one in obstacles(host, config)] == ["fine", "refuse"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RewriteCond %{HTTPS} off\nRewriteRule ^/login https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]", ["fine RewriteRule"]),
        ("RewriteRule ^ http://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]", ["drop RewriteRule"]),
        ("Redirect /old https://[domain]/", []),
        ("Redirect / https://[bad/", []),
        ("<If \"%{HTTP_REFERER} == 'http://[bad/'\">\nHeader set X-A b\n</If>", []),
        ("Header set Access-Control-Allow-Origin http://[bad/", []),
    ],
)
def test_what_is_no_url_is_no_failure(text: str, found: list[str]) -> None:
    assert verdicts(f"RewriteEngine on\n{text}", "www.example.org", "[a-z]+.example.org") == found


FORWARDED, TO_HTTPS = "RewriteCond %{HTTP:X-Forwarded-Proto}", "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SetEnvIfNoCase X-Forwarded-SSL on HTTPS=on", ["refuse SetEnvIfNoCase"]),
        ("RewriteCond %{HTTP:X-Forwarded-Proto} =http\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]", ["refuse RewriteRule"]),
        ("Header always set Strict-Transport-Security max-age=1 \"expr=%{req:X-Forwarded-Proto} == 'https'\"", ["refuse Header"]),
        ("ProxyFCGISetEnvIf \"req('X-Forwarded-Ssl') == 'on'\" HTTPS on", ["refuse ProxyFCGISetEnvIf"]),
        (f"RewriteCond %{{HTTPS}} off [OR]\n{FORWARDED} !https\n{TO_HTTPS}", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} off\nRewriteCond %{HTTP:X-Forwarded-Protocol} !https\n" + TO_HTTPS, ["refuse RewriteRule"]),
        (f"{FORWARDED} https\nRewriteRule ^ - [L]\nRewriteRule ^/a - [F]", ["refuse RewriteRule"]),
        (f"{FORWARDED} https\nRewriteRule ^/a /b", ["refuse RewriteRule"]),
        ("RewriteCond %{HTTPS} on [OR]\nRewriteCond %{HTTP:X-Forwarded-Proto} https\nRewriteRule .* - [E=WPR_SSL:-https]", []),
        ('LogFormat "%{X-Forwarded-Proto}i"', []),
        ("RewriteCond %{HTTP:CF-Visitor} https\nRewriteRule ^ - [E=HTTPS:on]", ["refuse RewriteRule"]),
        ("<If \"req('X-Forwarded-Proto') == 'http'\">\nRedirect / https://www.example.org/\n</If>", ["refuse If", "drop Redirect"]),
        ("RewriteEngine off\nRewriteCond %{HTTP:X-Forwarded-Proto} =http\nRewriteRule ^ https://www.example.org/ [R]", ["drop"] * 3),
    ],
)
def test_what_asks_a_proxy_in_front_tells_that_tls_may_end_there(text: str, found: list[str]) -> None:
    given = verdicts(text if text.startswith("RewriteEngine") else f"RewriteEngine on\n{text}")
    assert [one.startswith(start) for one, start in zip(given, found)] == [True] * len(given)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RewriteCond %{HTTPS} on\nRewriteRule ^(.*) /cache$1/index-https.html [L]", ["fine RewriteRule"]),
        ("RewriteCond %{HTTPS} on\nRewriteRule ^/a/(.*) /cache$1/index-https.html [L]", ["refuse RewriteRule"]),  # for other paths
        ("RewriteCond %{HTTPS} on\nRewriteRule ^(.*) - [E=secure:1]", ["refuse RewriteRule"]),  # does not do the same
        ("RewriteCond %{HTTPS} on\nRewriteRule ^(.*) /index.php [F]", ["refuse RewriteRule"] * 2),
        ("RewriteRule ^(.*) /index.php [L]", ["refuse RewriteRule"]),
        ("", ["refuse RewriteRule"]),
    ],
)
def test_a_rule_for_http_has_to_have_its_like_for_https(text: str, found: list[str]) -> None:
    plain = "RewriteCond %{HTTPS} !on\nRewriteCond %{DOCUMENT_ROOT}/cache$1/index.html -f\nRewriteRule ^(.*) /cache$1/index.html [L]"
    assert verdicts(f"RewriteEngine on\n{text}\n{plain}") == found


@pytest.mark.parametrize(("condition", "verdict"), [("", "fine"), ("RewriteCond /cache$1 -f\n", "refuse")])
def test_its_like_does_not_do_it_at_times_alone(condition: str, verdict: str) -> None:
    secure = f"RewriteCond %{{HTTPS}} on\n{condition}RewriteRule ^(.*) /index.php"
    plain = "RewriteCond %{HTTPS} off\nRewriteRule ^(.*) /index.php"
    assert verdicts(f"RewriteEngine on\n{secure}\n{plain}") == [f"{verdict} RewriteRule"]


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        (f"RewriteCond %{{HTTPS}} off\n{FORWARDED} !https\n{TO_HTTPS}", False),
        (f"RewriteCond %{{SERVER_PORT}} 80\n{FORWARDED} =http [OR]\n{FORWARDED} ^$\n{TO_HTTPS}", False),
        ("SetEnvIf X-Forwarded-Proto https HTTPS=on", True),
        ("SetEnvIfNoCase X-Forwarded-Proto ^https$ was_tls", True),
        ("ProxyFCGISetEnvIf \"req('X-Forwarded-Proto') == 'https'\" HTTPS on", True),
        (f"{FORWARDED} https\nRewriteRule ^ - [E=HTTPS:on]", True),
    ],
)
def test_what_asks_the_proxy_that_ours_ask_too_goes_on(text: str, differs: bool) -> None:
    host, config = site(f"RewriteEngine on\n{text}")
    assert [(one.verdict, one.judgement.differs) for one in obstacles(host, config)] == [("fine", differs)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("SetEnvIf X-Forwarded-Proto ^http$ HTTPS=off", "drop"),
        ("SetEnvIfExpr \"%{HTTPS} == 'off' && -z req('X-Forwarded-Proto')\" a", "refuse"),
    ],
)
def test_a_variable_by_a_proxy_in_front_is_judged_by_what_it_says_as_well(text: str, verdict: str) -> None:
    assert [one.split()[0] for one in verdicts(text)] == [verdict]


@pytest.mark.parametrize(
    ("around", "found"),
    [
        ("SetEnvIf X-Forwarded-Proto https HTTPS=on", ["fine SetEnvIf"]),
        ("Redirect / https://www.example.org/", ["refuse Redirect"]),
        ("Redirect /a https://www.example.org/b", []),
        ("Header always set Strict-Transport-Security max-age=1", ["drop Header"]),
        ("<Directory /srv>\nHeader always set Strict-Transport-Security max-age=1\n</Directory>", ["refuse Header"]),
        ("SSLProtocol all", []),
        ("RewriteRule ^ https://www.example.org/ [R]", []),  # not inherited
    ],
)
def test_what_the_main_server_says_counts_too(around: str, found: list[str]) -> None:
    host, config = site("DocumentRoot /srv", around=around)
    there = [one for one in obstacles(host, config) if one.outside]
    assert [f"{one.verdict} {one.directive.split()[0]}" for one in there] == found


BOTH_SCHEMES = "RewriteCond %{HTTP_REFERER} !^http://www.example.org/\nRewriteCond %{HTTP_REFERER} !^https://www.example.org/"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RewriteEngine on\nRewriteCond %{HTTP_REFERER} !^http://(www\\.)?example\\.org/ [NC]", ["refuse RewriteCond"]),
        (f"RewriteEngine on\n{BOTH_SCHEMES}\nRewriteRule ^ - [F]", []),
        ("SetEnvIf Referer ^http://www.example.org/ ours\nSetEnvIf Referer ^https://www.example.org/ ours", []),
        ("SetEnvIf Referer ^http://www.example.org/ ours\nSetEnvIf Referer ^https://www.example.org/ other", ["refuse SetEnvIf"] * 2),
        ("RewriteEngine on\nRewriteCond %{HTTP_REFERER} !^https?://(www\\.)?example\\.org/ [NC]", []),
        ("RewriteEngine on\nRewriteCond %{HTTP_REFERER} ^http://spam\\.example/", []),
        ("RewriteEngine on\nRewriteCond %{HTTP_REFERER} !=http://www.example.org/", ["refuse RewriteCond"]),
        ("RewriteEngine on\nRewriteCond %{HTTP:Origin} ^http://static.example.org$", ["refuse RewriteCond"]),
        ("RewriteEngine on\nRewriteCond %{HTTP_REFERER} (?>http:", ["refuse RewriteCond"]),
        ("SetEnvIf Referer ^http://www\\.example\\.org/ ours", ["refuse SetEnvIf"]),
        ("SetEnvIfNoCase Origin HTTP://STATIC.EXAMPLE.ORG$ ours", ["refuse SetEnvIfNoCase"]),
        ("SetEnvIf Referer www\\.example\\.org ours", []),
        ('Require expr "%{HTTP_REFERER} =~ m#^http://www\\.example\\.org/#"', ["refuse Require"]),
        ('Require expr "%{HTTP_REFERER} =~ m#^http://partner\\.example/#"', []),
        ('Header set Access-Control-Allow-Origin "http://static.example.org"', ["fine Header", "refuse Header"]),
        ('Header set Access-Control-Allow-Origin "http://partner.example"', []),
        ("RewriteEngine off\nRewriteCond %{HTTP_REFERER} !^http://www", ["drop RewriteEngine", "drop RewriteCond"]),
    ],
)
def test_pages_of_this_host_come_by_https_then(text: str, found: list[str]) -> None:
    host, config = site(text, "www.example.org", "static.example.org")
    assert [f"{one.verdict} {one.directive.split()[0]}" for one in obstacles(host, config)] == found


def test_an_application_is_told_of_https() -> None:
    host, config = site("ProxyPass / http://127.0.0.1:8000/")
    found = obstacles(host, config)
    assert body(host, found, "http") == "ProxyPass / http://127.0.0.1:8000/\n"
    assert body(host, found, "https") == 'RequestHeader set X-Forwarded-Proto "https"\nProxyPass / http://127.0.0.1:8000/\n'


LOOP, PLAIN = "RewriteRule ^/a https://%{HTTP_HOST}/a [R]", "RewriteRule ^/a - [F]"
MARKED = "RewriteCond %{HTTPS} off\nRewriteRule ^ - [E=PLAIN:1]"
HTTP_LEADS = "RewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]"
LET_ON = "RewriteCond %{HTTPS} on\nRewriteRule ^ -"


@pytest.mark.parametrize(
    ("server", "own", "found"),
    [
        (f"InheritDown\n{LOOP}", "RewriteEngine on", ["refuse"]),
        (f"InheritDown\n{PLAIN}", "RewriteEngine on", []),
        (f"InheritDown\n{PLAIN}", "", ["refuse"]),  # ours would wake them
        ("InheritDown", "", []),
        (f"InheritDown\n{LOOP}", "RewriteOptions IgnoreInherit", []),
        (f"InheritDown\n{PLAIN}", "RewriteEngine off", ["refuse"]),
        (f"InheritDownBefore\n{PLAIN}", "RewriteEngine on", ["refuse"]),
        (f"AllowNoSlash\n{LOOP}", "", []),
        (f"InheritDown\n{MARKED}", "RewriteEngine on\nDeny from env=PLAIN", ["refuse"]),
        (f"Inherit\n{LOOP}", "RewriteEngine on", ["refuse"]),
        (f"Inherit\n{PLAIN}", f"RewriteEngine on\n{LET_ON} [L]", ["refuse"]),
        (f"Inherit\nRewriteRule ^ - [E=M:1]\nRewriteCond %{{ENV:M}} 1\n{PLAIN}", f"RewriteEngine on\n{LET_ON} [L]", ["refuse"]),
        ("Inherit\nRewriteRule ^ - [E=M:1]", f"RewriteEngine on\n{LET_ON} [L]\nDeny from env=M", ["refuse"]),
        (f"Inherit\n{PLAIN}", "RewriteEngine on\nRewriteCond %{HTTPS} on\nRewriteRule ^/a /b [L]", ["refuse"]),
        (f"Inherit\n{LOOP}", "RewriteEngine on\nRewriteCond %{REQUEST_URI} ^/never$", ["refuse"]),  # it is of no rule
        (f"Inherit\n{PLAIN}", f"RewriteEngine on\n{LET_ON} [L]\n{PLAIN}", []),  # it is told of there
        ("Inherit\nRewriteRule ^ - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]", f"RewriteEngine on\n{HTTP_LEADS}", []),
        ("Inherit\nRewriteRule ^/a /b", f"RewriteEngine on\n{LET_ON} [L]", []),
        (f"Inherit\n{PLAIN}", "RewriteEngine on", []),
        (f"Inherit\n{PLAIN}", "", ["refuse"]),  # as InheritDown
        (f"InheritBefore\n{PLAIN}", "RewriteEngine on", ["refuse"]),
        (f"Inherit\n{LOOP}", "RewriteOptions AllowNoSlash", []),
        (f"InheritDown IgnoreInherit\n{LOOP}", "RewriteEngine on", []),
        (f"AllowNoSlash\n{LOOP}", "RewriteOptions Inherit", ["refuse"]),
        (f"AllowNoSlash\n{PLAIN}", "RewriteOptions inherit", []),
        (f"AllowNoSlash\n{PLAIN}", "RewriteOptions InheritBefore", ["refuse"]),
    ],
)
def test_rules_that_are_handed_down_count_in_ours_too(server: str, own: str, found: list[str]) -> None:
    host, config = site(own, around=f"RewriteEngine on\nRewriteOptions {server}")
    assert [one.verdict for one in obstacles(host, config) if one.outside] == found


@pytest.mark.parametrize(
    ("target", "differs"),
    [("https://%{HTTP_HOST}%{REQUEST_URI}", False), ("https://other.example/", True), ("http://www.example.org/a", True), ("-", True)],
)
def test_what_works_for_http_alone_is_told_unless_it_leads_to_https(target: str, differs: bool) -> None:
    host, config = site(f"RewriteEngine on\nRewriteCond %{{HTTPS}} off\nRewriteRule ^ {target} [R]")
    assert [one.verdict != "fine" or one.judgement.differs for one in obstacles(host, config)] == [differs]


def test_bodies_are_without_names_and_what_is_dropped() -> None:
    host, config = site(
        """
        DocumentRoot /srv
        RequestHeader set X-Forwarded-Proto http
        WSGIDaemonProcess one
        <Location /a>
        Redirect https://www.example.org/a
        Require all granted
        </Location>
        """,
        "www.example.org",
        "example.org",
        around="Header set Strict-Transport-Security max-age=1",
    )
    found = obstacles(host, config)
    assert body(host, found, "http") == (
        "DocumentRoot /srv\nRequestHeader set X-Forwarded-Proto http\n"
        "<Location /a>\n    Redirect https://www.example.org/a\n    Require all granted\n</Location>\n"
    )
    assert body(host, found, "https") == (
        'Header unset Strict-Transport-Security\nDocumentRoot /srv\nRequestHeader set X-Forwarded-Proto "https"\n'
        "<Location /a>\n    Require all granted\n</Location>\n"
    )


def test_no_password_is_told() -> None:
    host, config = site("ProxyPass / http://user:secret@www.example.org/", around="SetEnv PASSWORD secret")
    told = [one.to_dict() for one in obstacles(host, config)]
    assert [one["verdict"] for one in told] == ["refuse", "fine", "fine"]
    assert "secret" not in str(told)


def test_what_is_told_has_a_place_and_a_reason() -> None:
    host, config = site("SSLEngine off")
    (one,) = obstacles(host, config)
    assert one.to_dict() == {
        "directive": "SSLEngine off",
        "file": "/etc/apache2/sites-enabled/site.conf",
        "line": 3,
        "verdict": "drop",
        "reason": "the virtual host of ours turns TLS on itself",
        "bodies": ["https"],
        "outside": False,
        "instead": "",
    }
