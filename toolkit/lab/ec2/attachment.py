"""How an interface comes to an instance and leaves it again."""

from __future__ import annotations

from functools import partial

from moto.core.utils import utcnow
from moto.ec2.utils import random_eni_attach_id

from toolkit.lab.ec2.ownership import mirror
from toolkit.lab.ec2.records import Attachment, Interface, Machine
from toolkit.lab.ec2.region import Region


def attach(
    region: Region,
    interface: Interface,
    *,
    machine: Machine,
    device_index: int,
    delete_on_termination: bool,
    due: float,
) -> Attachment:
    """Tie the interface to the instance; ``attached`` once it is due."""
    attachment = Attachment(
        id=random_eni_attach_id(),
        instance_id=machine.id,
        device_index=device_index,
        since=utcnow(),
        delete_on_termination=delete_on_termination,
    )
    interface.attachment = attachment
    machine.devices[device_index] = interface
    machine.record.nics[device_index] = interface.record
    interface.record.instance = machine.record
    mirror(interface)
    region.schedule(f"attachment {interface.id}", partial(_arrive, attachment), due=due)
    return attachment


def _arrive(attachment: Attachment) -> None:
    attachment.status = "attached"


def start_detaching(region: Region, interface: Interface, *, due: float) -> None:
    """Let the interface go; it is ``available`` once it is due."""
    if interface.attachment:
        interface.attachment.status = "detaching"
        region.schedule(f"attachment {interface.id}", partial(release, region, interface), due=due)


def release(region: Region, interface: Interface) -> None:
    """Cut the tie at once. Addresses and Elastic IPs stay on the interface (AWS.md 1.3)."""
    machine = region.machine_of(interface)
    if machine and interface.attachment:
        machine.devices.pop(interface.attachment.device_index, None)
        machine.record.nics.pop(interface.attachment.device_index, None)
    interface.attachment = None
    interface.primary_ipv6 = None
    interface.automatic_ip = None
    interface.record.instance = None
    mirror(interface)
