# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles: the kinds of certificate that a CA offers (draft-ietf-acme-profiles)."""

from __future__ import annotations

from typing import Any

from acme import messages

from ._acme_errors import AcmeError


def check_offered(directory: Any, profile: str, server: str) -> None:
    """Raise AcmeError unless the CA offers the *profile*; an empty one leaves the choice to the CA."""
    offered = getattr(getattr(directory, "meta", None), "profiles", None) or {}
    if profile and profile not in offered:
        told = "; ".join(f"{name}: {description or 'no description'}" for name, description in sorted(offered.items()))
        raise AcmeError(
            f"profile: the CA at {server} offers no {profile!r}"
            + (f", but {told}" if told else ", nor any other; leave out profile (in the role https_acme_profile)")
        )


def check_taken(order: messages.Order, profile: str) -> None:
    """Raise AcmeError unless the CA took the *profile* for an order."""
    if profile and order.profile != profile:
        raise AcmeError(
            f"profile: {profile!r} was asked for, and the CA took {order.profile or 'none'!r} for the order; nothing was issued"
        )
