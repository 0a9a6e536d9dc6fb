"""What leads traffic to an interface or an address: routes (``AWS.md`` §1.5) and Route 53 records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import AlreadyDone, Missing, Terminal
from toolkit.domain.snapshot import RecordKey, RecordView
from toolkit.testing.refusals import missing

if TYPE_CHECKING:
    from toolkit.testing.ground import Ground, Operation, Params
    from toolkit.testing.store import Table


def replace_route(ground: Ground, params: Params) -> None:
    """The destination must match an existing route exactly."""
    action = "ReplaceRoute"
    table, destination = _table(ground, params, action)
    ground.card(action, params["NetworkInterfaceId"])
    if destination not in table.routes:
        why = f"There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        raise Missing(action, "InvalidParameterValue", why)
    table.routes[destination] = params["NetworkInterfaceId"]


def create_route(ground: Ground, params: Params) -> None:
    """A destination that the table does not have yet."""
    action = "CreateRoute"
    table, destination = _table(ground, params, action)
    ground.card(action, params["NetworkInterfaceId"])
    if destination in table.routes:
        raise AlreadyDone(action, "RouteAlreadyExists", f"The route identified by {destination} already exists.")
    table.routes[destination] = params["NetworkInterfaceId"]


def _table(ground: Ground, params: Params, action: str) -> tuple[Table, str]:
    table = ground.store.tables.get(params["RouteTableId"])
    if table is None:
        raise missing(action, "RouteTable", params["RouteTableId"])
    return table, params.get("DestinationCidrBlock") or params["DestinationIpv6CidrBlock"]


def change_records(ground: Ground, params: Params) -> None:
    """All changes of the batch or none; a plain upsert can't stand beside a routed record of the same name."""
    action = "ChangeResourceRecordSets"
    if params["HostedZoneId"] not in ground.store.zones:
        raise Missing(action, "NoSuchHostedZone", f"No hosted zone found with ID: {params['HostedZoneId']}")
    new: list[RecordView] = []
    for change in params["ChangeBatch"]["Changes"]:
        wanted = change["ResourceRecordSet"]
        key = RecordKey(params["HostedZoneId"], wanted["Name"].rstrip(".").lower(), wanted["Type"])
        old = ground.store.records.get(key)
        if old is not None and old.routing:
            raise Terminal(action, "InvalidChangeBatch", f"{key.name} exists with {old.routing}")
        values = tuple(record["Value"] for record in wanted["ResourceRecords"])
        new.append(RecordView(key, wanted["TTL"], values, in_sync=False))
    ground.store.records |= {record.key: record for record in new}
    ground.later(ground.delays.record_seconds, lambda: _in_sync(ground, new))


def _in_sync(ground: Ground, changed: list[RecordView]) -> None:
    for record in changed:
        if ground.store.records.get(record.key) is record:
            ground.store.records[record.key] = replace(record, in_sync=True)


OPERATIONS: Final[dict[str, Operation]] = {
    "ReplaceRoute": replace_route,
    "CreateRoute": create_route,
    "ChangeResourceRecordSets": change_records,
}
