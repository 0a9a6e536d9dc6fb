"""The lab over HTTP and the fake in memory, side by side: the same calls must end alike and leave the same world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.errors import CloudError
from toolkit.domain.snapshot import EipView, InterfaceView, Reads, RecordKey, Snapshot
from toolkit.testing import FakeClock, FakeCloud, mirrored

if TYPE_CHECKING:
    from toolkit.domain.steps import Call
    from toolkit.lab.world import World
    from toolkit.ports import Cloud


class Twins:
    """Two clouds that begin as one."""

    def __init__(self, world: World, real: Cloud) -> None:
        self.ids = world
        self.real = real
        instances = frozenset(world[name] for name in ("db-1", "db-2", "foreign"))
        self.wanted = Reads(
            instances=instances,
            interfaces=frozenset({world["vip-eni"]}),
            private_ips=frozenset({world["private_ip"]}),
            ipv6s=frozenset({world["ipv6"]}),
            allocations=frozenset({world["eip"], world["eip-floating"], world["foreign-eip"], world["nat-eip"]}),
            tables=frozenset({world["table-1"], world["table-2"]}),
            records=frozenset({RecordKey(world["zone"], world["record"], "A")}),
            limits_of=instances,
            subnets_of=instances,
            status_of=instances,
        )
        self.fake = FakeCloud(mirrored(real.read(self.wanted)), FakeClock())

    def ends(self, call: Call) -> tuple[str, str]:
        """How the call ends on the real one and on the fake: the error's kind, or "done"."""
        return _end(self.real, call), _end(self.fake, call)

    def worlds(self) -> tuple[object, object]:
        """What both say is where."""
        return _places(self.real.read(self.wanted)), _places(self.fake.read(self.wanted))

    def attachment_of(self, interface: str) -> str:
        attachment = self.real.read(self.wanted).interfaces[interface].attachment
        return attachment.id if attachment else ""


def _end(cloud: Cloud, call: Call) -> str:
    try:
        cloud.call(call)
    except CloudError as error:
        return type(error).__name__
    return "done"


def _places(snapshot: Snapshot) -> object:
    """All that a move can change, without the ids that AWS makes up at each change."""
    return {
        "interfaces": {view.id: _interface(view) for view in snapshot.interfaces.values()},
        "eips": {view.allocation: _eip(view) for view in snapshot.eips.values()},
        "routes": {
            table.id: {route.destination: (route.target, route.state) for route in table.routes}
            for table in snapshot.tables.values()
        },
        "records": {record.key: (record.ttl, record.values) for record in snapshot.records.values()},
        "instances": {view.id: (view.state, dict(view.interfaces)) for view in snapshot.instances.values()},
    }


def _interface(view: InterfaceView) -> object:
    attachment = view.attachment
    hangs = (attachment.instance, attachment.device_index, attachment.status) if attachment else None
    ips = sorted((ip.address, ip.primary, ip.allocation) for ip in view.private_ips)
    return view.mac, hangs, ips, sorted(view.ipv6s), view.groups


def _eip(view: EipView) -> object:
    return view.interface, view.private_ip, view.instance
