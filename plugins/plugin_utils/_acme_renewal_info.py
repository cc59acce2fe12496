# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask an ACME server when it wants certificates to be renewed (RFC 9773). Needs no account; what goes wrong is no failure."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from acme import client
from ansible_collections.encrypt.httpd.plugins.module_utils._certificates import CertificateInfo
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestion, suggestion

from ._acme_errors import OutageError
from ._acme_failures import UNREADABLE, retry_after
from ._acme_ledger import Ledger
from ._acme_network import Network
from ._acme_settings import Settings

#: Seconds after which to ask again: within these bounds (RFC 9773 section 4.3), by default, and when the server did not answer.
SOONEST, LATEST, USUAL, AFTER_FAILURE = 60.0, 86400.0, 6 * 3600.0, 600.0
#: Seconds for all attempts of one question. A certificate that is not due shall not wait for a server that is out of order: after
#: the first question that such a server leaves open there is no other in this run.
PATIENCE = 10.0


def suggestions(settings: Settings, certificates: Sequence[CertificateInfo], now: datetime, *, remember: bool) -> dict[str, Suggestion]:
    """What the server suggests, by the identifiers of the certificates; those without are to be renewed by their lifetime.

    What the ledger knows is not asked again before the server wants to be asked; *remember* tells whether to keep what it says now.
    """
    ledger = Ledger(settings.ledger)
    found = {one.renewal_id: one for one in certificates if one.renewal_id and now < one.not_after}
    told = {identifier: ledger.renewal(identifier) for identifier in found}
    asked = [identifier for identifier, kept in told.items() if not is_soon(kept.get("again"), now)]
    for identifier, answer in _ask(settings, asked, now).items() if asked else ():
        # A window that was told before outlives a server that does not answer now.
        told[identifier] = {**told[identifier], **answer}
        if remember:
            ledger.keep_renewal(identifier, told[identifier])
    read = {identifier: _read(found[identifier], kept) for identifier, kept in told.items()}
    return {identifier: one for identifier, one in read.items() if one}


def _ask(settings: Settings, identifiers: Sequence[str], now: datetime) -> dict[str, dict[str, Any]]:
    """What to keep of each."""
    try:
        directory = client.ClientV2.get_directory(settings.directory, _network(settings)).to_partial_json()
    except (Error, *UNREADABLE) as error:
        return dict.fromkeys(identifiers, _nothing(error, now))
    base = directory.get("renewalInfo")
    if not isinstance(base, str):
        return {identifier: {"again": now.timestamp() + LATEST} for identifier in identifiers}
    mine, outages = threading.local(), list[OutageError]()

    def one(identifier: str) -> dict[str, Any]:
        if not hasattr(mine, "network"):
            mine.network = _network(settings)
        try:
            return _nothing(outages[0], now) if outages else _answer(mine.network, f"{base}/{identifier}", now)
        except OutageError as error:
            outages.append(error)
            return _nothing(error, now)
        except (Error, *UNREADABLE) as error:
            return _nothing(error, now)

    # Shuffled, so that those which come after an outage are not the same in each run.
    shuffled = random.sample(identifiers, len(identifiers))
    with ThreadPoolExecutor(min(settings.concurrency, len(identifiers))) as pool:
        return dict(zip(shuffled, pool.map(one, shuffled)))


def _nothing(error: Exception, now: datetime) -> dict[str, Any]:
    """What to keep when the server did not tell: it is left alone for a while, or as long as it asks."""
    again = now.timestamp() + AFTER_FAILURE
    if isinstance(error, OutageError) and error.until:
        again = max(again, error.until.timestamp())
    return {"again": min(again, now.timestamp() + LATEST)}


def _network(settings: Settings) -> Network:
    """Without a deadline: each question has its own."""
    return Network(replace(settings, timeout=PATIENCE), None)


def _answer(network: Network, url: str, now: datetime) -> dict[str, Any]:
    response = network.get(url)
    asked = retry_after(response)
    again = min(max(USUAL if asked is None else asked, SOONEST), LATEST)
    info = response.json()
    window = info["suggestedWindow"]
    explanation = info.get("explanationURL")
    return {
        "again": now.timestamp() + again,
        "start": str(window["start"]),
        "end": str(window["end"]),
        "explanation": explanation if isinstance(explanation, str) else "",
    }


def _read(certificate: CertificateInfo, kept: Mapping[str, Any]) -> Suggestion | None:
    """What was kept, if it is a window that can be used."""
    try:
        start, end = (datetime.fromisoformat(kept[bound]) for bound in ("start", "end"))
        return suggestion(certificate, start, end, str(kept.get("explanation", "")))
    except (KeyError, ValueError, TypeError):  # none, no times, or times without a zone
        return None


def is_soon(again: object, now: datetime) -> bool:
    """Whether it is yet to come, and not later than any: that was kept while the clock was ahead."""
    return isinstance(again, (int, float)) and now.timestamp() < again <= now.timestamp() + LATEST
