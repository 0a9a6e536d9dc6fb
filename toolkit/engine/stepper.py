"""One step: the call, what its errors mean for this step, and the wait until its effect is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import CloudError, Conflict, NotYet, Refused, Terminal, Transient
from toolkit.domain.snapshot import Reads
from toolkit.domain.steps import Step
from toolkit.moves.registry import KINDS
from toolkit.pacing import Deadline, Pace, Polls, is_throttle, persist, wait_seconds

if TYPE_CHECKING:
    from toolkit.domain.group import Address, Group
    from toolkit.domain.steps import Call
    from toolkit.engine.tenure import Tenure
    from toolkit.ports import Clock, Cloud

POLL_SECONDS: Final = 0.1
# EC2's bucket of reads fills by so many a second (AWS.md §3): one step looks every 0.1 s, eight each 0.4 s.
MOST_POLLS_PER_SECOND: Final = 20.0
# A wait for one's turn is cut into pieces, so that the lease is renewed meanwhile.
TURN_SECONDS: Final = 1.0
# However late it is, an address that is nowhere is given so long to get to the target, and as long to get back.
GRACE_SECONDS: Final = 10.0
# The instance states that none comes back from.
GONE: Final = frozenset({"shutting-down", "terminated"})
# After an error that says that the thing is elsewhere, a read may still be older than the effect (AWS.md §2).
CONSISTENCY_SECONDS: Final = 3.0
# After a lost answer and an error that a repeat of a done thing gives, the effect most likely happened.
DOUBT_SECONDS: Final = 35.0


class Stepper:
    """Makes single steps true for one group."""

    def __init__(self, group: Group, cloud: Cloud, clock: Clock, tenure: Tenure, *, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._group = group
        self._cloud = cloud
        self._clock = clock
        self._tenure = tenure
        self._touched: set[str] = set()
        self._polls = Polls(POLL_SECONDS, most_per_second=MOST_POLLS_PER_SECOND)

    def touched(self, step: Step) -> bool:
        """Whether a call of the step may have had its effect, seen or not."""
        return step.id in self._touched

    def carry(self, step: Step, deadline: Deadline, *, settle: bool) -> None:
        """Call until the step's effect is certain; raises the CloudError that ended it."""
        self._await_start(step, deadline)
        if not _under_way(step):
            if not self._has_its_turn(step, deadline):
                why = "AWS admits too few calls: the time for this run was over first"
                raise Transient(step.call.action, "", why, outcome_unknown=False)
            self._call(step, deadline)
        if settle:
            # A step that can be undone has taken something from its place: it is not given up in the middle.
            self._settle(step, Deadline(self._clock, deadline.at + GRACE_SECONDS) if step.undo else deadline)

    def undo(self, step: Step, deadline: Deadline) -> None:
        """Put the step's subjects back to where they were before it."""
        if step.undo is None:
            raise ValueError(f"{step.id} has no undo")
        back = Step(f"{step.id}:undo", step.kind, step.undo, before=step.after, after=step.before)
        grace = self.grace(deadline)
        self._call(back, grace)
        self._settle(back, grace)

    def grace(self, deadline: Deadline) -> Deadline:
        """The same, or what is left to bring an address to one of its ends when the time of the run is over."""
        return Deadline(self._clock, max(deadline.at, self._clock.monotonic() + GRACE_SECONDS))

    def _await_start(self, step: Step, deadline: Deadline) -> None:
        """An interface that is on its way off somewhere must arrive before it can be attached."""
        if step.kind != "eni" or any(step.before.values()):
            return
        other_hand = OtherHand(step, self._clock)

        def arrived(here: dict[str, str]) -> bool:
            other_hand.look(here)
            return here == dict(step.before) or _true(step, here)

        self._wait_for(step, deadline, arrived)

    def _call(self, step: Step, deadline: Deadline) -> None:
        other_hand = OtherHand(step, self._clock)
        attempt = 0
        while True:
            attempt += 1
            asked_at = self._clock.monotonic()
            self._tenure.check()
            try:
                self._cloud.call(step.call)
            except Refused:
                raise
            except CloudError as error:
                if self._done_after(step, error, deadline, other_hand):
                    return
                if isinstance(error, Terminal) or deadline.passed:
                    raise
                if is_throttle(error):
                    self._pace.refused(step.call.action, asked_at=asked_at, now=self._clock.monotonic())
                    if not self._has_its_turn(step, deadline):
                        raise
                else:
                    self._pause(wait_seconds(error, attempt), deadline)
            else:
                self._pace.admitted(step.call.action)
                self._touched.add(step.id)
                return

    def _has_its_turn(self, step: Step, deadline: Deadline) -> bool:
        """Wait until the pace lets the step's call go out; False when the run's time is over first."""
        while left := self._pace.turn(step.call.action, now=self._clock.monotonic()):
            if deadline.passed:
                return False
            self._pause(min(left, TURN_SECONDS), deadline)
        return True

    def _done_after(self, step: Step, error: CloudError, deadline: Deadline, other_hand: OtherHand) -> bool:
        """Whether the step is true, or on its way, in spite of its error; raises Conflict if another hand moved it."""
        if isinstance(error, Transient) and not error.outcome_unknown:
            return False
        doubtful = self.touched(step)
        if isinstance(error, Transient):
            self._touched.add(step.id)
        here = self._where(step, deadline)
        if _true(step, here) or _coming(step, here):
            self._touched.add(step.id)
            return True
        if isinstance(error, NotYet):
            other_hand.look(here)
            self._may_still_come(step, error, deadline)
        if isinstance(error, (Transient, NotYet)) or (isinstance(error, Terminal) and not doubtful):
            return False
        seconds = DOUBT_SECONDS if doubtful else CONSISTENCY_SECONDS
        patience = Deadline(self._clock, min(deadline.at, self._clock.monotonic() + seconds))
        if self._wait_for(step, patience, lambda now: _true(step, now), quiet=True):
            return True
        moved = elsewhere(step, self._where(step, deadline))
        if moved:
            raise Conflict(step.call.action, error.code, f"moved by another hand meanwhile: {moved}") from error
        if isinstance(error, Terminal):
            return False
        raise Terminal(step.call.action, error.code, error.message) from error

    def _may_still_come(self, step: Step, error: NotYet, deadline: Deadline) -> None:
        """Raises Terminal when the call waits for an instance that will never be ready again."""
        instance = step.call.params.get("InstanceId")
        if instance is None:
            return
        wanted = Reads(instances=frozenset({instance}))
        row = persist(lambda: self._cloud.read(wanted), deadline, between=self._tenure.check).instances.get(instance)
        if row is not None and row.state in GONE:
            raise Terminal(step.call.action, error.code, f"{instance} is {row.state}") from error

    def _settle(self, step: Step, deadline: Deadline) -> None:
        """Wait until a read shows the effect; the last resort is made once when it does not come."""
        patience = deadline
        seconds = self._group.policy.force_detach_seconds
        if step.last_resort is not None and seconds is not None:
            patience = Deadline(self._clock, min(deadline.at, self._clock.monotonic() + seconds))
        if self._wait_for(step, patience, lambda here: _true(step, here), quiet=step.last_resort is not None):
            return
        if step.last_resort is not None:
            self._tenure.check()
            self._ignore_done(step.last_resort)
            self._wait_for(step, deadline, lambda here: _true(step, here))

    def _ignore_done(self, call: Call) -> None:
        try:
            self._cloud.call(call)
        except Refused:
            raise
        except CloudError:
            return  # what it did is read next

    def _wait_for(self, step: Step, deadline: Deadline, holds: Holds, *, quiet: bool = False) -> bool:
        while not holds(self._where(step, deadline)):
            if deadline.passed:
                return self._give_up(step, quiet=quiet)
            self._wait_for_poll(deadline)
        return True

    def _wait_for_poll(self, deadline: Deadline) -> None:
        now = self._clock.monotonic()
        again = Deadline(self._clock, min(deadline.at, now + self._polls.wait_seconds(now=now)))
        while not again.passed:
            self._pause(TURN_SECONDS, again)

    def _give_up(self, step: Step, *, quiet: bool) -> bool:
        """False, or raises NotYet with where everything is."""
        if quiet:
            return False
        here = self._where(step, Deadline.after(self._clock, 1.0))
        found = ", ".join(f"{s} is at {here.get(s) or 'nobody'}" for s in step.subjects)
        raise NotYet(step.call.action, "", f"not true in time: {found}")

    def _pause(self, seconds: float, deadline: Deadline) -> None:
        self._tenure.check()
        self._clock.sleep(min(seconds, deadline.left_seconds))

    def _where(self, step: Step, deadline: Deadline) -> dict[str, str]:
        """Where the step's subjects are now, asked as narrowly as their kind allows."""
        owners = [a for a in self._group.of_kind(step.kind) if _owns(a, step)]
        wanted = Reads()
        for address in owners:
            wanted |= KINDS[address.kind].reads(address, self._group)
        snapshot = persist(lambda: self._cloud.read(wanted), deadline, between=self._tenure.check)
        found: dict[str, str] = {}
        for address in owners:
            found |= KINDS[address.kind].places(address, self._group, snapshot)
        return {subject: found.get(subject, "") for subject in step.subjects}


class OtherHand:
    """Notices that a subject stays for good where neither this step nor its beginning has it."""

    def __init__(self, step: Step, clock: Clock) -> None:
        self._step = step
        self._clock = clock
        self._patience: Deadline | None = None

    def look(self, here: dict[str, str]) -> None:
        """Judge one reading; raises Conflict when it has been like that for too long to be an old one."""
        moved = elsewhere(self._step, here)
        if not moved:
            self._patience = None
            return
        self._patience = self._patience or Deadline.after(self._clock, CONSISTENCY_SECONDS)
        if self._patience.passed:
            raise Conflict(self._step.call.action, "", f"moved by another hand meanwhile: {moved}")


def elsewhere(step: Step, here: dict[str, str]) -> str:
    """In words, the subjects that have arrived at neither end of the step; empty when there are none."""
    return ", ".join(
        f"{subject} is at {place or 'nobody'}"
        for subject, place in here.items()
        if place not in {step.before.get(subject), step.after.get(subject)} and not place.startswith("~")
    )


def _owns(address: Address, step: Step) -> bool:
    return any(subject.split("!")[0] == address.key or subject.startswith(f"{address.key}@") for subject in step.after)


def _under_way(step: Step) -> bool:
    """Whether an earlier run began it already, so that only its effect is awaited."""
    return any(place.startswith("~detaching") for place in step.before.values())


def _coming(step: Step, here: dict[str, str]) -> bool:
    """Whether AWS is at work on every subject already: asking again would only cost tokens (``AWS.md`` §3)."""

    def on_its_way(place: str, to: str) -> bool:
        detaching = not to and place.startswith("~detaching")
        return detaching or place in {to, f"~attaching {to}", f"~pending {to}"}

    return all(on_its_way(here.get(subject, ""), place) for subject, place in step.after.items())


def _true(step: Step, here: dict[str, str]) -> bool:
    return all(here.get(subject) == place for subject, place in step.after.items())


if TYPE_CHECKING:
    from collections.abc import Callable

    Holds = Callable[[dict[str, str]], bool]
