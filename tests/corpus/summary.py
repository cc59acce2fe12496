# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was discovered, in the short words of ``case.yml``: what is usual is left out."""

from __future__ import annotations

from typing import Any


def summary(told: dict[str, Any]) -> dict[str, Any]:
    """Of a host."""
    return {
        "listen": [_listen(one) for one in told["listen"]],
        "virtual_hosts": [_host(one) for one in told["virtual_hosts"]],
    }


def _listen(one: dict[str, Any]) -> str:
    usual = "https" if one["port"] == "443" else "http"
    return f"{one['address']}:{one['port']}" + ("" if one["protocol"] == usual else f" {one['protocol']}")


def _host(host: dict[str, Any]) -> dict[str, Any]:
    found = {
        "name": host["server_name"] if host["named"] else "",
        "aliases": host["aliases"],
        "main": host["main"],
        "at": _place(host["file"], host["line"]),
        "addresses": [_address(one) for one in host["addresses"]],
        "kind": host["kind"],
        "twin": _twin(host["twin"]),
        "serves": _serves(host["serves"]),
        "certificate": _certificate(host["certificate"]),
        "hsts": host["hsts"],
        "macro": f"{host['macro']} {_place(host['macro_file'], host['macro_line'])}" if host["macro"] else "",
        "obstacles": [_obstacle(one, host) for one in host["obstacles"]],
        "source": _source(host["source"]),
    }
    usual = {"addresses": ["*:80"], "kind": "http"}
    return {key: value for key, value in found.items() if value not in ("", [], None, False) and usual.get(key) != value}


def _place(file: str, line: int) -> str:
    return f"{file.replace('/etc/apache2/', '')}:{line}"


def _address(one: dict[str, Any]) -> str:
    marks = (" default" if one["default"] else "") + ("" if one["listens"] else " without Listen")
    return f"{one['address']}:{one['port']}{marks}"


def _twin(twin: dict[str, Any] | None) -> str:
    if not twin:
        return ""
    return _place(twin["file"], twin["line"]) + (f" without {' '.join(twin['missing'])}" if twin["missing"] else "")


def _serves(serves: dict[str, Any]) -> str:
    status = [str(serves["status"])] if serves["status"] != 200 else []
    return " ".join([serves["by"], *status, *([serves["target"]] if serves["target"] else [])])


def _certificate(one: dict[str, Any] | None) -> str:
    if not one:
        return ""
    return one["managed_by"] or " ".join([*one["files"], *one["key_files"], *([one["chain_file"]] if one["chain_file"] else [])])


def _obstacle(one: dict[str, Any], host: dict[str, Any]) -> str:
    """As "drop 12: SSLEngine on"; the file is told where it is another, and "outside" what does not stand in the host."""
    place = str(one["line"]) if one["file"] == host["file"] else _place(one["file"], one["line"])
    body = " in both" if len(one["bodies"]) == 2 else ""
    instead = f" => {one['instead']}" if one["instead"] else ""
    return f"{one['verdict']}{body}{' outside' if one['outside'] else ''} {place}: {one['directive']}{instead}"


def _source(source: dict[str, Any] | None) -> str:
    if not source:
        return ""
    kinds = ("variables", "includes", "macros", "conditions", "definitions")
    return f"{source['first_line']}-{source['last_line']}" + "".join(
        f"; {kind}: {', '.join(source[kind])}" for kind in kinds if source[kind]
    )
