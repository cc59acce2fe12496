# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils import _config_tree as tree

MACRO = """macro 'vhost' (defined on line 4 of "/etc/apache2/macros.conf") used on line 18 of "/etc/apache2/sites.conf\""""
NESTED = f"""macro 'inner' (defined on line 12 of "/etc/apache2/more.conf") used on line 7 of "{MACRO}\""""
DUMP = f"""\
# In file: /etc/apache2/apache2.conf
#   2:
PidFile x.pid
# In file: {MACRO}
#   1:
<VirtualHost *:80>
  #   2:
  ServerName a.example
  #   4:
  <Directory "/srv/my dir">
    #   5:
    Require all granted
  </Directory>
# In file: {NESTED}
  #   1:
  Header set X-Y "say \\"a\\" b" 'c d'
# In file: {MACRO}
</VirtualHost>
# In file: /etc/apache2/apache2.conf
#1333:
<VirtualHost *:443>
#1336:
<IfModule x>
  # 1337:
  EnableSendfile
</IfModule>
"""


def test_sections_are_told_by_indentation_alone() -> None:
    pid, host, empty, last = tree.parse(DUMP)
    assert (pid.name, pid.arguments, pid.line, pid.section) == ("PidFile", "x.pid", 2, False)
    assert [one.name for one in host.children] == ["ServerName", "Directory", "Header"]
    assert [(one.text, one.line) for one in host.children[1].children] == [("Require all granted", 5)]
    assert (empty.text, empty.line, empty.children) == ("<VirtualHost *:443>", 1333, ())
    assert [one.text for one in last.children] == ["EnableSendfile"]


def test_words_lose_their_quotes() -> None:
    header = tree.parse(DUMP)[1].children[2]
    assert header.words == ["set", "X-Y", 'say "a" b', "c d"]


@pytest.mark.parametrize(
    ("told", "line", "found"),
    [
        ("/etc/a.conf", 3, tree.Place("/etc/a.conf", 3)),
        (MACRO, 2, tree.Place("/etc/apache2/sites.conf", 18, "vhost", "/etc/apache2/macros.conf", 6)),
        (NESTED, 1, tree.Place("/etc/apache2/sites.conf", 18, "inner", "/etc/apache2/more.conf", 13)),
    ],
)
def test_places_are_those_that_a_person_finds(told: str, line: int, found: tree.Place) -> None:
    assert tree.place(told, line) == found
    assert str(found) == f"{found.file}:{found.line}"


def test_what_was_read_can_be_written_again() -> None:
    text = tree.text_of(tree.parse(DUMP)[1].children)
    assert text.startswith('ServerName a.example\n<Directory "/srv/my dir">\n    Require all granted\n</Directory>\nHeader set X-Y')


@pytest.mark.parametrize(("value", "found"), [("on", True), ('"On"', True), ("off", False), ("optional", False)])
def test_the_last_flag_counts(value: str, found: bool) -> None:
    directives = [tree.Directive("SSLEngine", "off", "f", 1), tree.Directive("sslengine", value, "f", 2)]
    assert tree.flag(directives, "sslengine") is found
    assert tree.flag([], "sslengine") is None
