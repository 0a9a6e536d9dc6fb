"""Attaching and detaching interfaces, and the lives of instances (``AWS.md`` §1.2, §1.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import AlreadyDone, NotYet, Terminal
from toolkit.domain.snapshot import AttachmentView
from toolkit.testing.addresses import release
from toolkit.testing.refusals import invalid, not_permitted

if TYPE_CHECKING:
    from toolkit.testing.ground import Ground, Operation, Params
    from toolkit.testing.store import Card, Machine


def attach_interface(ground: Ground, params: Params) -> None:
    """A free interface, a free index, the same zone, room on the instance type."""
    action = "AttachNetworkInterface"
    card = ground.card(action, params["NetworkInterfaceId"])
    machine = ground.machine(action, params["InstanceId"])
    index: int = params["DeviceIndex"]
    if card.managed_by:
        raise not_permitted(action, "You are not allowed to manage this network interface")
    if card.attachment:
        raise NotYet(action, "InvalidNetworkInterface.InUse", f"Interface: [{card.id}] in use.")
    _check_room(ground, card, machine, index)
    attachment = ground.next_id("eni-attach")
    card.attachment = AttachmentView(attachment, machine.id, index, "attaching")
    ground.later(ground.delays.attach_seconds, lambda: _attached(card, attachment))


def _check_room(ground: Ground, card: Card, machine: Machine, index: int) -> None:
    action = "AttachNetworkInterface"
    if machine.state not in {"running", "stopped"}:
        why = f"The instance '{machine.id}' is not in the 'running' or 'stopped' state."
        raise NotYet(action, "IncorrectInstanceState", why)
    if machine.zone != card.zone:
        why = "You may not attach a network interface to an instance if they are not in the same availability zone"
        raise Terminal(action, "InvalidParameterCombination", why)
    present = ground.store.cards_of(machine.id)
    if any(other.attachment and other.attachment.device_index == index for other in present):
        why = f"Instance '{machine.id}' already has an interface attached at device index '{index}'."
        raise AlreadyDone(action, "InvalidParameterValue", why)
    most = ground.store.limits_of(machine.id).interfaces
    if len(present) >= most:
        raise Terminal(action, "AttachmentLimitExceeded", f"{machine.type} takes {most} interfaces")


def _attached(card: Card, attachment: str) -> None:
    if card.attachment and card.attachment.id == attachment and card.attachment.status == "attaching":
        card.attachment = replace(card.attachment, status="attached")


def detach_interface(ground: Ground, params: Params) -> None:
    """Never the primary one; it takes its time, on a hung instance for ever unless forced."""
    action = "DetachNetworkInterface"
    wanted = params["AttachmentId"]
    card = next((c for c in ground.store.cards.values() if c.attachment and c.attachment.id == wanted), None)
    if card is None or card.attachment is None:
        raise AlreadyDone(action, "InvalidAttachmentID.NotFound", f"The attachment ID '{wanted}' does not exist")
    if card.attachment.device_index == 0:
        why = "The network interface at device index 0 and networkCard index 0 cannot be detached."
        raise not_permitted(action, why)
    forced = bool(params.get("Force"))
    if card.attachment.status == "detaching" and not forced:
        raise NotYet(action, "IncorrectState", f"The attachment '{wanted}' is being detached already.")
    card.attachment = replace(card.attachment, status="detaching")
    if forced or card.id not in ground.stuck:
        ground.later(0.0 if forced else ground.delays.detach_seconds, lambda: _detached(card, wanted))


def _detached(card: Card, attachment: str) -> None:
    if card.attachment and card.attachment.id == attachment:
        card.attachment = None


def stop_instances(ground: Ground, params: Params) -> None:
    """Addresses and interfaces stay (``AWS.md`` §1.2)."""
    for instance in params["InstanceIds"]:
        machine = ground.machine("StopInstances", instance)
        if machine.state == "terminated":
            raise NotYet("StopInstances", "IncorrectInstanceState", f"{instance} can't be stopped from its state")
        if machine.state != "stopped":
            machine.state = "stopping"
            ground.later(ground.delays.stop_seconds, lambda machine=machine: _stopped(machine))  # type: ignore[misc]


def _stopped(machine: Machine) -> None:
    if machine.state == "stopping":
        machine.state = "stopped"


def terminate_instances(ground: Ground, params: Params) -> None:
    """Interfaces go or become available by their flag; Elastic IPs on those that go become free."""
    for instance in params["InstanceIds"]:
        ground.machine("TerminateInstances", instance).state = "terminated"
        for card in ground.store.cards_of(instance):
            goes = card.attachment is not None and card.attachment.delete_on_termination
            card.attachment = None
            if goes:
                _delete(ground, card)


def _delete(ground: Ground, card: Card) -> None:
    for elastic in ground.store.elastics.values():
        if elastic.interface == card.id:
            release(elastic)
    del ground.store.cards[card.id]


def modify_interface(ground: Ground, params: Params) -> None:
    """Security groups, or the source/destination check: one attribute per call."""
    action = "ModifyNetworkInterfaceAttribute"
    card = ground.card(action, params["NetworkInterfaceId"])
    changed = [name for name in ("Groups", "SourceDestCheck") if name in params]
    if len(changed) != 1:
        raise invalid(action, f"one attribute per call, not {changed}")
    if "Groups" in params:
        card.groups = tuple(params["Groups"])
    else:
        card.source_dest_check = bool(params["SourceDestCheck"]["Value"])


OPERATIONS: Final[dict[str, Operation]] = {
    "AttachNetworkInterface": attach_interface,
    "DetachNetworkInterface": detach_interface,
    "ModifyNetworkInterfaceAttribute": modify_interface,
    "StopInstances": stop_instances,
    "TerminateInstances": terminate_instances,
}
