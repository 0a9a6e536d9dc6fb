"""What changed between two looks at the world, and by whose hand as far as the journal tells: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.events import EventName

if TYPE_CHECKING:
    from collections.abc import Collection

    from toolkit.watch.knowledge import Known


def news(before: Known, now: Known, *, own: Collection[str]) -> list[str]:
    """One sentence for each address that went elsewhere and each instance whose state is another.

    ``own`` are this watcher's runs: what they moved is told by themselves.
    """
    runs = _changing_runs(now) - _changing_runs(before)
    moved = [] if runs and runs <= set(own) else _moved(before, now, runs)
    return [*moved, *_turned(before, now)]


def _moved(before: Known, now: Known, runs: Collection[str]) -> list[str]:
    by = f"by run {' and '.join(sorted(runs))}" if runs else "by another hand: no run did it"
    if not runs and now.owner:
        # Its word of what it did may not be in the journal yet.
        by = f"while {now.owner} is at work"
    return [
        f"{key} went from {before.holders[key]} to {holder}, {by}"
        for key, holder in now.holders.items()
        if key in before.holders and before.holders[key] != holder
    ]


def _turned(before: Known, now: Known) -> list[str]:
    found: list[str] = []
    for node in now.group.members:
        old, new = before.snapshot.instances.get(node.instance), now.snapshot.instances.get(node.instance)
        was, is_now = old.state if old else "absent", new.state if new else "absent"
        if was != is_now:
            found.append(f"the instance of {node.name} went from {was} to {is_now}")
    return found


def _changing_runs(known: Known) -> set[str]:
    return {event.run for event in known.history.events if event.name is EventName.STEP_DONE}
