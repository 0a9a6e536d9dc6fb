"""The rows that requests gave, put together to a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from toolkit.aws import decode
from toolkit.domain.snapshot import EipView, InstanceView, InterfaceView, RecordKey, RecordView, Snapshot, TypeLimits

if TYPE_CHECKING:
    from toolkit.aws.queries import Query


@dataclass(frozen=True, slots=True)
class Collected:
    """Each request with the rows that it gave."""

    answers: Sequence[tuple[Query, Sequence[Any]]]

    def instances(self) -> dict[str, InstanceView]:
        return {row["InstanceId"]: decode.instance(row) for row in self._instance_rows()}

    def subnets_of(self, instances: Iterable[str]) -> set[str]:
        """The subnets of all interfaces of these instances."""
        wanted = set(instances)
        rows = [row for row in self._instance_rows() if row["InstanceId"] in wanted]
        nics = [nic for row in rows for nic in row.get("NetworkInterfaces", ())]
        return {row["SubnetId"] for row in [*rows, *nics] if row.get("SubnetId")}

    def left_behind(self) -> set[str]:
        """The interfaces not asked for that have an Elastic IP and hang on no instance.

        One that was made by itself outlives its instance, and keeps its Elastic IP (``AWS.md`` §1.2).
        """
        seen = {row["NetworkInterfaceId"] for row in self._rows("DescribeNetworkInterfaces")}
        alone = (view for view in self._eips().values() if view.instance is None and view.managed_by is None)
        return {view.interface for view in alone if view.interface} - seen

    def limits(self) -> dict[str, TypeLimits]:
        return {row["InstanceType"]: decode.limits(row) for row in self._rows("DescribeInstanceTypes")}

    def snapshot(
        self,
        taken_at: float,
        *,
        limits: Mapping[str, TypeLimits],
        records: Mapping[RecordKey, RecordView] | None = None,
    ) -> Snapshot:
        alarms = self._rows("DescribeAlarms")
        return Snapshot(
            taken_at=taken_at,
            instances=self.instances(),
            interfaces=self._interfaces(),
            eips=self._eips(),
            tables={row["RouteTableId"]: decode.table(row) for row in self._rows("DescribeRouteTables")},
            records=records or {},
            limits=dict(limits),
            subnets={row["SubnetId"]: decode.subnet(row) for row in self._rows("DescribeSubnets")},
            status={row["InstanceId"]: decode.status(row) for row in self._rows("DescribeInstanceStatus")},
            alarms={
                alarm["AlarmName"]: alarm["StateValue"]
                for page in alarms
                for kind in ("MetricAlarms", "CompositeAlarms")
                for alarm in page.get(kind, ())
            },
        )

    def _interfaces(self) -> dict[str, InterfaceView]:
        found: dict[str, InterfaceView] = {}
        for row in self._rows("DescribeNetworkInterfaces"):
            view = decode.interface(row)
            found[view.id] = replace(view, managed_by=view.managed_by or self._stranger(row.get("OwnerId")))
        return found

    def _eips(self) -> dict[str, EipView]:
        found: dict[str, EipView] = {}
        for row in self._rows("DescribeAddresses"):
            view = decode.eip(row)
            stranger = self._stranger(row.get("NetworkInterfaceOwnerId"))
            found[view.allocation] = replace(view, managed_by=view.managed_by or stranger)
        return found

    def _stranger(self, owner: str | None) -> str | None:
        """Names an account that owns none of the instances asked for, when those tell who we are."""
        own = {reservation.get("OwnerId") for reservation in self._rows("DescribeInstances")}
        return f"account {owner}" if owner and own and owner not in own else None

    def _instance_rows(self) -> list[Any]:
        return [row for reservation in self._rows("DescribeInstances") for row in reservation.get("Instances", ())]

    def _rows(self, action: str) -> list[Any]:
        return [row for query, rows in self.answers if query.action == action for row in rows]
