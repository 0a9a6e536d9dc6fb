"""Where things hang: from a node to its interface and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from toolkit.domain.holder import Foreign, Free, HeldBy, Unknown
from toolkit.domain.snapshot import Reads
from toolkit.domain.steps import Objection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.domain.group import Address, Group, Node
    from toolkit.domain.holder import Holder
    from toolkit.domain.snapshot import InterfaceView, Snapshot

GROUP_TAG = "failover:group"
A = TypeVar("A")


def of_type(address: Address, kind: type[A]) -> A:
    """The address as its own kind; the registry hands each kind only its own."""
    if not isinstance(address, kind):
        raise TypeError(f"{address!r} is no {kind.__name__}")
    return address


def nodes_reads(group: Group) -> Reads:
    """The instances of all nodes and the interfaces that the configuration names for them."""
    return Reads(
        instances=frozenset(node.instance for node in group.members),
        interfaces=frozenset(node.interface for node in group.members if node.interface),
    )


def interface_id(node: Node, snapshot: Snapshot) -> str | None:
    """The node's own interface: the configured one, else the primary one of its instance."""
    if node.interface:
        return node.interface
    instance = snapshot.instances.get(node.instance)
    return instance.primary_interface if instance else None


def interface_of(node: Node, snapshot: Snapshot) -> InterfaceView | None:
    """The row of the node's own interface, None when it has none now."""
    found = interface_id(node, snapshot)
    return snapshot.interfaces.get(found) if found else None


def node_at(interface: str, group: Group, snapshot: Snapshot) -> Node | None:
    """The node whose instance the interface hangs on now, else whose configured interface it is."""
    instance = snapshot.instance_of(interface)
    if instance is not None:
        here = next((node for node in group.members if node.instance == instance.id), None)
        if here is not None:
            return here
    return next((node for node in group.members if node.interface == interface), None)


def holder_at(interface: str, group: Group, snapshot: Snapshot) -> Holder:
    """Who holds what is on this interface; an interface that hangs nowhere serves nobody."""
    node = node_at(interface, group, snapshot)
    if node is not None:
        return HeldBy(node.name)
    view = snapshot.interfaces.get(interface)
    if view is None:
        return Foreign(interface)
    if view.managed_by:
        return Foreign(f"{interface}, managed by {view.managed_by}")
    if view.attachment is None or view.status == "available":
        return Free()
    if view.instance is None:
        return Unknown(f"{interface} is {view.status} and AWS does not say where")
    return Foreign(f"{view.instance} by {interface}")


def other_group(tags: Mapping[str, str], group: Group) -> Foreign | None:
    """Foreign when the tag says that another group owns the thing."""
    owner = tags.get(GROUP_TAG)
    return Foreign(f"group {owner}, by its tag {GROUP_TAG}") if owner and owner != group.name else None


def no_interface(target: Node, subjects: Sequence[str]) -> list[Objection]:
    """The objection that the target has no interface to take anything."""
    why = f"{target.name} ({target.instance}) has no usable network interface now"
    return [Objection("target-interface", subject, why) for subject in subjects]
