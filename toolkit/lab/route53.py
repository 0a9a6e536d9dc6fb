"""Route 53's changes as AWS makes them: each with its own id, PENDING until it is in sync (MOTO.md §6).

moto answers INSYNC at once with one id for all, creates a record that exists, and words refusals its own way.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import choice
from string import ascii_uppercase, digits
from threading import Lock
from xml.etree import ElementTree as ET

from toolkit.lab.conditions import Conditions
from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.refusals import refuse
from toolkit.lab.zones import Record, Zone

OK = 200
ID_LENGTH = 20
CHANGE = "ChangeResourceRecordSets"


def _new_id() -> str:
    return "C" + "".join(choice(ascii_uppercase + digits) for _ in range(ID_LENGTH))


def _requested(body: bytes) -> list[tuple[str, Record]]:
    """The changes of a batch: action and record set."""
    batch = ET.fromstring(body)  # noqa: S314 - what a caller of the lab sends hurts the lab only
    return [
        (change.findtext("{*}Action", ""), _record(row))
        for change in batch.iterfind("{*}ChangeBatch/{*}Changes/{*}Change")
        for row in change.iterfind("{*}ResourceRecordSet")
    ]


def _record(row: ET.Element) -> Record:
    return Record(
        name=row.findtext("{*}Name", "").rstrip(".").lower(),
        kind=row.findtext("{*}Type", ""),
        ttl=int(row.findtext("{*}TTL") or 0),
        values=tuple(value.text or "" for value in row.iterfind("{*}ResourceRecords/{*}ResourceRecord/{*}Value")),
    )


def _complaint(action: str, record: Record, *, present: Sequence[Record]) -> str | None:
    """Why a change is refused, in Route 53's words, or None."""
    same = next((row for row in present if (row.name, row.kind) == (record.name, record.kind)), None)
    subject = f"[Tried to %s resource record set [name='{record.name}.', type='{record.kind}']"
    if action == "CREATE" and same:
        return subject % "create" + " but it already exists]"
    if action == "DELETE" and same is None:
        return subject % "delete" + " but it was not found]"
    if action == "DELETE" and same and not same.alias and (same.ttl, same.values) != (record.ttl, record.values):
        return subject % "delete" + " but the values provided do not match the current values]"
    return None


@dataclass(kw_only=True)
class Changes:
    """The changes on their way, and what names answer until they have arrived."""

    zones: Callable[[], tuple[Zone, ...]]
    conditions: Conditions
    clock: Callable[[], float] = time.monotonic
    _due: dict[str, float] = field(default_factory=dict)
    _before: list[tuple[float, tuple[Zone, ...]]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def reset(self) -> None:
        """Nothing is on its way."""
        with self._lock:
            self._due.clear()
            self._before.clear()

    def visible(self) -> tuple[Zone, ...]:
        """The zones as name servers answer them: without the changes that are not in sync yet."""
        with self._lock:
            self._before = [entry for entry in self._before if entry[0] > self.clock()]
            return self._before[0][1] if self._before else self.zones()

    def around(self, inner: Handler) -> Handler:
        """A handler that keeps Route 53's promises and passes everything else to ``inner``."""

        def serve(request: Request) -> Answer:
            if request.service == "route53" and request.action == CHANGE:
                return self._change(request, inner)
            if request.service == "route53" and request.action == "GetChange":
                return self._progress(request, inner)
            return inner(request)

        return serve

    def _change(self, request: Request, inner: Handler) -> Answer:
        before = self.zones()
        zone_id = request.path.split("/")[3]
        zone = next((zone for zone in before if zone.id == zone_id), None)
        for action, record in _requested(request.body):
            complaint = _complaint(action, record, present=zone.records if zone else ())
            if zone and complaint:
                return refuse(request, "InvalidChangeBatch", message=complaint)
        answer = inner(request)
        if answer.status != OK:
            return answer
        change = _new_id()
        due = self.clock() + self.conditions.route53_sync_seconds
        with self._lock:
            self._due[change] = due
            self._before.append((due, before))
        return _rewritten(answer, change=change, status="PENDING")

    def _progress(self, request: Request, inner: Handler) -> Answer:
        change = request.path.rpartition("/")[2]
        with self._lock:
            due = self._due.get(change)
        if due is None:
            # Zones are created by calls that moto answers; their changes are in sync at once.
            return inner(request)
        return _rewritten(inner(request), change=change, status="INSYNC" if self.clock() >= due else "PENDING")


def _rewritten(answer: Answer, *, change: str, status: str) -> Answer:
    """The answer with this change's id and status."""
    body = re.sub(rb"<Id>[^<]*</Id>", f"<Id>/change/{change}</Id>".encode(), answer.body, count=1)
    body = re.sub(rb"<Status>[^<]*</Status>", f"<Status>{status}</Status>".encode(), body, count=1)
    return Answer(status=answer.status, headers=answer.headers, body=body)
