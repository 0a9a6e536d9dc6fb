"""Which requests answer a question: by ids or filters always, chunked, absent ids being merely absent.

Filters are used instead of id parameters: for one unknown id among those AWS refuses the whole request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from toolkit.domain.snapshot import Reads

# AWS takes at most 200 values in a filter, 100 ids for a status, 100 alarm names.
_FILTER_VALUES = 200
_STATUS_IDS = 100
_ALARM_NAMES = 100


@dataclass(frozen=True, slots=True)
class Query:
    """One paged request: where its rows stand in the answer and which key asks for the next page."""

    service: str
    action: str
    params: Mapping[str, Any]
    rows: str
    page_key: str | None = "NextToken"


_ROWS: Final[Mapping[str, str]] = {
    "DescribeInstances": "Reservations",
    "DescribeNetworkInterfaces": "NetworkInterfaces",
    "DescribeAddresses": "Addresses",
    "DescribeRouteTables": "RouteTables",
    "DescribeInstanceTypes": "InstanceTypes",
    "DescribeSubnets": "Subnets",
}
_NICS: Final = "DescribeNetworkInterfaces"
_UNPAGED: Final = frozenset({"DescribeAddresses"})  # AWS.md §1.1


def first_round(reads: Reads) -> list[Query]:
    """What can be asked at once, without knowing any answer."""
    return [
        *instances(reads.instances | reads.limits_of | reads.subnets_of),
        *interfaces(reads.interfaces),
        *_filtered(_NICS, "attachment.instance-id", reads.instances),
        *_filtered(_NICS, "addresses.private-ip-address", reads.private_ips),
        *_filtered(_NICS, "ipv6-addresses.ipv6-address", {str(ip_address(address)) for address in reads.ipv6s}),
        *_filtered("DescribeAddresses", "allocation-id", reads.allocations),
        *_filtered("DescribeRouteTables", "route-table-id", reads.tables),
        *(status(chunk) for chunk in _chunks(reads.status_of, _STATUS_IDS)),
        *(_alarms(chunk) for chunk in _chunks(reads.alarms, _ALARM_NAMES)),
    ]


def instances(ids: Iterable[str]) -> list[Query]:
    """Instances by id."""
    return _filtered("DescribeInstances", "instance-id", ids)


def interfaces(ids: Iterable[str]) -> list[Query]:
    """Network interfaces by id."""
    return _filtered(_NICS, "network-interface-id", ids)


def tagged_instances(key: str, value: str) -> Query:
    """The instances that bear a tag and are not on their way out; where the value has a * or ?, others as well."""
    alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    return _ec2(
        "DescribeInstances", {"Filters": [{"Name": f"tag:{key}", "Values": [value.replace("\\", "\\\\")]}, alive]}
    )


def types(names: Iterable[str]) -> list[Query]:
    """Instance types by name."""
    return _filtered("DescribeInstanceTypes", "instance-type", names)


def subnets(ids: Iterable[str]) -> list[Query]:
    """Subnets by id."""
    return _filtered("DescribeSubnets", "subnet-id", ids)


def status(ids: Sequence[str]) -> Query:
    """The status checks of instances in any state; no filter takes ids here, so an unknown one is refused."""
    params = {"InstanceIds": list(ids), "IncludeAllInstances": True}
    return Query("ec2", "DescribeInstanceStatus", params, "InstanceStatuses")


def _alarms(names: Sequence[str]) -> Query:
    params = {"AlarmNames": list(names), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}
    return Query("cloudwatch", "DescribeAlarms", params, "")


def _filtered(action: str, name: str, values: Iterable[str]) -> list[Query]:
    return [_ec2(action, {"Filters": [{"Name": name, "Values": chunk}]}) for chunk in _chunks(values, _FILTER_VALUES)]


def _ec2(action: str, params: Mapping[str, Any]) -> Query:
    return Query("ec2", action, params, _ROWS[action], None if action in _UNPAGED else "NextToken")


def _chunks(values: Iterable[str], size: int) -> Iterator[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
