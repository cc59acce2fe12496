# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What httpd would refuse, die of, or not serve; hosts that are broken or occupied."""

from __future__ import annotations

import shutil
import socket
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ansible_collections.encrypt.httpd.plugins.module_utils import _authority
from ansible_collections.encrypt.httpd.plugins.module_utils._keys import generate
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from host import LAYOUT, NAME, ROOT, Host, plan_with, served, shell, stage

PAIRS = Path("/root/pairs")
TLS_HOST = """\
<VirtualHost *:443>
ServerName fault.test
SSLEngine on
SSLCertificateFile {chain}
SSLCertificateKeyFile {key}
</VirtualHost>
"""


def pairs() -> dict[str, str]:
    """Key and certificate files that pass "httpd -t" and kill it, as virtual hosts."""
    shutil.rmtree(PAIRS, ignore_errors=True)
    PAIRS.mkdir(mode=0o700)
    one, two = (Layout(str(PAIRS), name) for name in ("one", "two"))
    stage(one)
    stage(two)
    chain = Path(one.pending, "fullchain.pem").read_text()
    (PAIRS / "truncated.pem").write_text(chain[: len(chain) // 2] + "\n-----END CERTIFICATE-----\n")
    (PAIRS / "reversed.pem").write_text(Path(two.pending, "fullchain.pem").read_text() + chain)
    shell(f"openssl pkey -in {one.pending}/privkey.pem -aes256 -passout pass:secret -out {PAIRS}/encrypted.key")
    made = {
        "key of another certificate": (f"{one.pending}/fullchain.pem", f"{two.pending}/privkey.pem"),
        "truncated certificate": (f"{PAIRS}/truncated.pem", f"{one.pending}/privkey.pem"),
        "chain in the wrong order": (f"{PAIRS}/reversed.pem", f"{one.pending}/privkey.pem"),
        "encrypted key": (f"{one.pending}/fullchain.pem", f"{PAIRS}/encrypted.key"),
    }
    return {fault: TLS_HOST.format(chain=chain, key=key) for fault, (chain, key) in made.items()}


def deadly() -> dict[str, str]:
    """Contents that pass "httpd -t", and that httpd dies of."""
    return {
        **pairs(),
        "unknown TLS group": "SSLOpenSSLConfCmd Groups nonsense\n",
        "bad cipher string": "SSLCipherSuite NONSENSE\n",
        "no protocol left": "SSLProtocol -all\n",
        "stapling without a cache": "SSLUseStapling on\n",
        "port in use": "Listen 22\n",
    }


def passes_t_but_dies(host: Host) -> tuple[int, str]:
    count = 0
    for trial in ("auto", "tls"):
        for content in deadly().values():
            host.refused(plan_with(host, content, trial=trial), "Nothing was changed")
            count += 1
    served(host)
    return count, "refused, the running httpd has not noticed"


def serves_wrongly(host: Host) -> tuple[int, str]:
    """httpd takes it, and serves without valid https."""
    site = host.present()["files"][0]
    cases = {
        "SSLEngine off": site["content"].replace("SSLEngine on", "SSLEngine off"),
        "another port": site["content"].replace("*:443", "*:444"),
    }
    other = Layout(str(PAIRS), "one")
    cases["another certificate"] = site["content"].replace(LAYOUT.current, other.pending)
    for content in cases.values():
        files = [{**site, "content": content}, *host.present()["files"][1:]]
        host.refused({**host.present(), "files": files, "timeout": 1}, "does not serve as it should…Nothing was changed")
    return len(cases), "refused, the running httpd has not noticed"


def wrong_certificates(host: Host) -> tuple[int, str]:
    """Certificates that wait and must not become current."""
    now = datetime.now(timezone.utc)
    count = 0
    for days, says in ((-40, "expired on"), (40, "is not valid before")):
        key = generate("ecdsa-p256")
        chain = _authority.sign_oneself(key, (NAME,), 30, now + timedelta(days=days))
        _replace_pending(key, chain)
        host.refused({**host.present(), "activate": [NAME]}, says)
        count += 1
    stage(LAYOUT)
    wider = {**host.present(), "activate": [NAME], "sites": {NAME: [NAME, "b.test"]}}
    host.refused(wider, "it is for a.test, and has to be served for a.test, b.test")
    Path(LAYOUT.pending, "privkey.pem").write_bytes(Path(LAYOUT.current, "privkey.pem").read_bytes())
    host.refused({**host.present(), "activate": [NAME]}, "does not belong to the private key")
    shutil.rmtree(LAYOUT.pending)
    host.refused({**host.present(), "activate": [NAME]}, "nothing to activate")
    served(host)
    return count + 3, "refused, the certificate in place stays"


def _replace_pending(key: object, chain: str) -> None:
    from ansible_collections.encrypt.httpd.plugins.module_utils import _store

    _store.adopt(LAYOUT, key, (NAME,), chain, "self_signed")  # type: ignore[arg-type]


def found_broken(host: Host) -> tuple[int, str]:
    """What is there already would not start again."""
    faults = {
        "Foo bar\n": "is broken already…Invalid command 'Foo'",
        "SSLCipherSuite NONSENSE\n": "so it was broken before…no cipher match",
    }
    fault = ROOT / "conf-enabled" / "zz-fault.conf"
    for content, says in faults.items():
        fault.write_text(content)
        for trial in ("auto", "tls"):
            host.refused(host.next(trial=trial), says)
            host.generation -= 1
        fault.unlink()
    served(host)
    return 2 * len(faults), "refused with the reason, nothing touched"


def port_taken(host: Host) -> tuple[int, str]:
    """Another program has the port that httpd would listen on."""
    with socket.create_server(("0.0.0.0", 8443)):
        for trial in ("auto", "tls"):
            host.refused(plan_with(host, "Listen 8443\n", trial=trial), "port 8443 is taken by python3")
    return 2, "refused, with the name of the program"


def two_controllers(host: Host) -> tuple[int, str]:
    """The second waits, or is told who is at work."""
    plan = host.next()
    first = host.start(plan)
    while not Path("/run/encrypt-httpd/lock").read_text().startswith(f"process {first.pid} "):
        pass
    told = host.change({**host.present(), "patience": 0})
    assert f"another run changes httpd on this host: process {first.pid} (" in told["error"], told
    results: list[dict[str, object]] = []
    second = threading.Thread(target=lambda: results.append(host.change(host.present())))
    second.start()
    out, err = first.communicate()
    second.join()
    assert not first.returncode, out + err
    assert not results[0]["code"], results
    served(host)
    return 2, "the second waits, or says who holds the lock"


def ports_change(host: Host) -> tuple[int, str]:
    """A port that httpd cannot take up by a reload, of which it dies: the old socket is still open then."""
    parent = host.parent()
    host.must(plan_with(host, "Listen 8081\n"))
    assert host.parent() == parent, "a new port needs no restart"
    steps = host.must(plan_with(host, "Listen 127.0.0.1:8081\n"))["steps"]
    assert "restarts httpd" in steps, steps
    served(host)
    host.must({**plan_with(host, ""), "files": [{"path": f"{ROOT}/conf-enabled/00-fault.conf"}]})
    return 3, "reloaded, or restarted where that did not do"
