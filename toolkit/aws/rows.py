"""How a lease and a journal stand in a DynamoDB table (keys ``group`` and ``item``).

The lease is the item ``lease``. Events are items ``event#FENCE#NUMBER``, zero-padded so that they sort in the
order of their writing; one item takes the events of one write, and a larger write takes several items.
What is told beside any run is an item ``event#note#SECONDS#NAME#0``.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, TypeAlias

from toolkit.domain.errors import JournalBroken
from toolkit.domain.events import Event, EventName

Item: TypeAlias = dict[str, Any]

LEASE: Final = "lease"
EVENT_PREFIX: Final = "event#"
NOTE: Final = "note"
KEEP_SECONDS: Final = 90 * 24 * 3600
# A function that looks every five minutes leaves a hold each time: in 90 days more than a query answers at once,
# and the whole journal is read before each decision.
KEEP_HOLD_SECONDS: Final = 24 * 3600
# An item may have 400 KB, a transaction 4 MB in all (DynamoDB's limits); both with room for the keys.
PART_BYTES: Final = 380_000
MOST_PARTS: Final = 10
_PLAIN_BYTES: Final = 4_000


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """The lease as it stands in the table: ``version`` changes with every write, ``fence`` with every owner."""

    owner: str
    fence: int
    version: str
    lease_seconds: float
    released: bool = False
    updated_at: float = field(default=0.0, compare=False)


def lease_item(group: str, row: LeaseRow, *, updated_at: float) -> Item:
    """The item of a lease; ``updated_at`` (wall clock) tells the next owner whether to read once more.

    That owner is wrong only where its own clock is more than ``run.SHADOW_SECONDS`` ahead of the writer's; one that is
    behind, or a writer's that is ahead, makes it read once too often.
    """
    return {
        "group": {"S": group},
        "item": {"S": LEASE},
        "owner": {"S": row.owner},
        "fence": {"N": str(row.fence)},
        "version": {"S": row.version},
        "lease_seconds": {"N": str(row.lease_seconds)},
        "released": {"BOOL": row.released},
        "updated_at": {"N": f"{updated_at:.3f}"},
    }


def lease_row(item: Mapping[str, Any]) -> LeaseRow:
    """Raises JournalBroken for an item that this toolkit did not write."""
    try:
        return LeaseRow(
            owner=item["owner"]["S"],
            fence=int(item["fence"]["N"]),
            version=item["version"]["S"],
            lease_seconds=float(item["lease_seconds"]["N"]),
            released=item["released"]["BOOL"],
            updated_at=float(item["updated_at"]["N"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        group = item.get("group", {}).get("S", "?")
        raise JournalBroken(
            f"the lease item of group {group} is not one of this toolkit's: delete it by hand"
        ) from error


def event_items(group: str, events: Sequence[Event], *, fence: int, number: int, written_at: float) -> list[Item]:
    """The items of one write, ``number`` being the first one's; raises JournalBroken above what a write can take.

    A write that tells of nothing but a hold is kept for a day.
    """
    if not events:
        return []
    text = json.dumps([event.as_json() for event in events], separators=(",", ":")).encode()
    if len(text) <= _PLAIN_BYTES:
        parts: list[Any] = [{"S": text.decode()}]
    else:
        packed = zlib.compress(text)
        parts = [{"B": packed[start : start + PART_BYTES]} for start in range(0, len(packed), PART_BYTES)]
    if len(parts) > MOST_PARTS:
        raise JournalBroken(f"group {group}: {len(text)} bytes of events are too many for one write; split the group")
    held = all(event.name is EventName.RUN_HELD for event in events)
    expires = int(written_at + (KEEP_HOLD_SECONDS if held else KEEP_SECONDS))
    return [
        {
            "group": {"S": group},
            "item": {"S": f"{EVENT_PREFIX}{fence:012d}#{number + index:08d}"},
            "events": part,
            "write": {"N": str(number)},
            "expires": {"N": str(expires)},
        }
        for index, part in enumerate(parts)
    ]


def note_item(group: str, event: Event, *, written_at: float, name: str) -> Item:
    """The item of an event that no lease stands behind; it sorts after those of runs. ``name`` is unique."""
    return {
        "group": {"S": group},
        "item": {"S": f"{EVENT_PREFIX}{NOTE}#{written_at:017.3f}#{name}#0"},
        "events": {"S": json.dumps([event.as_json()], separators=(",", ":"))},
        "write": {"N": "0"},
        "expires": {"N": str(int(written_at + KEEP_SECONDS))},
    }


def events_of(items: Sequence[Mapping[str, Any]]) -> tuple[Event, ...]:
    """The events of items in their order; raises JournalBroken for what can't be read."""
    try:
        writes = (list(write) for _, write in groupby(items, key=_write_of))
        return tuple(Event.from_json(event) for write in writes for event in json.loads(_text(write)))
    except (KeyError, ValueError, TypeError, zlib.error) as error:
        raise JournalBroken(f"the journal has an item that can't be read: {error}") from error


def _write_of(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["item"]["S"].rpartition("#")[0], item["write"]["N"]


def _text(write: Sequence[Mapping[str, Any]]) -> bytes:
    first = write[0]["events"]
    if "S" in first:
        return bytes(first["S"], "utf-8")
    return zlib.decompress(b"".join(part["events"]["B"] for part in write))
