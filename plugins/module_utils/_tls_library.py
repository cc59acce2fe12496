# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the TLS library of this host what it knows."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

#: openssl/ssl.h: SSL_CTX_set1_groups_list is a macro for SSL_CTX_ctrl with this command.
_SET_GROUPS_LIST = 92


def known_groups(wanted: Sequence[str]) -> list[str]:
    """Those of the key exchange groups that the TLS library of this host knows.

    mod_ssl and the distribution's Python use the same library. A version tells less: distributions backport and disable.
    """
    import _ssl

    library = ctypes.CDLL(_ssl.__file__)  # resolves into the libssl that it is linked with
    library.TLS_method.restype = ctypes.c_void_p
    library.SSL_CTX_new.restype = ctypes.c_void_p
    library.SSL_CTX_new.argtypes = [ctypes.c_void_p]
    library.SSL_CTX_ctrl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p]
    library.SSL_CTX_free.argtypes = [ctypes.c_void_p]
    context = library.SSL_CTX_new(library.TLS_method())
    try:
        return [name for name in wanted if library.SSL_CTX_ctrl(context, _SET_GROUPS_LIST, 0, name.encode()) == 1]
    finally:
        library.SSL_CTX_free(context)
