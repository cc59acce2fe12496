# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The httpd of this host: find it, ask it, check a configuration, reload. Commands run through a callable passed in."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Sequence

from . import _httpd_dumps as dumps
from ._errors import HttpdError
from ._files import read

#: Runs a command: exit code, standard output, standard error. AnsibleModule.run_command has this shape.
Run = Callable[[Sequence[str]], "tuple[int, str, str]"]

#: The control program and the systemd unit, by distribution: Debian's first.
_PROGRAMS = (("apache2ctl", "apache2"), ("apachectl", "httpd"), ("httpd", "httpd"))
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
_KNOWN = "ENCRYPT_HTTPD_KNOWS_"
_DUMPS = ("-t", "-D", "DUMP_VHOSTS", "-D", "DUMP_MODULES", "-D", "DUMP_INCLUDES", "-D", "DUMP_RUN_CFG")
#: Seconds after which a reloading httpd counts as slow.
RELOAD_TIMEOUT = 10.0
#: Exit code of the shell below when the host does not allow an overlay mount.
_NO_OVERLAY = 125
_IN_OVERLAY = f'mount -t overlay overlay -o "lowerdir=$1:$2" "$2" 2>/dev/null || exit {_NO_OVERLAY}; shift 2; exec "$@"'


class Httpd:
    """An installed httpd."""

    def __init__(self, control: str, unit: str, run: Run) -> None:
        self._control = control
        self._unit = unit
        self._run = run

    @classmethod
    def find(cls, run: Run) -> Httpd | None:
        """The httpd that this host's distribution installed; None when there is none."""
        for program, unit in _PROGRAMS:
            path = shutil.which(program, path=_PATH)
            if path:
                return cls(path, unit, run)
        return None

    @classmethod
    def require(cls, run: Run) -> Httpd:
        """As :meth:`find`; raises HttpdError when there is none."""
        found = cls.find(run)
        if found is None:
            raise HttpdError("httpd is not installed on this host; the role encrypt.httpd.httpd installs it")
        return found

    def build(self) -> dumps.Build:
        """Version, MPM and places."""
        return dumps.parse_build(self._run([self._control, "-V"])[1])

    def dump(self) -> str:
        """Everything that httpd tells about its configuration on disk. Raises HttpdError when that is broken."""
        code, out, err = self._run([self._control, *_DUMPS])
        if code:
            raise HttpdError(f"the configuration of httpd on this host is broken: {_reason(out, err)}")
        return out

    def unknown(self, directives: Sequence[str], load_file: str) -> list[str]:
        """Those of the directives that httpd does not know, after *load_file* loaded what it does not load by itself."""
        if not directives:
            return []
        lines = [f"Include {load_file}"] if load_file else []
        for name in directives:
            lines += [f"<IfDirective {name}>", f"Define {_KNOWN}{name}", "</IfDirective>"]
        # a module that is loaded already is only warned about
        out = self._run([self._control, "-t", "-D", "DUMP_RUN_CFG", *(word for line in lines for word in ("-c", line))])[1]
        return [name for name in directives if f"Define: {_KNOWN}{name}\n" not in out + "\n"]

    def check(self) -> str:
        """``httpd -t`` on the configuration on disk: empty when it passes, else what httpd says."""
        code, out, err = self._run([self._control, "-t"])
        return _reason(out, err) if code else ""

    def check_with(self, overlay: str, server_root: str) -> str | None:
        """``httpd -t`` as if the files below *overlay* lay over *server_root*, without touching those.

        Nobody else sees the overlay: it is mounted in a namespace of its own. None when this host does not allow that.
        """
        shell = ["sh", "-c", _IN_OVERLAY, "sh", overlay, server_root, self._control, "-t"]
        unshare = shutil.which("unshare", path=_PATH)
        if unshare is None:
            return None
        code, out, err = self._run([unshare, "--mount", *shell])
        if code == _NO_OVERLAY or "unshare failed" in err:
            return None
        return _reason(out, err) if code else ""

    def process(self) -> int:
        """Process id of the running parent; 0 when httpd does not run."""
        if os.path.isdir("/run/systemd/system"):
            out = self._run(["systemctl", "show", "--property=MainPID", "--value", self._unit])[1].strip()
            return int(out) if out.isdigit() else 0
        match = re.search(r'^PidFile: "(.+)"$', self._run([self._control, "-t", "-D", "DUMP_RUN_CFG"])[1], re.MULTILINE)
        text = (read(match.group(1)) or b"").decode().strip() if match else ""
        return int(text) if text.isdigit() and os.path.isdir(f"/proc/{text}") else 0

    def reload(self) -> None:
        """Take up the configuration gracefully, or start httpd when it does not run. Raises HttpdError."""
        before = self.process()
        children = _children(before)
        verb, fallback = ("reload", "graceful") if before else ("start", "start")
        systemd = os.path.isdir("/run/systemd/system")
        if systemd and not before:  # systemd refuses to start what started five times within ten seconds
            self._run(["systemctl", "reset-failed", self._unit])
        command = ["systemctl", verb, self._unit] if systemd else [self._control, fallback]
        code, out, err = self._run(command)
        died = bool(code and before) and self.process() != before  # so soon that systemctl has seen it and only says "failed"
        if code and not died:
            raise HttpdError(f"httpd did not {verb}: {_reason(out, err)}{self._last_words()}")
        if died or (before and not _took_over(before, children)):
            raise HttpdError(f"httpd died when it reloaded the configuration{self._last_words()}")

    def _last_words(self) -> str:
        text = self._run([self._control, "-t", "-D", "DUMP_RUN_CFG"])[1]
        match = re.search(r'^Main ErrorLog: "(/.+)"$', text, re.MULTILINE)
        lines = (read(match.group(1)) or b"").decode(errors="replace").splitlines() if match else []
        told = [line for line in lines[-12:] if re.search(r":(emerg|error|crit|alert)\]", line)]
        return f"; its log says: {' '.join(told[-3:])}" if told else ""


def _children(process: int) -> set[bytes]:
    return set((read(f"/proc/{process}/task/{process}/children") or b"").split())


def _took_over(process: int, children: set[bytes]) -> bool:
    """Wait until a reloading parent has new children, which is when it has read its configuration; False when it dies."""
    deadline = time.monotonic() + RELOAD_TIMEOUT
    while time.monotonic() < deadline:
        if not os.path.isdir(f"/proc/{process}"):
            return False
        if _children(process) - children:
            return True
        time.sleep(0.02)
    return True  # slow, not dead: what it serves is proven by handshakes


def _reason(out: str, err: str) -> str:
    lines = [line for line in (err + out).splitlines() if line.strip() and "AH00558" not in line]
    told = [line for line in lines if not line.startswith(("Action '", "The Apache error log"))]
    return " ".join(told)[:800] or "httpd gives no reason"
