# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the virtual hosts of this host: planned by what its httpd tells and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import _httpd_dumps as dumps
from . import _migration_state as state
from ._config_tree import parse
from ._discovery import Discovery
from ._httpd import Httpd
from ._httpd_loading import loading
from ._migration import plan
from ._migration_addresses import read_order
from ._migration_names import Rules
from ._migration_step import Step
from ._override_files import directories
from ._reach_probe import probe
from ._shown_certificates import with_distrust
from ._woken import woken


def planned(httpd: Httpd, params: Mapping[str, Any]) -> list[Step]:
    """The plan; *params* are the arguments of the module migration_plan. Raises HttpdError when the configuration is broken."""
    more, served = loading(params["modules"]), state.served_names(params["sites_directory"])
    dump = httpd.dump(more)
    found = Discovery.of(httpd.configuration(more), dump, state.text, directories, without=state.written_by_us)
    rules = Rules(
        order=read_order(dump, params["sites_directory"]),
        public=params["public"],
        wildcards=params["wildcards"],
        listed=frozenset(params["listed"]),
        excluded=frozenset(name.lower() for name in params["exclude"]) - served,
        renewals=state.certbot(),
    )
    missing = [name for name in params["modules"] if name not in dumps.parse_modules(httpd.dump())]
    if missing:
        now = [one for one in parse(httpd.configuration()) if not state.written_by_us(one.file)]
        rules = replace(rules, woken=woken(now, found, missing))
    steps = plan(found, rules)
    places = {name: step.bodies["addresses"] for step in steps for name in step.names if not name.startswith("*.")}
    if params["resolve"] and places:
        # DNS, or what is in front, may be out of order today
        reach = {name: replace(one, provable=one.provable or name in served) for name, one in probe(places).items()}
        steps = plan(found, replace(rules, reach=reach))
    return with_distrust(steps, found, {name.lower() for name in (*served, *rules.excluded, *rules.listed)})
