"""Network interfaces: detached, awaited, attached; MAC, addresses and Elastic IPs travel with them, inside one zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.fields import INTERFACE_ID, Field, Whole
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Foreign, Free, HeldBy, Holder, Unknown
from toolkit.domain.snapshot import AttachmentView, InterfaceView, Reads, Snapshot
from toolkit.domain.steps import FREE, Call, Comes, Moves, Objection, Places, Step
from toolkit.moves.where import nodes_reads, of_type, other_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "eni"
FIELDS: Final = (
    Field("id", INTERFACE_ID, "The interface that moves; never a primary one.", required=True),
    Field("device_index", Whole("a device index", 1, 31), "Where to attach it; default: the lowest free index."),
)
IAM_READS: Final = frozenset({"ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeInstanceTypes"})
IAM_WRITES: Final = frozenset({"ec2:DetachNetworkInterface", "ec2:AttachNetworkInterface"})


@dataclass(frozen=True)
class Eni(Address):
    """An interface with all that is on it."""

    kind: ClassVar[str] = KIND
    id: str
    device_index: int | None = None

    @property
    def key(self) -> str:
        return f"{KIND}:{self.id}"


def build(values: Mapping[str, Any]) -> Address:
    return Eni(values["id"], values.get("device_index"))


def reads(address: Address, group: Group) -> Reads:
    return Reads(interfaces=frozenset({of_type(address, Eni).id}))


def needs(address: Address, group: Group) -> Reads:
    return nodes_reads(group) | Reads(limits_of=frozenset(node.instance for node in group.members))


def places(address: Address, group: Group, snapshot: Snapshot) -> Places:
    view = snapshot.interfaces.get(of_type(address, Eni).id)
    return {address.key: _place(view), _identity_key(address.key): _identity(view)}


def holder(address: Address, group: Group, snapshot: Snapshot) -> Holder:
    eni = of_type(address, Eni)
    view = snapshot.interfaces.get(eni.id)
    if view is None:
        return Unknown(f"{eni.id} does not exist in this account and Region")
    if view.managed_by:
        return Foreign(f"the AWS service {view.managed_by}")
    foreign = other_group(view.tags, group)
    if foreign is not None or view.attachment is None or view.attachment.status in {"detaching", "detached"}:
        return foreign or Free()
    node = next((n for n in group.members if n.instance == view.instance), None)
    if node is not None:
        return HeldBy(node.name)
    return Foreign(view.instance) if view.instance else Unknown(f"{eni.id} hangs on something AWS does not name")


def holds(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    found: list[Objection] = []
    instance = snapshot.instances.get(target.instance)
    coming: list[Eni] = []
    for eni in (of_type(address, Eni) for address in addresses):
        view = snapshot.interfaces.get(eni.id)
        if view is None or instance is None:
            continue
        if view.attachment is not None and view.attachment.device_index == 0:
            why = (
                f"{eni.id} is the primary interface of {view.instance}, which AWS never detaches; name a secondary one"
            )
            found.append(Objection("interface-primary", eni.key, why))
        if view.zone != instance.zone:
            why = f"{eni.id} is in {view.zone}, {target.name} in {instance.zone}; an interface can't leave its zone"
            found.append(Objection("target-zone", eni.key, why))
        if view.instance != instance.id:
            coming.append(eni)
        busy = instance.interfaces.get(eni.device_index) if eni.device_index is not None else None
        if busy not in {None, eni.id}:
            why = f"device index {eni.device_index} of {target.name} is taken by {busy}"
            found.append(Objection("target-device-index", eni.key, why))
    limits = snapshot.limits.get(instance.type) if instance else None
    if coming and instance and limits and len(instance.interfaces) + len(coming) > limits.interfaces:
        why = (
            f"{target.name} has {len(instance.interfaces)} interfaces and its type {instance.type}"
            f" takes {limits.interfaces}"
        )
        found.extend(Objection("target-device-slots", eni.key, why) for eni in coming)
    return found


def moves(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> Moves:
    steps: list[Step] = []
    comes: list[Comes] = []
    instance = snapshot.instances.get(target.instance)
    used = set(instance.interfaces) if instance else {0}
    used |= {eni.device_index for eni in (of_type(a, Eni) for a in addresses) if eni.device_index is not None}
    for eni in (of_type(address, Eni) for address in addresses):
        view = snapshot.interfaces.get(eni.id)
        comes.append(Comes(_identity_key(eni.key), _identity(view), "travels with the interface"))
        attachment = view.attachment if view else None
        if attachment and attachment.instance == target.instance and attachment.status in {"attached", "attaching"}:
            comes.append(Comes(eni.key, f"{target.instance}#{attachment.device_index}", "already there"))
            continue
        index = eni.device_index if eni.device_index is not None else _lowest_free(used)
        used.add(index)
        force = group.policy.force_detach_seconds is not None
        # One on its way off is only waited for, unless the policy would have it forced in the end.
        if attachment and (force or attachment.status in {"attached", "attaching"}):
            steps.append(_detach(eni, attachment, _place(view), force=force))
        steps.append(_attach(eni, target.instance, index))
    return Moves(tuple(steps), tuple(comes))


def _detach(eni: Eni, attachment: AttachmentView, here: str, *, force: bool) -> Step:
    params = {"AttachmentId": attachment.id}
    return Step(
        id=f"{eni.key}:detach",
        kind=KIND,
        call=Call("ec2", "DetachNetworkInterface", params),
        before={eni.key: here},
        after={eni.key: FREE},
        undo=_attach_call(eni, attachment.instance or "", attachment.device_index),
        # AWS.md §1.3: forced detachment may leave the index blocked and IMDS stale, so only when asked for.
        last_resort=Call("ec2", "DetachNetworkInterface", params | {"Force": True}) if force else None,
        summary=f"detach {eni.id} from {attachment.instance}",
    )


def _attach(eni: Eni, instance: str, index: int) -> Step:
    return Step(
        id=f"{eni.key}:attach",
        kind=KIND,
        call=_attach_call(eni, instance, index),
        before={eni.key: FREE},
        after={eni.key: f"{instance}#{index}"},
        summary=f"attach {eni.id} to {instance} as device {index}",
    )


def _attach_call(eni: Eni, instance: str, index: int) -> Call:
    params = {
        "NetworkInterfaceId": eni.id,
        "InstanceId": instance,
        "DeviceIndex": index,
        # AWS.md §1.3: left out on types with several network cards, EC2 may call a free index taken.
        "NetworkCardIndex": 0,
    }
    return Call("ec2", "AttachNetworkInterface", params)


def _lowest_free(used: set[int]) -> int:
    return next(index for index in range(1, 1000) if index not in used)


def _place(view: InterfaceView | None) -> str:
    if view is None or view.attachment is None:
        return FREE
    if view.attachment.status == "attached":
        return f"{view.instance}#{view.attachment.device_index}"
    if view.attachment.status == "detached":
        return FREE
    return f"~{view.attachment.status} {view.instance}#{view.attachment.device_index}"


def _identity_key(key: str) -> str:
    return f"{key}!identity"


def _identity(view: InterfaceView | None) -> str:
    if view is None:
        return FREE
    ips = sorted(ip.address for ip in view.private_ips)
    return " ".join([view.mac, *ips, *sorted(view.ipv6s)])
