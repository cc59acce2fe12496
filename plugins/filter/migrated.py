# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sites that no list has, as a host tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def migrated(virtual_hosts: Iterable[Mapping[str, Any]], stage: str, hsts: int) -> list[dict[str, Any]]:
    """The sites that were taken from virtual hosts of others, as the module rollout_info takes them."""
    from ansible_collections.encrypt.httpd.plugins.module_utils._rollout_options import staged

    places: dict[str, dict[str, None]] = {}
    for one in virtual_hosts:
        if one["taken_from"]:
            places.setdefault(one["site"], {}).update((at["address"].strip("[]"), None) for at in one["addresses"] if at["port"] == "443")
    served = [{"name": name, "names": [name], "addresses": [] if "*" in each else list(each)} for name, each in places.items()]
    return [staged(one, stage, hsts, shared=False)["staged"] for one in served]


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"migrated": migrated}
