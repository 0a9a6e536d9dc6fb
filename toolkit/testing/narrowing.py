"""From all there is to what a read asks for: a thing not asked for is not seen, as with the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from toolkit.domain.snapshot import InterfaceView, Reads, Snapshot

K = TypeVar("K")
V = TypeVar("V")


def narrowed(whole: Snapshot, reads: Reads, *, taken_at: float) -> Snapshot:
    """The snapshot that AWS gives for these reads."""
    instances = _only(whole.instances, reads.instances | reads.limits_of | reads.subnets_of)
    types = {instances[i].type for i in reads.limits_of if i in instances}
    hung_on = {interface for i in reads.subnets_of if i in instances for interface in instances[i].interfaces.values()}
    kept = {view.interface for key, view in whole.eips.items() if key in reads.allocations and not view.instance}
    subnets = {row.subnet for row in whole.interfaces.values() if row.id in hung_on}
    return replace(
        whole,
        taken_at=taken_at,
        instances=instances,
        # An interface that outlived its instance is seen with its Elastic IP.
        interfaces={row.id: row for row in whole.interfaces.values() if _asked(row, reads) or row.id in kept},
        eips=_only(whole.eips, reads.allocations),
        tables=_only(whole.tables, reads.tables),
        records=_only(whole.records, reads.records),
        limits=_only(whole.limits, types),
        subnets=_only(whole.subnets, subnets),
        status=_only(whole.status, reads.status_of),
        alarms=_only(whole.alarms, reads.alarms),
    )


def _asked(row: InterfaceView, reads: Reads) -> bool:
    """By its id, by the instance it hangs on, or by an address that it has."""
    return (
        row.id in reads.interfaces
        or row.instance in reads.instances
        or any(ip.address in reads.private_ips for ip in row.private_ips)
        or any(ip in reads.ipv6s for ip in row.ipv6s)
    )


def _only(rows: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    return {key: rows[key] for key in keys if key in rows}
