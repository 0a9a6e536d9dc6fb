"""Which address comes next: public ones from documentation ranges, private ones from a subnet."""

from __future__ import annotations

import itertools
from collections.abc import Container
from ipaddress import IPv4Network, IPv6Network, ip_address

from toolkit.lab.ec2.errors import Ec2Error, invalid_value

# RFC 5737, then RFC 2544: addresses that never belong to anybody.
_PUBLIC_RANGES = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/15")
# The first four addresses of a subnet and its last one are AWS's own (MOTO.md section 3 row 2).
_RESERVED_AT_START = 4


def public_address(number: int) -> str:
    """The public IPv4 address of that number in the pool, counted from 0.

    Raises:
        Ec2Error: the pool has not that many.
    """
    for cidr in _PUBLIC_RANGES:
        network = IPv4Network(cidr)
        hosts = network.num_addresses - 2
        if number < hosts:
            return str(network.network_address + 1 + number)
        number -= hosts
    raise Ec2Error("InsufficientAddressCapacity", "Not enough available addresses to satisfy your request.")


def is_public(address: str) -> bool:
    """Whether the address lies in the ranges that the lab hands out."""
    return any(ip_address(address) in IPv4Network(cidr) for cidr in _PUBLIC_RANGES)


def free_addresses(network: IPv4Network | IPv6Network, *, count: int, taken: Container[str]) -> list[str]:
    """The lowest free addresses of a subnet.

    Raises:
        Ec2Error: the subnet has not that many left.
    """
    first = int(network.network_address) + _RESERVED_AT_START
    last = int(network.broadcast_address)
    of_version = type(network.network_address)
    candidates = (str(of_version(number)) for number in range(first, last))
    found = list(itertools.islice((address for address in candidates if address not in taken), count))
    if len(found) < count:
        raise Ec2Error(
            "InsufficientFreeAddressesInSubnet",
            f"The specified subnet does not have enough free addresses to satisfy the request ({network}).",
        )
    return found


def check_in_subnet(address: str, network: IPv4Network | IPv6Network) -> str:
    """The address in its canonical spelling, proven usable in the subnet.

    Raises:
        Ec2Error: not an address, outside the subnet, or one of the five that AWS keeps.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        raise invalid_value(f"invalid value for parameter address: {address}") from None
    if parsed.version != network.version or parsed not in network:
        raise invalid_value("Address does not fall within the subnet's address range")
    offset = int(parsed) - int(network.network_address)
    if offset < _RESERVED_AT_START or offset == network.num_addresses - 1:
        raise invalid_value("Address is in subnet's reserved address range")
    return str(parsed)
