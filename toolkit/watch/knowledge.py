"""What a watcher knows of AWS and of the journal, and how it comes to know it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import CloudError, FailoverError, Transient
from toolkit.domain.events import History
from toolkit.domain.group import Group, Policy
from toolkit.domain.snapshot import Reads, Snapshot
from toolkit.engine.gather import holders, hosts, reads_of, resolved
from toolkit.watch.bulkhead import as_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from toolkit.domain.holder import Holder
    from toolkit.engine.view import Ports

THREADS: Final = 8
CLOCKS_DIFFER_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Known:
    """A group with its nodes, the world around it and its journal, all as of ``snapshot.taken_at``.

    Of the journal it keeps what decisions ask for, so that a watcher of many moves does not grow. ``holders`` are
    by address key, ``hosts`` by node name; ``owner`` has the lease, None for nobody.
    """

    group: Group
    snapshot: Snapshot
    history: History
    owner: str | None
    holders: Mapping[str, Holder]
    hosts: Mapping[str, str]

    @classmethod
    def of(cls, group: Group, snapshot: Snapshot, *, history: History, owner: str | None) -> Known:
        return cls(group, snapshot, history, owner, holders(group, snapshot), hosts(group, snapshot))


def kept_seconds(policy: Policy) -> float:
    """How far back the policy's rules look into the journal, with room for clocks that differ."""
    return max(policy.cooldown_seconds, policy.max_moves_window_seconds) + CLOCKS_DIFFER_SECONDS


@dataclass(frozen=True, slots=True)
class Away:
    """What could not be asked, ``aws`` or ``ledger``, and why."""

    part: str
    error: FailoverError


def learn(ports: Ports, groups: Sequence[Group]) -> dict[str, Known | Away]:
    """Read everything about the groups, shared things once; nothing is repeated, as the next refresh comes soon."""
    found: dict[str, Known | Away] = {}
    journals = _each(groups, lambda group: _journal(ports, group))
    known: list[Group] = []
    for group in groups:
        try:
            known.append(resolved(group, ports.cloud))
        except Transient as error:
            return dict.fromkeys((each.name for each in groups), Away("aws", error))
        except FailoverError as error:
            found[group.name] = Away("aws", error)
    for group, snapshot in zip(known, _read(ports, known), strict=True):
        journal = journals[group.name]
        if isinstance(snapshot, Away):
            found[group.name] = snapshot
        elif isinstance(journal, Away):
            found[group.name] = journal
        else:
            found[group.name] = _known(ports, group, snapshot, journal)
    return found


def checks(ports: Ports, groups: Sequence[Group]) -> Snapshot | Away:
    """Only the status checks and alarms that the groups are judged by."""
    wanted = reduce(or_, (reads_of(group) for group in groups), Reads())
    try:
        return ports.cloud.read(Reads(status_of=wanted.status_of, alarms=wanted.alarms))
    except FailoverError as error:
        return Away("aws", error)


def _read(ports: Ports, groups: Sequence[Group]) -> list[Snapshot | Away]:
    """One read for all; each group by itself when that fails, so that one wrong id blinds only its own group."""
    try:
        shared = ports.cloud.read(reduce(or_, (reads_of(group) for group in groups), Reads())) if groups else Snapshot()
        return [shared] * len(groups)
    except CloudError as error:
        if len(groups) == 1 or isinstance(error, Transient):
            return [Away("aws", error)] * len(groups)
    return [_read(ports, [group])[0] for group in groups]


def _known(ports: Ports, group: Group, snapshot: Snapshot, journal: tuple[History, str | None]) -> Known | Away:
    try:
        kept = journal[0].since(ports.clock.wall() - kept_seconds(group.policy))
        return Known.of(group, snapshot, history=kept, owner=journal[1])
    except Exception as error:  # noqa: BLE001 - a fault in one group must not blind the others
        return Away("aws", as_failure(error))


def _journal(ports: Ports, group: Group) -> tuple[History, str | None] | Away:
    try:
        # The owner first: what he writes until he gives the lease back is in the history then.
        owner = ports.ledger.owner(group.name)
        return ports.ledger.history(group.name), owner
    except FailoverError as error:
        return Away("ledger", error)
    except Exception as error:  # noqa: BLE001 - a fault in one group must not blind the others
        return Away("ledger", as_failure(error))


def _each(
    groups: Sequence[Group], ask: Callable[[Group], tuple[History, str | None] | Away]
) -> dict[str, tuple[History, str | None] | Away]:
    """The answer for each group; once nobody answers, the others are not asked, as each would wait as long."""
    silent: list[Away] = []

    def asked(group: Group) -> tuple[History, str | None] | Away:
        answer = silent[0] if silent else ask(group)
        if isinstance(answer, Away) and isinstance(answer.error, Transient):
            silent.append(answer)
        return answer

    if len(groups) == 1:
        return {groups[0].name: asked(groups[0])}
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip((group.name for group in groups), pool.map(asked, groups), strict=True))
