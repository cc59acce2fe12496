# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _override_files
from ansible_collections.encrypt.httpd.plugins.module_utils._bodies import source
from ansible_collections.encrypt.httpd.plugins.module_utils._existing_hosts import Listen, read_hosts, read_listens
from ansible_collections.encrypt.httpd.plugins.module_utils._htaccess import in_files
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd_dumps import VirtualHost
from ansible_collections.encrypt.httpd.plugins.module_utils._override_files import MOST, directories, root_alone
from ansible_collections.encrypt.httpd.plugins.module_utils._serving import certificate, hsts, serving

from .configurations import FILE, config, site


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Listen 80", Listen("*", "80", "http")),
        ("Listen 443", Listen("*", "443", "https")),
        ("Listen 8443 https", Listen("*", "8443", "https")),
        ("Listen 192.0.2.1:80", Listen("192.0.2.1", "80", "http")),
        ("listen [2001:db8::1]:443 http", Listen("[2001:db8::1]", "443", "http")),
    ],
)
def test_listens(text: str, found: Listen) -> None:
    assert read_listens(config(text)) == [found]


@pytest.mark.parametrize(
    ("text", "port", "tls"),
    [
        ("SSLEngine on", "80", True),
        ("SSLEngine off\nSSLCertificateFile a.pem", "443", False),
        ("SSLCertificateFile a.pem", "443", True),
        ("SSLCertificateFile a.pem", "80", False),
        ("DocumentRoot /srv", "443", False),
        ("Protocol https\nSSLCertificateFile a.pem", "80", True),
    ],
)
def test_tls_is_where_mod_ssl_turns_it_on(text: str, port: str, tls: bool) -> None:
    host, _config = site(text, port=port, around="Listen 80\nListen 443")
    assert host.tls is tls


def test_a_file_that_is_included_twice_has_a_host_for_each_time() -> None:
    found = config("<VirtualHost *:80>\nServerName a.example\n</VirtualHost>") + config(
        "<VirtualHost *:80>\nServerName b.example\nServerAlias c.example d.example\n</VirtualHost>"
    )
    hosts = read_hosts(found, [VirtualHost("*", "80", name, FILE, 1, False) for name in ("a.example", "b.example")])
    assert [(host.server_name, host.aliases) for host in hosts] == [("a.example", ()), ("b.example", ("c.example", "d.example"))]


@pytest.mark.parametrize(
    ("listen", "hosts", "answers"),
    [
        ("Listen 80", ["*:80"], []),
        ("Listen 80\nListen 8080", ["*:80"], ["*:8080"]),
        ("Listen 80", ["192.0.2.1:80"], ["*:80"]),
        ("Listen 192.0.2.1:80", ["192.0.2.1:*"], []),
        ("Listen 80", [], ["*:80"]),
    ],
)
def test_the_main_server_answers_where_no_virtual_host_does(listen: str, hosts: list[str], answers: list[str]) -> None:
    found = config(
        f"ServerName main.example\n{listen}\n" + "".join(f"<VirtualHost {one}>\nProtocols h2\n</VirtualHost>\n" for one in hosts)
    )
    lines = [one.line for one in found if one.is_a("virtualhost")]
    seen = [VirtualHost(*one.split(":"), "x", FILE, line, True) for one, line in zip(hosts, lines)]
    main = [host for host in read_hosts(found, seen) if host.main]
    assert [f"{one.address}:{one.port}" for host in main for one in host.addresses] == answers
    assert [host.server_name for host in main] == ["main.example"] * bool(answers)


def test_twins() -> None:
    text = (
        "<VirtualHost *:80>\nServerName a.example\n</VirtualHost>\n<VirtualHost *:443>\nServerName *.example\nSSLEngine on\n</VirtualHost>"
    )
    found = config(f"{text}\n<VirtualHost *:80>\nServerName other.net\n</VirtualHost>")
    places = [("80", "a.example", 1), ("443", "*.example", 4), ("80", "other.net", 8)]
    plain, tls, other = read_hosts(found, [VirtualHost("*", port, name, FILE, line, True) for port, name, line in places])
    assert (plain.twin([plain, tls, other]), tls.twin([plain, tls]), other.twin([plain, tls])) == (tls, None, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('DocumentRoot "/srv/a b"', ("files", "/srv/a b", 200)),
        ("Alias /a /b", ("files", "/main", 200)),
        ("VirtualDocumentRoot /srv/%1", ("files", "/srv/%1", 200)),
        ("ProxyPass /a http://a/\nProxyPass / http://user:secret@b/", ("proxy", "http://b/", 200)),
        ("ProxyPass / !", ("files", "/main", 200)),
        ("<Location />\nProxyPass http://c/\n</Location>", ("proxy", "http://c/", 200)),
        ("ProxyPassMatch ^/(.*)$ fcgi://d/$1", ("proxy", "fcgi://d/$1", 200)),
        ("WSGIScriptAlias / /srv/app.py", ("application", "/srv/app.py", 200)),
        ("Redirect permanent / https://www.example.org/", ("redirect", "https://www.example.org/", 301)),
        ("Redirect 503 /", ("status", "", 503)),
        ("RewriteEngine on\nRewriteRule ^ https://x.example/ [R=308]", ("redirect", "https://x.example/", 308)),
        ("RewriteRule ^ https://x.example/ [R=308]", ("files", "/main", 200)),
        ("RewriteEngine on\nRewriteRule ^(.*) http://e$1 [P]", ("proxy", "http://e/", 200)),
        ("RewriteEngine on\nRewriteCond /off -f\nRewriteRule ^ - [R=503]", ("files", "/main", 200)),
    ],
)
def test_what_is_served(text: str, found: tuple[str, str, int]) -> None:
    host, around = site(text, around="DocumentRoot /main")
    served = serving(host, around)
    assert (served.by, served.target, served.status) == found


def test_the_certificate_has_absolute_paths() -> None:
    host, around = site(
        "SSLEngine on\nSSLCertificateFile tls/a.pem\nSSLCertificateKeyFile /b.key\nSSLCertificateChainFile c.pem", port="443"
    )
    shown = certificate(host, around, "/etc/apache2")
    assert shown
    assert (shown.files, shown.key_files, shown.chain_file) == (("/etc/apache2/tls/a.pem",), ("/b.key",), "/etc/apache2/c.pem")
    assert certificate(*site("DocumentRoot /srv"), "/etc/apache2") is None


def test_mod_md_manages_names() -> None:
    host, around = site("SSLEngine on", port="443", around="MDomain www.example.org")
    shown = certificate(host, around, "/etc/apache2")
    assert shown
    assert (shown.managed_by, shown.files) == ("mod_md", ())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ('Header always set Strict-Transport-Security "max-age=31536000; preload"', 31536000),
        ("Header set strict-transport-security max-age=0", 0),
        ("Header always unset Strict-Transport-Security", None),
    ],
)
def test_hsts(text: str, seconds: int | None) -> None:
    assert hsts(*site(text)) == seconds


WRITTEN = """\
# <VirtualHost *:80>
<VirtualHost *:80 \\
    *:8080>
    ServerName ${NAME}
    # Use Nothing
    Use Common
    IncludeOptional sites/*.conf
    <IfModule !mod_ssl.c>
    </IfModule>
</VirtualHost>
<VirtualHost *:81>
</VirtualHost>
"""


def test_the_source_is_what_a_person_wrote() -> None:
    host, _config = site("Protocols h2", around="one line\nanother")  # httpd tells the last of the lines that are joined
    found = source(host, WRITTEN)
    assert found
    assert (found.first_line, found.last_line, found.variables, found.includes) == (2, 10, ("NAME",), ("sites/*.conf",))
    assert (found.macros, found.conditions, found.definitions) == (("Common",), ("IfModule !mod_ssl.c",), ())
    assert found.text == "".join(WRITTEN.splitlines(keepends=True)[1:10])


@pytest.mark.parametrize("text", ["", "ServerName a\n", "\n\nServerName b\n", "\n\n<VirtualHost *:80>\n"])
def test_a_source_that_is_not_there(text: str) -> None:
    assert source(site("Protocols h2", around="one line\nanother")[0], text) is None


@pytest.mark.parametrize("blank", [" ", "\t"])
@pytest.mark.parametrize(
    ("overrides", "text", "found"),
    [
        ("All", "RewriteEngine on\nRewriteRule ^(.*) https://www.example.org/$1", ["refuse"]),
        ("None", "RewriteEngine on\nRewriteRule ^(.*) https://www.example.org/$1", []),
        (
            "FileInfo",
            "# Redirect / https://www.example.org/\n<IfModule x>\nRedirect / \\\n https://www.example.org/\n</IfModule>",
            ["refuse"],
        ),
        ("FileInfo", "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^(.*) https://www.example.org/$1", []),
        ("FileInfo", "RewriteRule ^(.*) https://www.example.org/$1", []),  # it sleeps
        ("FileInfo", "<If \"%{HTTPS} == 'off'\">\nRequire all denied\n</If>", ["refuse"]),
        ("FileInfo", "Require expr %{HTTPS} == 'on'", ["refuse"]),
        ("FileInfo", 'RequestHeader set X-Forwarded-Proto "http"', ["refuse"]),
        ("FileInfo", None, []),
    ],
)
def test_a_htaccess_is_left_to_its_author(overrides: str, text: str | None, found: list[str], blank: str) -> None:
    around = f"<Directory />\nAllowOverride None\n</Directory>\n<Directory /srv>\nAllowOverride {overrides}\n</Directory>"
    host, all_of_it = site("DocumentRoot /srv/site", around=around)
    written = text and text.replace(" ", blank)
    there = in_files(host, all_of_it, "files", {"/srv/site/.htaccess": written}.get, root_alone)
    assert [one.verdict for one in there] == found


HTTP_LEADS_TO_HTTPS = "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://www.example.org/"
NONE_BELOW = "<Directory /srv/site/wp>\n{} None\n</Directory>"
LOOP = "RewriteEngine on\nRewriteRule ^(.*) https://www.example.org{}/$1"


@pytest.mark.parametrize(
    ("files", "more", "found"),
    [
        ({"/srv/.htaccess": LOOP.format("")}, "", ["/srv"]),
        ({"/.htaccess": LOOP.format("")}, "", []),
        ({"/srv/site/wp/.htaccess": LOOP.format("/wp")}, "", ["/srv/site/wp"]),
        ({"/srv/site/wp/.htaccess": LOOP.format("/new")}, "", []),
        ({"/srv/site/wp/.htaccess": LOOP.format("/wp")}, NONE_BELOW.format("AllowOverride"), []),
        (
            {"/srv/site/wp/.htaccess": LOOP.format("/wp")},
            NONE_BELOW.format("AllowOverrideList"),
            ["/srv/site/wp"],
        ),
        ({"/srv/site/wp/.htaccess": LOOP.format("/wp").partition("\n")[2], "/srv/.htaccess": "RewriteEngine on"}, "", ["/srv/site/wp"]),
        ({"/srv/site/wp/.htaccess": LOOP.format("/wp").partition("\n")[2]}, "", []),
        ({"/srv/site/.rules": LOOP.format("")}, "AccessFileName .rules", ["/srv/site"]),
        ({"/srv/site/.htaccess": "<If \"%{HTTPS} == 'off'\">\nRequire all denied\n</If>"}, "", ["/srv/site"]),
        ({"/srv/site/.htaccess": f"<If \"%{{HTTPS}} == 'off'\">\n{LOOP.format('')}\n</If>"}, "", ["fine"]),
        ({"/srv/site/.htaccess": f"<If \"%{{HTTP_HOST}} == 'a'\">\n{LOOP.format('')}"}, "", ["/srv/site"]),
    ],
)
def test_htaccess_files_above_and_below_count(files: dict[str, str], more: str, found: list[str]) -> None:
    around = f"<Directory /srv>\nAllowOverride All\n</Directory>\n{more}"
    host, config = site(f"DocumentRoot /srv/site\n{HTTP_LEADS_TO_HTTPS}", around=around)
    there = in_files(host, config, serving(host, config).by, files.get, lambda root: [("/", root), ("/wp/", f"{root}/wp")])
    assert [one.file.rpartition("/")[0] if one.verdict == "refuse" else one.verdict for one in there] == found


def test_directories_near_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("a/x/y", "a/.git", "b/x/y/z"):
        (tmp_path / path).mkdir(parents=True)
    assert sorted(directories(f"{tmp_path}/a")) == [("/", f"{tmp_path}/a"), ("/x/", f"{tmp_path}/a/x"), ("/x/y/", f"{tmp_path}/a/x/y")]
    many = f"{tmp_path}/%1/x"
    assert sorted(directories(many))[:2] == [("/", f"{tmp_path}/a/x"), ("/", f"{tmp_path}/b/x")]
    assert directories(f"{tmp_path}/none") == []
    monkeypatch.setattr(_override_files, "MOST", 2)
    assert len(directories(many)) == 2


@pytest.mark.parametrize(("overrides", "found"), [("All", ["refuse"]), ("None", [])])
def test_a_root_for_each_name_has_too_many_directories(overrides: str, found: list[str]) -> None:
    host, config = site("VirtualDocumentRoot /srv/%1", around=f"<Directory /srv>\nAllowOverride {overrides}\n</Directory>")
    there = in_files(host, config, "files", lambda _path: None, lambda _root: [("/", "/srv/a")] * MOST)
    assert [one.verdict for one in there] == found
