"""The only place where holders change: each act leaves every view of it in agreement.

EC2 has one owner per address (MOTO.md section 10, A2, A3, B4); moto's own objects follow, so that
what moto still answers by itself agrees too.
"""

from __future__ import annotations

from moto.ec2.utils import random_eip_association_id

from toolkit.lab.ec2.records import Association, Elastic, Interface
from toolkit.lab.ec2.region import Region


def hold(region: Region, interface: Interface, address: str) -> None:
    """Give a secondary private address or an IPv6 address to the interface."""
    region.holders[interface.vpc_id, address] = interface.id
    held = interface.ipv6s if ":" in address else interface.private_ips
    if address not in held:
        held.append(address)
    mirror(interface)


def drop(region: Region, interface: Interface, address: str) -> None:
    """Take an address from the interface; an Elastic IP on it is disassociated (AWS.md 1.4)."""
    if elastic := region.elastic_on(interface, address):
        disassociate(region, elastic)
    region.holders.pop((interface.vpc_id, address), None)
    held = interface.ipv6s if ":" in address else interface.private_ips
    held.remove(address)
    mirror(interface)


def move_private_ip(region: Region, address: str, *, source: Interface, target: Interface) -> None:
    """Hand a secondary private address over, with its Elastic IP (AWS.md 1.4)."""
    elastic = region.elastic_on(source, address)
    association = elastic.association if elastic else None
    if elastic:
        _clear(region, elastic)
    source.private_ips.remove(address)
    mirror(source)
    target.arriving.pop(address, None)
    hold(region, target, address)
    if elastic and association:
        _place(region, elastic, Association(association.id, target.id, address))


def associate(region: Region, elastic: Elastic, *, interface: Interface, private_ip: str) -> Association:
    """Put an Elastic IP on a private address; what was there becomes free, in the same step."""
    previous = elastic.association
    if displaced := region.elastic_on(interface, private_ip):
        _clear(region, displaced)
    if elastic.association:
        _clear(region, elastic)
    if private_ip == interface.private_ips[0]:
        interface.automatic_ip = None
    association = Association(random_eip_association_id(), interface.id, private_ip)
    _place(region, elastic, association)
    if previous and region.settings.remap_restores_public_ip:
        restore_automatic_ip(region, region.interfaces[previous.interface_id])
    return association


def disassociate(region: Region, elastic: Elastic) -> None:
    """Make an Elastic IP free; the old holder may get an automatic address back."""
    if elastic.association:
        interface = region.interfaces[elastic.association.interface_id]
        _clear(region, elastic)
        restore_automatic_ip(region, interface)


def restore_automatic_ip(region: Region, interface: Interface) -> None:
    """Give a new automatic public address where EC2 would (AWS.md 1.1).

    Never with a second interface on the instance, nor with an Elastic IP on a secondary address.
    """
    machine = region.machine_of(interface)
    if not interface.wants_public_ip or machine is None or machine.state not in {"pending", "running"}:
        return
    carries = any(region.elastic_on(interface, address) for address in interface.private_ips)
    if len(machine.devices) == 1 and not carries and interface.automatic_ip is None:
        interface.automatic_ip = region.next_public_ip()


def _place(region: Region, elastic: Elastic, association: Association) -> None:
    elastic.association = association
    region.carried[association.interface_id, association.private_ip] = elastic.allocation_id
    elastic.record.association_id = association.id
    elastic.record.eni = region.interfaces[association.interface_id].record  # type: ignore[assignment]


def _clear(region: Region, elastic: Elastic) -> None:
    if elastic.association:
        region.carried.pop((elastic.association.interface_id, elastic.association.private_ip), None)
    elastic.association = None
    elastic.record.association_id = None
    elastic.record.eni = None


def forget(region: Region, interface: Interface) -> None:
    """Delete an interface and free all that it held."""
    for address in [*interface.ipv6s, *reversed(interface.private_ips)]:
        drop(region, interface, address)
    region.cancel([f"attachment {interface.id}"])
    del region.interfaces[interface.id]
    region.store.enis.pop(interface.id, None)
    region.store.tags.pop(interface.id, None)


def mirror(interface: Interface) -> None:
    """Tell moto's own object what is true now."""
    record, attachment = interface.record, interface.attachment
    record.private_ip_address = interface.private_ips[0] if interface.private_ips else None
    record.private_ip_addresses = [
        {"Primary": index == 0, "PrivateIpAddress": address} for index, address in enumerate(interface.private_ips)
    ]
    record.ipv6_addresses = list(interface.ipv6s)
    record.attachment_id = attachment.id if attachment else None
    record.device_index = attachment.device_index if attachment else None
    record.status = "in-use" if attachment else "available"
