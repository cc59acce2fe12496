# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lays a configuration of the corpus out as it lies on a host, in a private view of this machine, with Debian's httpd beside it."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.encrypt.httpd.plugins.module_utils._httpd import Httpd
from ansible_collections.encrypt.httpd.plugins.module_utils._trial import started
from ansible_collections.encrypt.httpd.plugins.module_utils._view import in_view
from ansible_collections.encrypt.httpd.tests.lab.backend import Application

CORPUS = Path(__file__).parent
BINARIES = CORPUS.parents[1] / ".cache" / "httpd"
ETC = Path("/etc/apache2")
#: What Debian enables at installation.
MODULES = (
    *("access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_host", "authz_user", "autoindex"),
    *("deflate", "dir", "env", "filter", "mime", "mpm_event", "negotiation", "reqtimeout", "setenvif", "status"),
)
CONFS = ("charset", "localized-error-pages", "other-vhosts-access-log", "security", "serve-cgi-bin")
_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
_PLACES = ("/usr/lib/apache2", "/usr/share/apache2")


@dataclass(frozen=True)
class Case:
    """A folder of the corpus: ``apache2`` lies at /etc/apache2, ``files`` at /; README.md explains ``case.yml``."""

    folder: Path
    told: dict[str, Any]

    @classmethod
    def all(cls) -> list[Case]:
        return [cls(path.parent, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(CORPUS.glob("*/case.yml"))]

    @property
    def name(self) -> str:
        return self.folder.name

    def run(self, work: Callable[[], dict[str, Any]], scratch: Path, timeout: float = 60) -> dict[str, Any]:
        """Run *work* where this configuration is the host's; nothing of it stays. *scratch* is an empty directory."""

        def laid_out() -> dict[str, Any]:
            os.umask(0o022)
            _install()
            self._lay_out()
            with contextlib.ExitStack() as stack:
                for port in self.told.get("backends", []):
                    stack.enter_context(_backend(port))
                return work()

        return in_view(laid_out, str(scratch), timeout)

    def _lay_out(self) -> None:
        for part, place in (("apache2", ETC), ("files", Path("/"))):
            if (self.folder / part).is_dir():
                shutil.copytree(self.folder / part, place, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copy)
        for name in [name for name in (*MODULES, *self.told.get("modules", [])) if name not in self.told.get("without_modules", [])]:
            enable("mods", f"{name}.load")
            if (ETC / f"mods-available/{name}.conf").exists():
                enable("mods", f"{name}.conf")
        for name in CONFS:
            enable("conf", f"{name}.conf")
        if not (self.folder / "apache2/sites-enabled").exists():
            own = self.folder / "apache2/sites-available"
            for path in sorted(own.glob("*.conf")):
                enable("sites", path.name)
        for name in self.told.get("stock_sites", []):
            enable("sites", f"{name}.conf")
        for certificate, key in self.told.get("certificates", {}).items():
            make_certificate(certificate, key)
        for path in self.told.get("executable", []):
            os.chmod(path, 0o755)


def enable(kind: str, file: str) -> None:
    """Link a file, as a2enmod and its like do."""
    link = ETC / f"{kind}-enabled" / file
    if not link.is_symlink():
        link.symlink_to(f"../{kind}-available/{file}")


def _install() -> None:
    """What installing the packages would do, but in memory."""
    shutil.rmtree(ETC, ignore_errors=True)
    shutil.copytree(BINARIES / "etc/apache2", ETC, symlinks=True)
    for path in _PLACES:
        os.makedirs(path, exist_ok=True)
        _run("mount", "--bind", f"{BINARIES}{path}", path)
    for name in ("apache2", "apache2ctl"):
        _copy(BINARIES / "usr/sbin" / name, Path("/usr/sbin") / name)
    for library in (BINARIES / _LIBRARIES[1:]).glob("*.so*"):
        if not (Path(_LIBRARIES) / library.name).exists():
            _copy(library, Path(_LIBRARIES) / library.name)
    shutil.rmtree("/var/www", ignore_errors=True)
    shutil.rmtree("/var/log/apache2", ignore_errors=True)
    for path in ("/var/www/html", "/var/log/apache2", "/var/run/apache2", "/var/lock/apache2", "/usr/lib/cgi-bin"):
        os.makedirs(path, exist_ok=True)
    Path("/var/www/html/index.html").write_text("It works!\n", encoding="utf-8")
    os.makedirs("/run/systemd", exist_ok=True)
    shutil.rmtree("/run/systemd/system", ignore_errors=True)  # no service is asked for httpd here


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    shutil.copy(source, target, follow_symlinks=False)


def make_certificate(certificate: str, key: str) -> None:
    """A self-signed certificate and its key."""
    for path in (certificate, key):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")
    _run("openssl", "req", "-x509", *curve, "-subj", "/CN=corpus.example", "-keyout", key, "-out", certificate)


def _run(*command: str) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.returncode, done.stdout, done.stderr


def run(command: Any) -> tuple[int, str, str]:
    """As AnsibleModule.run_command."""
    done = subprocess.run(list(command), capture_output=True, text=True, errors="surrogateescape", check=False)
    return done.returncode, done.stdout, done.stderr


def httpd() -> Httpd:
    """The httpd of the view."""
    return Httpd.require(run)


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """Have it serve meanwhile, on its own ports, which are those of the view."""
    one = httpd()
    with started(one, one.foreground(), {}, one.settings().get("PidFile", "")):
        yield


@contextlib.contextmanager
def _backend(port: int) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Application) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield
        server.shutdown()
