# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a request between an ACME client and its server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .acme_proxy import Answer, Exchange, Harm

PROBLEM = "application/problem+json"
HTML = {"Content-Type": "text/html"}


def instead(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Harm:
    """Pebble does not learn of the request."""
    return lambda exchange: exchange.answer(Answer(status, body.encode(), dict(headers or {})))


def problem(status: int, code: str, detail: str = "so it is", retry_after: str = "", **more: Any) -> Harm:
    """A problem document instead."""
    document = {"type": f"urn:ietf:params:acme:error:{code}", "detail": detail, **more}
    return instead(status, json.dumps(document), {"Content-Type": PROBLEM, **({"Retry-After": retry_after} if retry_after else {})})


def page(exchange: Exchange) -> None:
    """A web page instead."""
    instead(200, "<html>It works!</html>", HTML)(exchange)


def json_of(value: Any) -> Harm:
    """Well-formed JSON that is not what was asked for."""
    return instead(200, json.dumps(value), {"Content-Type": "application/json"})


def reset(exchange: Exchange) -> None:
    """Pebble does not learn of it."""
    exchange.reset()


def lose(exchange: Exchange) -> None:
    """Pebble did it, but nobody learns of it."""
    exchange.forward()
    exchange.reset()


def stall(exchange: Exchange) -> None:
    """No answer, until the client ends it."""
    exchange.stopped.wait(10)


def stall_after(exchange: Exchange) -> None:
    """Pebble did it, but the answer does not come."""
    exchange.forward()
    exchange.stopped.wait(10)


def drip(pause: float) -> Harm:
    """Byte by byte."""
    return lambda exchange: exchange.drip(exchange.forward(), pause)


def cut(exchange: Exchange) -> None:
    """Half an answer, and the connection ends."""
    answer = exchange.forward()
    exchange.answer(replace(answer, body=answer.body[: len(answer.body) // 2]), len(answer.body))


def halve(exchange: Exchange) -> None:
    """Half an answer that says it is whole."""
    answer = exchange.forward()
    exchange.answer(replace(answer, body=answer.body[: len(answer.body) // 2]))


def mislabel(exchange: Exchange) -> None:
    """The right answer, as text."""
    answer = exchange.forward()
    exchange.answer(replace(answer, headers={**answer.headers, "Content-Type": "text/plain"}))


def nonce(value: str | None) -> Harm:
    """Another nonce, or none, with the right answer."""

    def harm(exchange: Exchange) -> None:
        answer = exchange.forward()
        kept = {name: text for name, text in answer.headers.items() if name != "Replay-Nonce"}
        exchange.answer(replace(answer, headers={**kept, **({"Replay-Nonce": value} if value else {})}))

    return harm


def status(is_: str, told: str) -> Harm:
    """The right answer, but for this status."""

    def harm(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.answer(replace(answer, body=answer.body.replace(f'"status": "{is_}"'.encode(), f'"status": "{told}"'.encode(), 1)))

    return harm
