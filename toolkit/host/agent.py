"""The node agent: again and again, the machine is brought in line with what AWS says that it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from toolkit.domain.errors import ExitCode, FailoverError
from toolkit.domain.events import Event, EventName
from toolkit.host.changes import difference
from toolkit.host.iproute import HostSilent
from toolkit.host.looking import Looker, single_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from toolkit.domain.group import Group
    from toolkit.domain.guest import Change
    from toolkit.host.changes import Difference
    from toolkit.host.looking import Look
    from toolkit.ports import Clock, Cloud, Host, Notebook

# EC2's reads lag by moments (AWS.md §2): an address is dropped when two of them say so.
CONFIRM_SECONDS: Final = 1.0
# While the old holder still answers too, neighbours may learn the wrong one again.
ANNOUNCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found and did.

    ``failures`` are changes that the machine refused, ``unread`` groups that AWS refused, each with its words.
    """

    node: str | None
    wanted: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Hold for an instance that is no node, incomplete where the machine or AWS refused something."""
        if self.failures or self.unread:
            return ExitCode.INCOMPLETE
        return ExitCode.HOLD if self.node is None else ExitCode.DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "status": {ExitCode.DONE: "done", ExitCode.HOLD: "hold"}.get(self.exit_code, "incomplete"),
            "reason": self.reason,
            "node": self.node,
            "wanted": list(self.wanted),
            "done": list(self.done),
            "failures": list(self.failures),
            "unread": list(self.unread),
            "remarks": list(self.remarks),
            "exit_code": int(self.exit_code),
        }

    @property
    def reason(self) -> str:
        """The round in one line."""
        told = "; ".join((*self.failures, *self.unread, *self.remarks))
        if self.node is None:
            return told or "not-a-node: this instance is no node of any group here; it gets no address"
        return told or f"{self.node} has what AWS says it holds: {', '.join(self.wanted) or 'nothing'}"


class Agent:
    """Keeps one machine; raises CloudError when no group can be read, and then nothing was touched.

    Where only some can't be, nothing is taken away that may be theirs.
    """

    def __init__(self, host: Host, cloud: Cloud, notebook: Notebook, *, instance: str, clock: Clock) -> None:
        self._host = host
        self._looker = Looker(cloud, instance=instance, clock=clock)
        self._notebook = notebook
        self._instance = instance
        self._clock = clock
        self._noted: dict[str, frozenset[str]] = {}
        self._announced: dict[tuple[str, str], float] = {}

    def round(self, groups: Sequence[Group], *, tell: Callable[[Change], None] | None = None) -> Round:
        """Look at AWS and at the machine, and do what makes them agree; ``tell`` hears of each change before it."""
        looks, plan = self._planned(groups)
        done, failures = self._carried_out(plan.changes, tell)
        node = next((look.node.name for look in looks if look.node), None)
        names = tuple(dict.fromkeys(each.address for look in looks for each in look.wanted))
        self._announce(names)
        self._forget_gone(names)
        remarks = (*plan.remarks, *self._note(looks))
        return Round(node, names, done, failures, _unread(looks), remarks)

    def planned(self, groups: Sequence[Group]) -> Difference:
        """What a round would do, and what keeps it from doing more; changes nothing."""
        looks, plan = self._planned(groups)
        return replace(plan, remarks=(*_unread(looks), *plan.remarks))

    def _planned(self, groups: Sequence[Group]) -> tuple[list[Look], Difference]:
        looks = self._looker.looks(groups)
        plan = self._difference(looks)
        if any(change.drops for change in plan.changes):
            self._clock.sleep(CONFIRM_SECONDS)
            # What only one of the two looks could read was not said twice.
            twice = zip(self._looker.looks(groups), looks, strict=True)
            again = [replace(now, error=now.error or before.error) for now, before in twice]
            return again, self._difference(self._with_doubtful(again, looks))
        return looks, plan

    def _with_doubtful(self, new: Sequence[Look], old: Sequence[Look]) -> list[Look]:
        """The new looks, and what the machine has and only the old ones grant it: kept until two agree."""
        guest = self._host.guest()
        both: list[Look] = []
        for now, before in zip(new, old, strict=True):
            kept = [each for each in before.wanted if guest.devices_with(each.address)]
            both.append(replace(now, wanted=tuple(dict.fromkeys((*now.wanted, *kept)))))
        return both

    def _difference(self, looks: Sequence[Look]) -> Difference:
        everything = [each for look in looks for each in look.wanted]
        suspects = [name for look in looks if look.node for name in single_addresses(look.group)]
        guest, owned = self._host.guest(), self._host.owned()
        spared = self._looker.spared(looks, owned | {rule.source for rule in guest.rules})
        return difference(everything, guest, owned, suspects=suspects, spared=spared)

    def _carried_out(
        self, changes: Iterable[Change], tell: Callable[[Change], None] | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        done: list[str] = []
        failures: list[str] = []
        for change in changes:
            if tell is not None:
                tell(change)
            try:
                self._make(change)
            except FailoverError as error:
                failures.append(str(error))
                continue
            done.append(change.summary)
        return tuple(done), tuple(failures)

    def _make(self, change: Change) -> None:
        """Remembered before it is added: whatever dies in between, nothing of ours is left that nobody drops."""
        before = self._host.owned()
        if change.takes:
            self._host.own(before | {change.takes})
        try:
            self._host.change(change)
        except HostSilent:
            raise
        except FailoverError:
            self._disown(change, before)
            raise
        if change.takes and change.announces:
            self._announced[change.announces, change.takes] = self._clock.monotonic() + ANNOUNCE_SECONDS
        if change.drops:
            self._host.own(self._host.owned() - {change.drops})

    def _disown(self, change: Change, before: frozenset[str]) -> None:
        """Who was refused an address did not add it there: if it is there, another program was quicker."""
        if change.takes is None:
            return
        elsewhere = set(self._host.guest().devices_with_single(change.takes)) - {change.device}
        self._host.own(before if elsewhere else before - {change.takes})

    def _announce(self, names: Iterable[str]) -> None:
        """Tell the neighbours of what was added lately, in every round of the first seconds."""
        now = self._clock.monotonic()
        self._announced = {k: until for k, until in self._announced.items() if until >= now and k[1] in names}
        for device, address in self._announced:
            self._host.announce(device, address)

    def _forget_gone(self, names: Iterable[str]) -> None:
        """Another hand may have dropped what was ours: then it is ours no more."""
        owned = self._host.owned()
        guest = self._host.guest() if owned - set(names) else None
        gone = {name for name in owned - set(names) if guest is not None and not guest.devices_with_single(name)}
        if gone:
            self._host.own(owned - gone)

    def _note(self, looks: Iterable[Look]) -> tuple[str, ...]:
        """Tell each group's journal what this guest answers to, at first and when it has changed; what went wrong."""
        guest = self._host.guest()
        troubles: list[str] = []
        for look in looks:
            names = frozenset(each.address for each in look.wanted if guest.devices_with(each.address))
            if look.node is None or names == self._noted.get(look.group.name):
                continue
            data = {"node": look.node.name, "instance": self._instance, "addresses": sorted(names)}
            event = Event(EventName.GUEST_READY, f"guest/{look.node.name}", self._clock.wall(), data)
            try:
                self._notebook.note(look.group.name, event)
            except FailoverError as error:
                troubles.append(f"the journal could not be told: {error}")
                continue
            self._noted[look.group.name] = names
        return tuple(troubles)


def _unread(looks: Iterable[Look]) -> tuple[str, ...]:
    return tuple(
        f"group {look.group.name} can't be read, and what may be its own stays as it is: {look.error}"
        for look in looks
        if look.error is not None
    )
