# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers in full and in time: requests' own time-out starts anew with each byte, so that a slow answer may take for ever."""

from __future__ import annotations

import time
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

#: Bytes of an answer, and of what is read of it at once. Chains and directories have some thousands.
MOST, PIECE = 1 << 20, 1 << 14


class InTime(HTTPAdapter):
    """The time-outs for connecting and reading together are what the whole answer may take, which has *most* bytes at most."""

    most = MOST

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """As HTTPAdapter, but that the answer is read here. *timeout* are two, for connecting and reading."""
        end = time.monotonic() + sum(kwargs["timeout"])
        response = super().send(*args, **{**kwargs, "stream": True})
        try:
            response._content = _body(response.raw, end, self.most)
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(error) from error
        except requests.Timeout:
            response.close()
            raise
        return response


def _body(raw: Any, end: float, most: int) -> bytes:
    read, body = getattr(raw, "read1", raw.read), bytearray()  # urllib3 before 2 has no read1
    while piece := read(PIECE, decode_content=True):
        body += piece
        if time.monotonic() > end or len(body) > most:
            raise requests.ReadTimeout("the answer does not end")
    return bytes(body)
