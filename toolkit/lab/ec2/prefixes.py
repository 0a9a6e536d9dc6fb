"""Delegated prefixes: a /28 of IPv4 or a /80 of IPv6, one slot each (AWS.md 1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import islice

from toolkit.lab.ec2.errors import Ec2Error, invalid_value
from toolkit.lab.ec2.region import Region

_LENGTHS = {4: 28, 6: 80}
_SEARCHED = 1024
Network = IPv4Network | IPv6Network


def choose(region: Region, within: Network, *, vpc_id: str, wanted: Iterable[str], count: int) -> list[str]:
    """The wanted prefixes, or the lowest free ones.

    Raises:
        Ec2Error: a prefix of the wrong size, outside the subnet, or in use.
    """
    wanted = list(wanted)
    for prefix in wanted:
        _check(region, prefix, within=within, vpc_id=vpc_id)
    if not count:
        return [str(ip_network(prefix)) for prefix in wanted]
    # The first block holds the addresses that AWS keeps.
    blocks: list[Network] = list(islice(within.subnets(new_prefix=_LENGTHS[within.version]), 1, _SEARCHED))
    free = [str(block) for block in blocks if _is_free(region, block, vpc_id=vpc_id)][:count]
    if len(free) < count:
        raise Ec2Error("InsufficientCidrBlocks", "The specified subnet does not have enough free cidr blocks.")
    return free


def _check(region: Region, prefix: str, *, within: Network, vpc_id: str) -> None:
    try:
        block = ip_network(prefix)
    except ValueError:
        raise invalid_value(f"Value ({prefix}) for parameter prefix is invalid.") from None
    if block.version != within.version or block.prefixlen != _LENGTHS[block.version]:
        raise invalid_value(f"Value ({prefix}) for parameter prefix is invalid. Expecting a /28 or a /80.")
    if block.network_address not in within:
        raise invalid_value("Address does not fall within the subnet's address range")
    if not _is_free(region, block, vpc_id=vpc_id):
        raise invalid_value(f"[{prefix}] is already assigned.")


def _is_free(region: Region, block: Network, *, vpc_id: str) -> bool:
    if any(ip_address(address) in block for vpc, address in region.holders if vpc == vpc_id):
        return False
    return not any(
        str(block) in {*other.ipv4_prefixes, *other.ipv6_prefixes}
        for other in region.interfaces.values()
        if other.vpc_id == vpc_id
    )


def covers(region: Region, address: str, *, vpc_id: str) -> bool:
    """Whether the address lies in a prefix that somebody holds in the VPC."""
    parsed = ip_address(address)
    return any(
        parsed in ip_network(prefix)
        for other in region.interfaces.values()
        if other.vpc_id == vpc_id
        for prefix in (*other.ipv4_prefixes, *other.ipv6_prefixes)
    )
