# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import check_key_type, domain_or_network, host_name, host_names
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
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8:0:0:1:0:0:7", "2001:db8::1:0:0:7"),
        ("::1", "::1"),
        ("4.example", "4.example"),
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
        ("192.0.2.256", "is neither an IP address nor a host name"),
        ("192.0.2", "is neither an IP address nor a host name"),
        ("*.192.0.2.1", "there are no wildcards of IP addresses"),
        ("0.0.0.0", "is not the IP address of one host"),
        ("ff02::1", "is not the IP address of one host"),
        ("fe80::1%eth0", "is not the IP address of one host"),
        ("::ffff:192.0.2.1", "in the form of IPv6; write 192.0.2.1"),
        ("[192.0.2.1]", "is no host name"),
        ("192.0.2.1:443", "leave out the scheme, port"),
        ("[2001:db8::7]:443", "leave out the scheme, port"),
        ("192.0.2.0/24", "leave out the scheme"),
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
    assert host_names(["2001:db8::7", "a.example", "[2001:0DB8::7]"], "site") == ("2001:db8::7", "a.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Example.Internal", "example.internal"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
    ],
)
def test_domains_and_networks(text: str, expected: str) -> None:
    assert domain_or_network(text, "permitted_names") == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.0.0.1/8", "is no network (10.0.0.1/8 has host bits set); write one such as 192.0.2.0/24"),
        ("10.0.0.0/33", "is no network"),
        ("example.internal/8", "leave out the scheme"),
        (10, "is no host name"),
    ],
)
def test_neither_domain_nor_network(text: object, told: str) -> None:
    with pytest.raises(ArgumentError, match="permitted_names: ") as raised:
        domain_or_network(text, "permitted_names")
    assert told in str(raised.value)


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
