# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On which ports something listens, and which program that is."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ._files import link_target, read
from ._handshake import own_address
from ._processes import family

#: The state LISTEN in /proc/net/tcp.
_LISTEN = "0A"
_LOOPBACK = ("127.0.0.1", "::1")
#: An address of this host as /proc/net/fib_trie has it: what there is to say of it stands below.
_LOCAL = re.compile(r"\|-- (\S+)\n(?: +/.*\n)*? +/(\d+) host LOCAL$", re.MULTILINE)
#: The address of a socket that takes what comes by IPv6, and by IPv4 as a rule.
_ALL_OF_6 = "0" * 32


@dataclass(frozen=True)
class Listener:
    """A listening TCP socket: its address as the kernel spells it (hex), its port, and the inode that tells whose it is."""

    address: str
    port: int
    inode: str

    def excludes(self, other: Listener) -> bool:
        """Tell whether both cannot be there at once."""
        return self.port == other.port and (self.address == other.address or self._takes_all() or other._takes_all())

    def _takes_all(self) -> bool:
        return not self.address.strip("0")

    def at(self, usual: str) -> Sequence[str]:
        """The addresses at which it can be asked; of one that takes all, the *usual* one and those of loopback."""
        if self._takes_all():
            return (usual, *(_LOOPBACK if self.address == _ALL_OF_6 else _LOOPBACK[:1]))
        return (_spelled(self.address),)


def listeners() -> list[Listener]:
    """All listening TCP sockets of this host, or of the private view that asks."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in (read(table) or b"").decode().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN:
                address, _colon, port = fields[1].rpartition(":")
                found.append(Listener(address, int(port, 16), fields[9]))
    return found


def reachable(port: int, taken: Collection[str] = ()) -> str:
    """The address at which this host can be asked on a port: its own, unless what listens there listens to others alone.

    None that is *taken* if there is another one: others serve what comes there, so that it says nothing of what is served everywhere.
    """
    usual = own_address()
    there = {address for one in listeners() if one.port == port for address in one.at(usual)} or {usual}
    return min(there, key=lambda address: (address in taken, address != usual, address not in _LOOPBACK, ":" in address, address))


def is_ours(address: str) -> bool:
    """Tell whether it is an address of this host: only such can be bound to, unless the host may take over others' (ip_nonlocal_bind)."""
    version = 6 if ":" in address else 4
    known = _own_networks(version) if (read(f"/proc/sys/net/ipv{version}/ip_nonlocal_bind") or b"0").strip() != b"0" else []
    with contextlib.suppress(OSError, ValueError):
        if known:
            return any(ipaddress.ip_address(address) in network for network in known)
        with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind((address, 0))
        return True
    return False


def _own_networks(version: int) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """All addresses of this host, out of the tables of the kernel; of loopback, networks."""
    if version == 6:
        lines = (read("/proc/net/if_inet6") or b"").decode().splitlines()
        return [ipaddress.ip_network(bytes.fromhex(line.split()[0])) for line in lines]
    found = _LOCAL.findall((read("/proc/net/fib_trie") or b"").decode())
    return [ipaddress.ip_network(f"{address}/{length}", strict=False) for address, length in found]


def ours(addresses: Sequence[str]) -> str:
    """Where to ask for what is served at some addresses alone: at one of this host's, as others may be at work elsewhere now. For none it
    is empty."""
    return next((one for one in addresses if is_ours(one)), addresses[0] if addresses else "")


def _spelled(address: str) -> str:
    """An address out of /proc/net/tcp, which has 32-bit words in the order of the processor."""
    words = [bytes.fromhex(address[place : place + 8]) for place in range(0, len(address), 8)]
    raw = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    found = ipaddress.ip_address(raw)
    return str(getattr(found, "ipv4_mapped", None) or found)


def own(process: int) -> list[Listener]:
    """The listening sockets of a process and its children."""
    inodes = {inode for one in family(process) for inode in _inodes(one)}
    return [one for one in listeners() if one.inode in inodes]


def listening_ports() -> list[int]:
    """TCP ports on which any program of this host listens."""
    return sorted({one.port for one in listeners()})


def taken_by_others(wanted: Iterable[Listener], process: int) -> list[str]:
    """For each of the sockets that a program other than *process* and its children has: which port, which program."""
    present = set(listeners()) - set(own(process))
    foreign = {other for one in wanted for other in present if one.excludes(other)}
    return sorted({f"port {other.port} is taken by {_owner(other.inode)}" for other in foreign})


def _owner(inode: str) -> str:
    for process in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if inode in _inodes(process):
            name = (read(f"/proc/{process}/comm") or b"?").decode(errors="replace").strip()
            return f"{name} (process {process})"
    return "another program"


def _inodes(process: int) -> Sequence[str]:
    directory = f"/proc/{process}/fd"
    try:
        targets = [link_target(f"{directory}/{name}") or "" for name in os.listdir(directory)]
    except OSError:
        return []  # it has ended
    return [target[len("socket:[") : -1] for target in targets if target.startswith("socket:[")]
