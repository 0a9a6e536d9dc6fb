"""AWS as the engine sees it: reads in at most two sequential round trips, and changes, one request each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from toolkit.aws import decode, queries
from toolkit.aws.queries import Query
from toolkit.aws.world import Collected
from toolkit.domain.errors import Missing
from toolkit.domain.group import ByTag, Node

if TYPE_CHECKING:
    from toolkit.aws.session import Requests
    from toolkit.domain.snapshot import Reads, RecordKey, RecordView, Snapshot, TypeLimits
    from toolkit.domain.steps import Call
    from toolkit.ports import Clock

_THREADS = 32
_PRIORITY_TAG = "failover:priority"
_INTERFACE_TAG = "failover:interface"
_NODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_INSTANCE_ID = re.compile(r"\bi-[0-9a-f]+\b")
_LAST: Final = float("inf")


class AwsCloud:
    """``ports.Cloud`` over a connection; safe in several threads. ``clock`` gives snapshots their time."""

    def __init__(self, connection: Requests, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="aws")
        self._limits: dict[str, TypeLimits] = {}
        self._changes: dict[RecordKey, str] = {}
        self._lock = Lock()

    def read(self, reads: Reads) -> Snapshot:
        """The world as far as ``reads`` asks; raises CloudError, Missing for a hosted zone that is not there."""
        taken_at = self._clock.monotonic()
        wanted = queries.first_round(reads)
        if len(wanted) == 1 and not (reads.records or reads.limits_of or reads.subnets_of or reads.allocations):
            return Collected([(wanted[0], self._rows(wanted[0]))]).snapshot(taken_at, limits=self._limits)
        return self._read_together(wanted, reads, taken_at)

    def call(self, call: Call) -> None:
        """Make one change and return when AWS has taken it.

        A Route 53 change is on its way for up to a minute after that: until AWS says INSYNC the records it
        touched read as ``in_sync=False``, so that whoever polls them keeps his lease meanwhile.
        """
        answer = self._connection.request(call.service, call.action, call.params)
        if call.action == "ChangeResourceRecordSets":
            with self._lock:
                self._changes.update(dict.fromkeys(decode.changed_records(call.params), answer["ChangeInfo"]["Id"]))

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        """The instances that bear the tag, by their tag ``failover:priority`` (a number), then by id.

        A node is named by its tag ``Name`` where that is a proper name and the only one of its kind, else by
        its instance id. Its tag ``failover:interface`` names an interface other than the primary one.
        """
        rows = [
            decode.instance(row)
            for reservation in self._rows(queries.tagged_instances(tag.key, tag.value))
            for row in reservation["Instances"]
        ]
        rows = [row for row in rows if row.tags.get(tag.key) == tag.value]
        names = [row.tags.get("Name", "") for row in rows]
        rows.sort(key=lambda row: (_number(row.tags.get(_PRIORITY_TAG)), row.id))
        return tuple(
            Node(
                name if names.count(name) == 1 and _NODE_NAME.fullmatch(name) else row.id,
                row.id,
                row.tags.get(_INTERFACE_TAG) or None,
            )
            for row in rows
            for name in (row.tags.get("Name", ""),)
        )

    def close(self) -> None:
        """End the threads; requests under way are left to their timeouts."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read_together(self, wanted: Sequence[Query], reads: Reads, taken_at: float) -> Snapshot:
        running = [(query, self._pool.submit(self._rows, query)) for query in wanted]
        records = [self._pool.submit(self._record, key) for key in reads.records]
        changes = {key: change for key in reads.records if (change := self._changes.get(key))}
        pending = {change: self._pool.submit(self._is_pending, change) for change in set(changes.values())}
        # The second round starts as soon as the instances are known, while the rest of the first is under way.
        known = Collected([(query, rows.result()) for query, rows in running if query.action == "DescribeInstances"])
        second = [(query, self._pool.submit(self._rows, query)) for query in self._second_round(known, reads)]
        first = [(query, rows.result()) for query, rows in running]
        left = queries.interfaces(Collected(first).left_behind())
        second += [(query, self._pool.submit(self._rows, query)) for query in left]
        world = Collected([*first, *((query, rows.result()) for query, rows in second)])
        self._limits.update(world.limits())
        unsettled = {key for key, change in changes.items() if pending[change].result()}
        views = [view for future in records if (view := future.result())]
        found = {view.key: replace(view, in_sync=view.key not in unsettled) for view in views}
        return world.snapshot(taken_at, limits=self._limits, records=found)

    def _second_round(self, known: Collected, reads: Reads) -> list[Query]:
        wanted = {view.type for id_, view in known.instances().items() if id_ in reads.limits_of}
        return [*queries.types(wanted - set(self._limits)), *queries.subnets(known.subnets_of(reads.subnets_of))]

    def _rows(self, query: Query) -> list[Any]:
        """All rows of all pages; of a status question, those of the instances that exist."""
        try:
            return self._pages(query)
        except Missing as error:
            remaining = sorted(set(query.params.get("InstanceIds", ())) - set(_INSTANCE_ID.findall(error.message)))
            if len(remaining) == len(query.params.get("InstanceIds", ())):
                raise
            return self._rows(queries.status(remaining)) if remaining else []

    def _pages(self, query: Query) -> list[Any]:
        params = dict(query.params)
        found: list[Any] = []
        while True:
            answer = self._connection.request(query.service, query.action, params)
            found += answer.get(query.rows, []) if query.rows else [answer]
            token = answer.get(query.page_key) if query.page_key else None
            if not token:
                return found
            params[query.page_key or ""] = token

    def _record(self, key: RecordKey) -> RecordView | None:
        params = {"HostedZoneId": key.zone, "StartRecordName": key.name, "StartRecordType": key.type, "MaxItems": "1"}
        answer = self._connection.request("route53", "ListResourceRecordSets", params)
        views = (decode.record(key.zone, row) for row in answer["ResourceRecordSets"])
        return next((view for view in views if view.key == key), None)

    def _is_pending(self, change: str) -> bool:
        if self._connection.request("route53", "GetChange", {"Id": change})["ChangeInfo"]["Status"] != "INSYNC":
            return True
        with self._lock:
            self._changes = {key: id_ for key, id_ in self._changes.items() if id_ != change}
        return False


def _number(text: str | None) -> float:
    try:
        return float(text) if text else _LAST
    except ValueError:
        return _LAST
