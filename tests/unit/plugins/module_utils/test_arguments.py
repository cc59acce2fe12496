# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import check_key_type, host_name, host_names
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import ArgumentError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www.example.org", "www.example.org"),
        ("WWW.Example.ORG", "www.example.org"),
        ("www.example.org.", "www.example.org"),
        (" www.example.org ", "www.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.example.org", "*.example.org"),
        ("3com.example", "3com.example"),
        ("intranet", "intranet"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_accepts_and_converts(text: str, expected: str) -> None:
    assert host_name(text, "site") == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no host name"),
        (None, "is no host name"),
        (42, "is no host name"),
        ("192.0.2.1", "is an IP address"),
        ("[2001:db8::1]", "is an IP address"),
        ("http://www.example.org/", "leave out the scheme"),
        ("www.example.org:8080", "leave out the scheme"),
        ("www..example.org", "is no host name"),
        ("-www.example.org", "is no host name"),
        ("www-.example.org", "is no host name"),
        ("a_b.example.org", "is no host name"),
        ("a b.example.org", "is no host name"),
        ("www.*.example.org", "is no host name"),
        ("a" * 64 + ".example", "is no host name"),
        (".".join(["a" * 50] * 6), "is no host name"),
        ("straße.example", "xn-- form"),
        ("www.example.org\n", None),
        ("www.exa\nmple.org", "is no host name"),
    ],
)
def test_refuses_and_names_the_place(text: object, told: str | None) -> None:
    if told is None:  # white space around a name is no mistake worth a stop
        assert host_name(text, "site 'x': aliases") == "www.example.org"
        return
    with pytest.raises(ArgumentError, match="site 'x': aliases") as raised:
        host_name(text, "site 'x': aliases")
    assert told in str(raised.value)


def test_names_stand_once_in_the_order_given() -> None:
    assert host_names(["b.example", "a.example", "B.example"], "site") == ("b.example", "a.example")


def test_hundred_names_are_the_most() -> None:
    names = [f"n{number}.example" for number in range(101)]
    assert len(host_names(names[:100], "site")) == 100
    with pytest.raises(ArgumentError, match="101 names are more than the 100"):
        host_names(names, "site")


def test_a_certificate_needs_a_name() -> None:
    with pytest.raises(ArgumentError, match="at least one name"):
        host_names([], "site")


@pytest.mark.parametrize("key_type", ["rsa-1024", "rsa-2047", "rsa-9000", "rsa", "dsa", "", None, "ecdsa-p192", "RSA-2048"])
def test_other_types_of_keys_are_refused(key_type: object) -> None:
    with pytest.raises(ArgumentError, match="site 'x': key_type: .* allowed are ecdsa-p256"):
        check_key_type(key_type, "site 'x': key_type")
