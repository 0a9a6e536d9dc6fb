"""A fake account that starts as a real one was read: rehearse on a copy of your own world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.testing.store import Card, Elastic, Machine, Store, Table

if TYPE_CHECKING:
    from toolkit.domain.snapshot import EipView, InstanceView, InterfaceView, Snapshot, TableView


def mirrored(snapshot: Snapshot) -> Store:
    """All that one read saw, as the store of a ``FakeCloud``; what was not read does not exist there."""
    return Store(
        machines={view.id: _machine(view) for view in snapshot.instances.values()},
        cards={view.id: _card(view) for view in snapshot.interfaces.values()},
        elastics={view.allocation: _elastic(view) for view in snapshot.eips.values()},
        tables={view.id: _table(view) for view in snapshot.tables.values()},
        zones={key.zone for key in snapshot.records},
        records=dict(snapshot.records),
        subnets=dict(snapshot.subnets),
        limits=dict(snapshot.limits),
        status=dict(snapshot.status),
        alarms=dict(snapshot.alarms),
    )


def _machine(view: InstanceView) -> Machine:
    return Machine(view.id, view.subnet, view.vpc, view.zone, view.state, view.type, dict(view.tags))


def _card(view: InterfaceView) -> Card:
    primary_first = sorted(view.private_ips, key=lambda ip: not ip.primary)
    return Card(
        id=view.id,
        subnet=view.subnet,
        vpc=view.vpc,
        zone=view.zone,
        private_ips=[ip.address for ip in primary_first],
        mac=view.mac,
        ipv6s=list(view.ipv6s),
        attachment=view.attachment,
        source_dest_check=view.source_dest_check,
        managed_by=view.managed_by,
        groups=view.groups,
        tags=dict(view.tags),
    )


def _elastic(view: EipView) -> Elastic:
    return Elastic(
        allocation=view.allocation,
        public_ip=view.public_ip,
        interface=view.interface,
        private_ip=view.private_ip,
        association=view.association,
        managed_by=view.managed_by,
        tags=dict(view.tags),
    )


def _table(view: TableView) -> Table:
    return Table(view.id, view.vpc, {route.destination: route.target for route in view.routes}, dict(view.tags))
