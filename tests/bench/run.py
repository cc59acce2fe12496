# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmarks beside community.crypto: the same work, the same ansible-core, the same CA, in turns.

Writes docs/benchmarks.json and docs/benchmarks.md. RUNS, ISSUE and UNCHANGED (numbers of certificates) come from the environment.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv-bench" / "bin"
RUNS = int(os.environ.get("RUNS", "3"))
ROWS = {
    "issue": [int(size) for size in os.environ.get("ISSUE", "1 10 50").split()],
    "no change": [int(size) for size in os.environ.get("UNCHANGED", "1 10 100").split()],
}
SIDES = ("ours", "theirs")


class Responder(http.server.ThreadingHTTPServer):
    """The web server of the host: a challenge file if one was placed, else token and thumbprint, as our httpd answers."""

    daemon_threads = True
    request_queue_size = 128
    challenges = Path()
    thumbprint = ""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Responder

    def do_GET(self) -> None:
        token = self.path.rpartition("/")[2]
        placed = self.server.challenges / token
        body = placed.read_bytes() if placed.is_file() else f"{token}.{self.server.thumbprint}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def certificate_authority(room: Path) -> Iterator[dict[str, str]]:
    """A Pebble without delays, its DNS, and the web server on port 80."""
    subject = ["-subj", "/CN=pebble", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "tls.key", "-out", "tls.pem"]
    subprocess.run([*make, *subject], cwd=room, check=True, capture_output=True)
    config = {"listenAddress": "127.0.0.1:14400", "managementListenAddress": "127.0.0.1:15400", "httpPort": 80, "tlsPort": 443}
    config |= {"certificate": "tls.pem", "privateKey": "tls.key", "retryAfter": {"authz": 1, "order": 1}}
    config |= {"profiles": {"default": {"description": "", "validityPeriod": 7776000}}}
    (room / "config.json").write_text(json.dumps({"pebble": config}), encoding="utf-8")
    dns = ["-dnsserver", "127.0.0.1:18053", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-management", "127.0.0.1:18055"]
    off = [word for kind in ("http01", "https01", "tlsalpn01", "doh") for word in (f"-{kind}", "")]
    pebble = ROOT / ".cache" / "pebble"
    commands = [
        [pebble / "pebble-challtestsrv", *dns, *off],
        [pebble / "pebble", "-config", "config.json", "-dnsserver", "127.0.0.1:18053"],
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": room, "env": {**os.environ, "PEBBLE_VA_NOSLEEP": "1"}}
    started = [subprocess.Popen(command, **quiet) for command in commands]
    try:
        time.sleep(1)
        if any(process.poll() is not None for process in started):
            sys.exit("bench: Pebble or its DNS did not start; are the ports 14400, 15400 and 18053 free?")
        yield {"server": "https://127.0.0.1:14400/dir", "ca_bundle": str(room / "tls.pem")}
    finally:
        for process in started:
            process.terminate()
            process.wait()


def play(side: str, variables: dict[str, Any]) -> float:
    """Seconds that a playbook takes."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"), "ANSIBLE_PIPELINING": "1"}
    environment |= {
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        "ANSIBLE_PYTHON_INTERPRETER": str(BIN / "python"),
    }
    command = [BIN / "ansible-playbook", "-e", json.dumps(variables), ROOT / "tests" / "bench" / f"{side}.yml"]
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"bench: {side} failed\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return seconds


def check(side: str, place: Path, names: list[str]) -> None:
    """A benchmark of something that failed is worth nothing: each name has a certificate that fits its key."""
    for name in names:
        ours = place / "tls" / name / "current"
        chain, key = (ours / "fullchain.pem", ours / "privkey.pem") if side == "ours" else (place / f"{name}.pem", place / f"{name}.key")
        leaf = x509.load_pem_x509_certificate(chain.read_bytes())
        held = load_pem_private_key(key.read_bytes(), None)
        if leaf.public_key() != held.public_key() or name not in str(leaf.extensions):
            sys.exit(f"bench: {side} did not make a certificate for {name}")


def accounts(room: Path, authority: dict[str, str], responder: Responder) -> dict[str, str]:
    """An account key for each side; ours is registered, so that the web server knows its thumbprint."""
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_account import account
    from ansible_collections.encrypt.httpd.plugins.plugin_utils._acme_settings import Settings

    ours, theirs = room / "ours" / "account.pem", room / "theirs-account.pem"
    settings = Settings(directory=authority["server"], account_key=ours, terms_agreed=True, ca_bundle=authority["ca_bundle"])
    responder.thumbprint = account(settings, check_mode=False).thumbprint
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", theirs]
    subprocess.run(make, check=True, capture_output=True)
    return {"ours": str(ours), "theirs": str(theirs)}


def measure(room: Path, authority: dict[str, str], responder: Responder) -> dict[str, dict[int, dict[str, list[float]]]]:
    """Seconds by row, size and side; the sides take turns."""
    keys = accounts(room, authority, responder)
    seconds: dict[str, dict[int, dict[str, list[float]]]] = {row: {} for row in ROWS}
    for size in sorted({*ROWS["issue"], *ROWS["no change"]}):
        names = [f"n{number}.example" for number in range(size)]
        for run, side in ((run, side) for run in range(RUNS) for side in SIDES):
            place = room / f"{side}-certificates"
            variables = {**authority, "place": str(place), "account_key": keys[side], "challenges": str(responder.challenges)}
            variables["certificates"] = [{"name": name, "names": [name]} for name in names]
            if size in ROWS["issue"]:  # a set-up that is not measured builds on what is there
                shutil.rmtree(place, ignore_errors=True)
            place.mkdir(mode=0o700, exist_ok=True)
            for row, sizes in ROWS.items():
                if size not in sizes and (row == "no change" or run > 0):
                    continue
                took = play(side, variables)
                check(side, place, names)
                seconds[row].setdefault(size, {}).setdefault(side, []).append(took)
                print(f"{row:9} {size:4} run {run + 1} {side:7} {took:7.2f} s", flush=True)
    return {row: {size: sides for size, sides in found.items() if size in ROWS[row]} for row, found in seconds.items()}


def version(command: list[Any], pick: int = 0) -> str:
    """One word of what a command prints about itself."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[pick].strip("[]")


def about() -> dict[str, Any]:
    """What was measured, where."""
    galaxy = [BIN / "python", "-c", "import ansible_collections.community.crypto as c; print(list(c.__path__)[0])"]
    manifest = json.loads((Path(version(galaxy)) / "MANIFEST.json").read_text(encoding="utf-8"))
    return {
        "date": date.today().isoformat(),
        "commit": version(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "ansible-core": version([BIN / "ansible", "--version"], 2),
        "community.crypto": manifest["collection_info"]["version"],
        "runs": RUNS,
    }


def table(told: dict[str, Any], seconds: dict[str, dict[int, dict[str, list[float]]]]) -> str:
    """The page docs/benchmarks.md."""
    lines = [
        "# Benchmarks",
        "",
        "The same work on the same machine, in turns: key, signing request, order, http-01 and chain (ECDSA P-256) for some",
        "certificates on one host, by one task `encrypt.httpd.acme_certificate`, and by community.crypto as its documentation",
        "shows; then the same playbook again, when nothing is due. Pebble without delays. Seconds for the whole",
        "`ansible-playbook`, medians. After each run every certificate is checked against its key. `make bench` measures anew.",
        "",
        ", ".join(f"{name} {value}" for name, value in told.items()),
        "",
        "| row | certificates | encrypt.httpd | community.crypto | ratio |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row, found in seconds.items():
        for size, sides in found.items():
            ours, theirs = (statistics.median(sides[side]) for side in SIDES)
            lines.append(f"| {row} | {size} | {ours:.2f} s | {theirs:.2f} s | {theirs / ours:.1f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the results down."""
    room = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        responder = Responder(("0.0.0.0", 80), Handler)
    except OSError as error:
        sys.exit(f"bench: port 80 is needed for the challenges: {error}")
    responder.challenges = room / "challenges"
    responder.challenges.mkdir()
    threading.Thread(target=responder.serve_forever, daemon=True).start()
    try:
        with certificate_authority(room) as authority:
            seconds = measure(room, authority, responder)
    finally:
        shutil.rmtree(room)
    told = about()
    page = table(told, seconds)
    (ROOT / "docs" / "benchmarks.json").write_text(json.dumps({**told, "seconds": seconds}, indent=2) + "\n", encoding="utf-8")
    (ROOT / "docs" / "benchmarks.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
