# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan tells of https that is there already and that clients would not trust, on configurations of the corpus with a real httpd."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.encrypt.httpd.tests.corpus import runner
from ansible_collections.encrypt.httpd.tests.corpus.runner import Case
from ansible_collections.encrypt.httpd.tests.corpus.test_corpus import planned

#: By case, what becomes of each virtual host with https and whether clients find something wrong; all certificates sign themselves.
ASKED = {
    "https-already": [("www.example.org", True), ("www.example.org", False)],  # by https, and by http
    "https-by-default": [
        ("www.example.org", True),
        ("", False),
        ("example.com", True),
        ("example.com", True),
    ],  # some names nobody has by https
    "https-twin": [("www.example.org", True)],
    "client-certificates": [("secure.example.org", False)],  # who asks for certificates is not asked
}

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gets a private view of the machine"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.mark.parametrize("case", [case for case in Case.all() if case.name in ASKED], ids=lambda case: case.name)
def test_https_that_clients_would_not_trust_is_told(case: Case, tmp_path: Path) -> None:
    def look() -> list[tuple[str, str]]:
        return [(step.to_dict()["name"], step.distrust) for step in planned() if step.action == "https"]

    def work() -> dict[str, list[tuple[str, str]]]:
        stopped = look()
        with runner.serving():
            return {"stopped": stopped, "serving": look()}

    told = case.run(work, tmp_path)
    assert [(name, bool(why)) for name, why in told["serving"]] == ASKED[case.name]
    assert {why for _name, why in told["serving"] if why} <= {"this host does not trust its certificate: self-signed certificate"}
    stopped = [(name, why.startswith("no TLS handshake for")) for name, why in told["stopped"]]
    assert stopped == ASKED[case.name]
