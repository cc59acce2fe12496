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
from . import _processes as processes
from ._errors import HttpdError
from ._files import read

#: Runs a command: exit code, standard output, standard error. Ansible's run_command has this shape.
Run = Callable[[Sequence[str]], "tuple[int, str, str]"]

#: What is run and the systemd unit, by distribution: Debian's first. Fedora's apachectl passes no arguments on to httpd.
_PROGRAMS = (("apache2ctl", "apache2"), ("httpd", "httpd"), ("apachectl", "httpd"))
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
_KNOWN = "ENCRYPT_HTTPD_KNOWS_"
_DUMPS = ("-t", "-D", "DUMP_VHOSTS", "-D", "DUMP_MODULES", "-D", "DUMP_INCLUDES", "-D", "DUMP_RUN_CFG")
#: Seconds after which a reloading httpd counts as slow.
RELOAD_TIMEOUT = 10.0
#: Where distributions have modules, such as mod_info, which is loaded for one look.
MODULES = [f"/usr/{place}/modules" for place in ("lib/apache2", "lib64/httpd", "lib/httpd")]
_MOD_INFO = [f"{place}/mod_info.so" for place in MODULES]
_IDENTITY = re.compile(r'^(User|Group): name="(.+?)"', re.MULTILINE)
_NOISE = re.compile(r"AH00558|^Action '|^The Apache error log|ulimit|^Syntax OK$")
_FAILURE = re.compile(r":(emerg|error|crit|alert)\]")
_SEE = re.compile(r"See (/\S+) for more information")


class Httpd:
    """An installed httpd."""

    def __init__(self, control: str, unit: str, run: Run) -> None:
        self._control = control
        self._signal = [control, "-k"] if os.path.basename(control) == "httpd" else [control]  # a control program takes the verb alone
        self._unit = unit
        self.run = run

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
        return dumps.parse_build(self.run([self._control, "-V"])[1])

    def dump(self, more: Sequence[str] = ()) -> str:
        """Everything that httpd tells about its configuration on disk, with *more* arguments. Raises HttpdError when that is broken."""
        code, out, err = self.run([self._control, *_DUMPS, *more])
        if code:
            raise HttpdError(f"the configuration of httpd on this host is broken: {reason('', err)}")  # it prints all files, too
        return out

    def configuration(self, more: Sequence[str] = ()) -> str:
        """The whole configuration as httpd has understood it. Raises HttpdError when it is broken, or mod_info is missing."""
        info = [word for path in _MOD_INFO if os.path.exists(path) for word in ("-c", f"LoadModule info_module {path}")]
        code, out, err = self.run([self._control, "-t", "-D", "DUMP_CONFIG", *more, *info])  # last, so that no <IfModule> sees mod_info
        if code or "# In file: " not in out:
            told = reason("", err) if code else "mod_info is missing, which tells it; install it beside httpd"
            raise HttpdError(f"the configuration of httpd on this host cannot be read: {told}")
        return out

    def unknown(self, directives: Sequence[str], load_file: str) -> list[str]:
        """Those of the directives that httpd does not know, after *load_file* loaded what it does not load by itself."""
        if not directives:
            return []
        lines = [f"Include {load_file}"] if load_file else []
        lines += [line for name in directives for line in (f"<IfDirective {name}>", f"Define {_KNOWN}{name}", "</IfDirective>")]
        # a module that is loaded already is only warned about
        out = self._dump_settings(*(word for line in lines for word in ("-c", line)))
        return [name for name in directives if f"Define: {_KNOWN}{name}\n" not in out + "\n"]

    def check(self) -> str:
        """``httpd -t`` on the configuration on disk: empty when it passes, else what httpd says."""
        code, out, err = self.run([self._control, "-t"])
        return reason(out, err) if code else ""

    def settings(self) -> dict[str, str]:
        """What ``DUMP_RUN_CFG`` tells of the whole server, such as "PidFile" and "Main ErrorLog"."""
        return dumps.parse_settings(self._dump_settings())

    def identity(self) -> list[str]:
        """The directives User and Group."""
        return [f'{kind} "{name}"' for kind, name in _IDENTITY.findall(self._dump_settings())]

    def _dump_settings(self, *more: str) -> str:
        return self.run([self._control, "-t", "-D", "DUMP_RUN_CFG", *more])[1]

    def foreground(self) -> list[str]:
        """The command that runs httpd without a service around it."""
        return [self._control, "-D", "FOREGROUND"]

    def take_up(self) -> list[str]:
        """Shell commands that have httpd take up its configuration, whatever state it is in."""
        if _has_systemd():
            return [
                f"systemctl reset-failed {self._unit} 2>/dev/null",
                f"systemctl reload {self._unit} 2>/dev/null && sleep 2  # it may die of that, a moment later",
                f"systemctl is-active --quiet {self._unit} || systemctl restart {self._unit} || exit 1",
            ]
        return [" || ".join([*(" ".join([*self._signal, verb]) for verb in ("graceful", "start")), "exit 1"])]

    def process(self) -> int:
        """Process id of the running parent; 0 when httpd does not run."""
        if _has_systemd():
            out = self.run(["systemctl", "show", "--property=MainPID", "--value", self._unit])[1].strip()
            return int(out) if out.isdigit() else 0
        text = (read(self.settings().get("PidFile", "")) or b"").decode().strip()
        return int(text) if text.isdigit() and processes.is_alive(int(text)) else 0

    def reload(self) -> None:
        """Take up the configuration gracefully, or start httpd when it does not run. Raises HttpdError."""
        before = self.process()
        children = processes.children(before)
        verb, fallback = ("reload", "graceful") if before else ("start", "start")
        code, told = self._do(verb, fallback)
        died = bool(code and before) and self.process() != before  # so soon that systemctl has seen it and only says "failed"
        if code and not died:
            raise HttpdError(f"httpd did not {verb}: {told}{self.last_words()}")
        if died or (before and not _took_over(before, children)):
            raise HttpdError(f"httpd died when it reloaded the configuration{self.last_words()}")

    def recover(self) -> None:
        """As :meth:`reload`, but where that fails, start httpd anew. Raises HttpdError."""
        try:
            self.reload()
        except HttpdError:
            self.restart()

    def restart(self) -> None:
        """Stop httpd if it runs, and start it. Raises HttpdError."""
        code, told = self._do("restart", "restart")
        if code:
            raise HttpdError(f"httpd did not restart: {told}{self.last_words()}")

    def _do(self, verb: str, fallback: str) -> tuple[int, str]:
        if _has_systemd():
            if verb != "reload":  # systemd refuses to start what started five times within ten seconds
                self.run(["systemctl", "reset-failed", self._unit])
            code, out, err = self.run(["systemctl", verb, self._unit])
        else:
            code, out, err = self.run([*self._signal, fallback])
        return code, reason(out, err)

    def last_words(self, log: str = "") -> str:
        """What httpd has just logged (in *log*) of its failures, to be added to an error; empty when that is nothing."""
        log = log or self.settings().get("Main ErrorLog", "")
        told = _failures(log)
        for other in dict.fromkeys(found for line in told for found in _SEE.findall(line)):
            told += _failures(other) if other != log else []
        return f"; its log says: {' '.join(told[-3:]).rstrip('.')}" if told else ""


def _failures(log: str) -> list[str]:
    lines = (read(log) or b"").decode(errors="replace").splitlines() if log.startswith("/") else []
    return [line for line in lines[-12:] if _FAILURE.search(line)]


def _has_systemd() -> bool:
    return os.path.isdir("/run/systemd/system")


def _took_over(process: int, children: set[int]) -> bool:
    """Wait until a reloading parent has new children, which is when it has read its configuration; False when it dies."""
    deadline = time.monotonic() + RELOAD_TIMEOUT
    while time.monotonic() < deadline:
        if not processes.is_alive(process):
            return False
        if processes.children(process) - children:
            return True
        time.sleep(0.02)
    return True  # slow, not dead: what it serves is proven by handshakes


def reason(out: str, err: str) -> str:
    """What httpd says of a failure, without what says nothing."""
    told = [line.strip() for line in (err + out).splitlines() if line.strip() and not _NOISE.search(line)]
    return " ".join(told)[:800] or "it prints no reason"
