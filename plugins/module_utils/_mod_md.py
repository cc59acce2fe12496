# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of mod_md, as data: what it manages, has, and does. It may change at any moment, so what has just gone is left out."""

from __future__ import annotations

import json
import os
from glob import glob
from typing import Any

from ._files import read

#: The numbers in md.json (mod_md's md_state_t and md_renew_mode_t).
_STATES = {0: "unknown", 1: "incomplete", 2: "complete", 3: "expired", 4: "error", 5: "missing_information"}
_RENEW_MODES = {0: "manual", 1: "auto", 2: "always"}


def domains(store: str) -> list[str]:
    """The names of all managed domains."""
    return sorted(os.listdir(f"{store}/domains")) if os.path.isdir(f"{store}/domains") else []


def of_domain(store: str, name: str) -> dict[str, Any]:
    """Everything about one domain."""
    live, staging = f"{store}/domains/{name}", f"{store}/staging/{name}"
    managed, run = _json(f"{live}/md.json"), _json(f"{staging}/job.json")
    return {
        "name": name,
        "names": [str(one) for one in managed.get("domains") or []],
        "state": _STATES.get(managed.get("state", 0), "unknown") if managed else "",
        "lacks": str(managed.get("state-descr") or ""),
        "renew_mode": _RENEW_MODES.get(managed.get("renew-mode", 1), "auto") if managed else "",
        "certificates": certificates(live),
        "staged": bool(glob(f"{staging}/pubcert*.pem")),
        "idle": not run or bool(run.get("errors")),
        **_told(run or _json(f"{live}/job.json")),
    }


def certificates(directory: str) -> list[dict[str, Any]]:
    """What the leaves in a directory of the store say."""
    texts = {path: read(path) for path in sorted(glob(f"{directory}/pubcert*.pem"))}
    return [_leaf(text, path) for path, text in texts.items() if text]


def _leaf(text: bytes, path: str) -> dict[str, Any]:
    from . import _certificates  # a host on which mod_md has nothing yet may lack cryptography

    return _certificates.describe(_certificates.load_chain(text, path)).to_dict()


def _told(job: dict[str, Any]) -> dict[str, Any]:
    last, failed = job.get("last") or {}, bool(job.get("errors"))
    noted = [str(entry["detail"]) for entry in (job.get("log") or {}).get("entries") or [] if entry.get("detail")]
    return {
        "errors": int(job.get("errors") or 0),
        "problem": str(last.get("detail") or last.get("activity") or "") if failed else "",
        "log": list(dict.fromkeys(noted)),
        "next_run": str(job.get("next-run") or "") if not job.get("finished") else "",
    }


def _json(path: str) -> dict[str, Any]:
    try:
        found = json.loads(read(path) or b"{}")
    except ValueError:  # it is just being written
        return {}
    return found if isinstance(found, dict) else {}
