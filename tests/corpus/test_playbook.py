# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook migrate, as a person runs it, on a configuration of the corpus: plan, apply, once more, further, undo."""

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
from ansible_collections.encrypt.httpd.tests.corpus.client import get
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


def migrate(*variables: str) -> dict[str, Any]:
    """Run the playbook; tells what changed on the host, by its summary, and what it printed."""
    inventory = Path("/run/inventory")
    inventory.write_text(f"web1 ansible_connection=local ansible_become=false ansible_python_interpreter={sys.executable}\n")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "encrypt.httpd.migrate"]
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


@by_name([case for case in CASES if case.name == "wordpress"])
def test_plan_apply_and_undo(case: Case, tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        installed()
        pages = case.told["pages"]
        excluded = migrate("migrate_exclude=www.blog.example.org")["text"]
        with runner.serving():
            asked = [[get(page["url"])["status"] for page in pages]]
            runs = [{"code": 0, "changed": 0, "text": "", "files": configuration_files()}]
            for variable in ("migrate_apply=false", "migrate_apply=true", "migrate_apply=true", "migrate_apply=true", "migrate_undo=true"):
                runs.append(migrate(variable))
                asked.append([get(page["url"])["status"] for page in pages])
        return {"runs": runs, "asked": asked, "excluded": excluded}

    told = case.run(work, tmp_path, timeout=300)
    before, planned, probed, led, kept, undone = told["runs"]
    assert [run["code"] for run in told["runs"]] == [0] * 6, told["runs"][-1]["text"]
    assert "migrate_exclude has www.blog.example.org" in told["excluded"]
    assert planned["files"] == before["files"]
    assert "+    RewriteEngine on" in planned["text"]
    assert told["asked"][2] == told["asked"][1] == told["asked"][0]
    assert any("/sites-enabled/001-" in path for path in probed["files"])
    assert set(told["asked"][3]) == {302}
    assert (kept["changed"], kept["files"]) == (0, led["files"])
    assert undone["files"] == before["files"]
    assert told["asked"][5] == told["asked"][0]
