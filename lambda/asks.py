"""What people and schedules ask: of the function itself, never through a topic or a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fields import MalformedEventError, shown
from notice import Notice, Says

if TYPE_CHECKING:
    from fields import Fields

MANUAL: Final = "failover.manual"
RECONCILE: Final = "failover.reconcile"
_KEYS: Final = {MANUAL: {"source", "group", "to", "why", "overrides"}, RECONCILE: {"source", "groups"}}


def asked(event: Fields, now: float) -> Notice:
    """A person's move, ``{"source": "failover.manual", "group": "db", "to": "db-2"}``, or a schedule's look."""
    source = event.one_of("source", *_KEYS)
    unknown = event.names() - _KEYS[source]
    if unknown:
        raise MalformedEventError(f"{event.path}: {source} knows no {shown(sorted(unknown))}")
    if source == RECONCILE:
        return Notice(Says.LOOK, "schedule", "a look without a reason", now, groups=event.texts("groups"))
    return Notice(
        Says.ASK,
        "manual",
        event.maybe_text("why") or "asked for by hand",
        now,
        groups=(event.text("group"),),
        target=event.maybe_text("to"),
        overrides=frozenset(event.texts("overrides")),
    )


def scheduled(event: Fields) -> Notice:
    """EventBridge's own ``Scheduled Event``: a look at every group."""
    return Notice(Says.LOOK, "schedule", "a look without a reason", event.moment("time"))
