# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook migrate, as a person runs it, on a configuration of the corpus: plan, apply, once more, further, look, undo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import ansible_collections
import pytest
from ansible_collections.encrypt.httpd.tests.corpus import runner
from ansible_collections.encrypt.httpd.tests.corpus.client import ask
from ansible_collections.encrypt.httpd.tests.corpus.runner import Case
from ansible_collections.encrypt.httpd.tests.corpus.test_corpus import CASES, by_name, configuration_files

PACKAGE = """
Package: {}
Status: install ok installed
Maintainer: nobody <nobody@example.org>
Architecture: all
Version: 99
Description: of this test
"""
SERVICE = '#!/bin/sh\n[ "$1" = status ] && { echo apache2 is running; exit 0; }\napache2ctl "$1"\n'
#: A page that still loads something by http, and what it says.
PAGE = Path("/var/www/blog/old.html")
MIXED = '<p>Old</p>\n<script src="http://www.blog.example.org/a.js"></script>'
VARIABLES = ("https_issuer=self_signed", "https_rollout_chain=any", '{"https_rollout_pace": {"probe": 0}}')

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gets a private view of the machine"),
    pytest.mark.skipif(not Path("/usr/lib/python3/dist-packages/apt").exists(), reason="the role asks apt what is installed"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def installed() -> None:
    """Have the role find httpd installed, and a service that it can ask for."""
    with open("/var/lib/dpkg/status", "a", encoding="utf-8") as status:
        status.writelines(PACKAGE.format(name) for name in ("apache2", "python3-cryptography"))
    script = Path("/etc/init.d/apache2")
    script.write_text(SERVICE, encoding="utf-8")
    script.chmod(0o755)
    for level in range(2, 6):
        link = Path(f"/etc/rc{level}.d/S01apache2")
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to("../init.d/apache2")


def play(name: str, *variables: str) -> dict[str, Any]:
    """Run a playbook; tells what changed on the host, by its summary, and what it printed."""
    inventory = Path("/run/inventory")
    inventory.write_text(f"web1 ansible_connection=local ansible_become=false ansible_python_interpreter={sys.executable}\n")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), f"encrypt.httpd.{name}"]
    extra = [word for variable in (*VARIABLES, *variables) for word in ("-e", variable)]
    collections = str(Path(next(iter(ansible_collections.__path__))).parent)
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_HOME": "/run/ansible", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run([*command, *extra], env=environment, capture_output=True, text=True, check=False, cwd="/run")
    found = re.search(r"changed=(\d+)", done.stdout)
    return {
        "code": done.returncode,
        "changed": int(found[1]) if found else -1,
        "text": done.stdout + done.stderr,
        "files": configuration_files(),
    }


def open_to_others() -> list[str]:
    """Virtual hosts of ours that not only root can read."""
    return [str(path) for path in runner.ETC.glob("*/001-*") if path.stat().st_mode & 0o077]


@by_name([case for case in CASES if case.name in ("address-bound", "wordpress")])
def test_plan_apply_look_and_undo(case: Case, tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        installed()
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(MIXED, encoding="utf-8")
        pages = [page for page in case.told["pages"] if ":443" not in page["url"]]
        excluded = play("migrate", "migrate_exclude=www.blog.example.org")["text"]
        with runner.serving():
            asked = [[ask(page)["status"] for page in pages]]
            runs = [{"code": 0, "changed": 0, "text": "", "files": configuration_files()}]
            for variable in ("migrate_apply=false", "migrate_apply=true", "migrate_apply=true", "migrate_apply=true"):
                runs.append({**play("migrate", variable), "open": open_to_others()})
                asked.append([ask(page)["status"] for page in pages])
            looks = [play("mixed_content", "https_report_directory=reports"), play("report")]
            runs.append(play("migrate", "migrate_undo=true"))
            asked.append([ask(page)["status"] for page in pages])
            looks.append(play("mixed_content"))
        written = Path("/run/reports/mixed-content.txt").read_text(encoding="utf-8")
        return {"runs": runs, "asked": asked, "looks": looks, "written": written, "excluded": excluded}

    told = case.run(work, tmp_path, timeout=300)
    before, planned, probed, led, kept, undone = told["runs"]
    assert [run["code"] for run in told["runs"]] == [0] * 6, told["runs"][-1]["text"]
    assert planned["files"] == before["files"]
    assert "+    RewriteEngine on" in planned["text"]
    assert told["asked"][2] == told["asked"][1] == told["asked"][0]
    assert any("/sites-enabled/001-" in path for path in probed["files"])
    assert probed["open"] == []
    assert set(told["asked"][3]) == {302}
    assert (kept["changed"], kept["files"]) == (0, led["files"])
    assert undone["files"] == before["files"]
    assert told["asked"][5] == told["asked"][0]
    assert [look["code"] for look in told["looks"]] == [0, 0, 0], [look["text"] for look in told["looks"]]
    report = told["looks"][1]["text"]
    sites = [line for line in case.told["plan"] if line.startswith("take ")]
    without_problem = re.findall(r"web1  [\w.-]+ .* temporary +permanent +20\d\d-\d\d-\d\d \d\d:\d\d\"", report)
    assert len(without_problem) == len(sites) > 0, report
    if case.name == "wordpress":
        told_of_blog(told)


def told_of_blog(told: dict[str, Any]) -> None:
    """The page with an insecure link, once the site is migrated; nothing once it is not."""
    assert "migrate_exclude has www.blog.example.org" in told["excluded"]
    mixed, _report, nothing = told["looks"]
    assert "1 of 1 site on 1 host refer to http: 1 active." in mixed["text"]
    assert f"{PAGE}:2:14" in told["written"]
    assert "Nothing was looked at on 1 host." in nothing["text"]
