"""Gratuitous ARP and unsolicited neighbour advertisements: a VPC needs none, a bridge or a bare network does."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Final

_ARP: Final = 0x0806
_EVERYBODY: Final = b"\xff" * 6
_REPLY: Final = 2
_ADVERTISEMENT: Final = 136
_OVERRIDE: Final = 0x2000_0000
_TARGET_LINK_ADDRESS: Final = 2
_ALL_NODES: Final = "ff02::1"
_HOPS: Final = 255


def announce(device: str, address: str) -> None:
    """Tell the link once who has the address now; raises OSError where that takes more rights or another link."""
    if ":" in address:
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
            index = socket.if_nametoindex(device)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.sendto(advertisement(address, _mac(device)), (_ALL_NODES, 0, 0, index))
        return
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP)) as sock:
        sock.bind((device, 0))
        sock.send(gratuitous_arp(address, sock.getsockname()[4]))


def gratuitous_arp(address: str, mac: bytes) -> bytes:
    """The Ethernet frame of an ARP reply that everybody hears (RFC 5227)."""
    ip = ipaddress.IPv4Address(address).packed
    header = struct.pack("!HHBBH", 1, 0x0800, len(mac), len(ip), _REPLY)
    return _EVERYBODY + mac + struct.pack("!H", _ARP) + header + mac + ip + _EVERYBODY + ip


def advertisement(address: str, mac: bytes) -> bytes:
    """The ICMPv6 message of an unsolicited advertisement (RFC 4861 §4.4), but the checksum, which the kernel adds."""
    target = ipaddress.IPv6Address(address).packed
    return struct.pack("!BBHI", _ADVERTISEMENT, 0, 0, _OVERRIDE) + target + bytes((_TARGET_LINK_ADDRESS, 1)) + mac


def _mac(device: str) -> bytes:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((device, 0))
        return bytes(sock.getsockname()[4])
