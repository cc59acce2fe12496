# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of a certificate in the store: what is pending becomes one, and one of them is current."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime

from . import _files as files
from ._bundle import check_complete
from ._certificates import load_chain, names_of
from ._chains import check_dates, has_names
from ._errors import CertificateError, FileError
from ._layout import CHAIN, Layout
from ._store import forget_promoted, in_place, trusted_roots

#: The versions that stay on disk: the current one and what came before it, which may have to be revoked.
KEPT_VERSIONS = 5


def previous(layout: Layout) -> list[str]:
    """The directories of the versions that are no longer current, the newest first."""
    current = _current(layout)  # those above it were never confirmed
    return [layout.version(number) for number in reversed(_numbers(layout)) if current is None or number < current]


def check_waiting(layout: Layout, names: Sequence[str], now: datetime) -> None:
    """Check what is pending: that it is for *names*, valid at *now* (aware, UTC) and complete.

    Raises Error that names the certificate and what is wrong.
    """
    where = f"certificate {layout.name!r}"
    pem = files.read(f"{layout.pending}/{CHAIN}")
    if pem is None:
        raise FileError(f"{where}: nothing to activate at {layout.pending}: no chain waits there")
    chain = load_chain(pem, where)
    try:
        if not has_names(names_of(chain[0]), names, exact=False):
            raise CertificateError(f"it is for {', '.join(names_of(chain[0]))}, and has to be served for {', '.join(names)}")
        check_dates(chain, now)
        check_complete(chain, trusted_roots)
    except CertificateError as error:
        raise CertificateError(f"{where}: {error}; the certificate in place, if there is one, stays") from error


def make_version(layout: Layout) -> int:
    """Make what is pending a version, which is not current yet. Its files are the pending ones under a second name: no key is copied.

    Raises FileError when there is nothing to activate.
    """
    found = in_place(layout.pending)
    if found.certificate is None:
        raise FileError(f"certificate {layout.name!r}: nothing to activate at {layout.pending}: {found.problem or 'no chain'}")
    files.make_private_directory(layout.versions, tighten=True)
    current = _current(layout)
    for number in _numbers(layout):
        if current is not None and number > current:  # of a run that was cut off or taken back
            shutil.rmtree(layout.version(number))
    number = max(_numbers(layout), default=0) + 1
    beside = f"{layout.versions}/.{number}~"
    shutil.rmtree(beside, ignore_errors=True)
    _link_all(layout.pending, beside)
    os.rename(beside, layout.version(number))
    return number


def _link_all(source: str, target: str) -> None:
    files.make_private_directory(target)
    for entry in os.scandir(source):
        if entry.is_dir(follow_symlinks=False):
            _link_all(entry.path, f"{target}/{entry.name}")
        else:
            os.link(entry.path, f"{target}/{entry.name}", follow_symlinks=False)


def promote(layout: Layout) -> None:
    """Make what is pending the current version: one rename of a link changes key and chain together."""
    files.swap_link(layout.current, f"versions/{make_version(layout)}")
    forget_promoted(layout)


def forget_old_versions(layout: Layout) -> None:
    """Remove all but the last few versions; never the current one."""
    for number in _numbers(layout)[:-KEPT_VERSIONS]:
        if number != _current(layout):
            shutil.rmtree(layout.version(number))


def _current(layout: Layout) -> int | None:
    number = os.path.basename(files.link_target(layout.current) or "")
    return int(number) if number.isdigit() else None


def _numbers(layout: Layout) -> list[int]:
    try:
        return sorted(int(name) for name in os.listdir(layout.versions) if name.isdigit())
    except FileNotFoundError:
        return []
