"""Everything that may go wrong at one request of a run, as data: how it is set up, and how the world heals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from faults.site import Strike
from toolkit.domain.events import WHOLE
from toolkit.lab import BlackHole, Deny, Drop, Expire, Fault, Latency, Refusal, Stale
from toolkit.testing import KillSwitch

if TYPE_CHECKING:
    from faults.site import Asked, Site
    from toolkit.engine.outcome import Result
    from toolkit.lab.fault import Effect

THROTTLED: Final = Refusal(code="RequestLimitExceeded", status=503, message="Request limit exceeded.")
BROKEN: Final = Refusal(code="InternalError", status=500, message="An internal error has occurred")
BROKEN_AFTER: Final = Refusal(code="InternalError", status=500, message="An internal error has occurred", when="after")
WRONG_KEY: Final = Refusal(
    code="AuthFailure", status=401, message="AWS was not able to validate the provided access credentials"
)
# Longer than a call of a cell waits for its answer.
SLOWER_SECONDS: Final = 1.5
STALE_SECONDS: Final = 1.0
A_DAY_SECONDS: Final = 86_400.0


@dataclass
class Setup:
    """A trouble in force: what strikes the run, whether it came about, how the world is made well again."""

    strike: Strike | None = None
    switch: KillSwitch = field(default_factory=KillSwitch)
    heal: Callable[[Result | None], None] = field(default=lambda _result: None)
    wait_seconds: float = 0.0
    met: Callable[[], bool] = field(default=lambda: True)

    def came_about(self) -> bool:
        """Whether the run met its trouble; asked when the run has ended and before the world heals."""
        return (self.strike is None or self.strike.struck) and self.met()


SetUp = Callable[["Site", int], Setup]
# At which requests of an undisturbed run a trouble means anything, counted from 1.
Fits = Callable[[Sequence["Asked"]], Sequence[int]]


def _each(asked: Sequence[Asked]) -> Sequence[int]:
    return range(1, len(asked) + 1)


def _each_of_ec2(asked: Sequence[Asked]) -> Sequence[int]:
    return range(1, sum(each.service == "ec2" for each in asked) + 1)


def _after_the_lease(asked: Sequence[Asked]) -> Sequence[int]:
    """From the request on that follows the taking of the lease."""
    taken = next(number for number, each in enumerate(asked, 1) if each.service == "dynamodb" and each.mutating)
    return range(taken + 1, len(asked) + 1)


def _until_the_last_change(asked: Sequence[Asked]) -> Sequence[int]:
    """After it everything is at the target, wherever another hand brings it there."""
    changes = [number for number, each in enumerate(asked, 1) if each.service != "dynamodb" and each.mutating]
    return range(1, max(changes, default=0) + 1)


def _first_change(asked: Sequence[Asked]) -> int:
    """The number of the first change that EC2's reads may show late; beyond the end where there is none."""
    changes = (number for number, each in enumerate(asked, 1) if each.service == "ec2" and each.mutating)
    return next(changes, len(asked) + 1)


def _once(asked: Sequence[Asked]) -> Sequence[int]:
    return [1] if _first_change(asked) <= len(asked) else []


def _beside_late_reads(asked: Sequence[Asked]) -> Sequence[int]:
    return _each(asked) if _once(asked) else []


def _after_late_reads(asked: Sequence[Asked]) -> Sequence[int]:
    return range(_first_change(asked) + 1, len(asked) + 1)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong, and at which requests that means anything."""

    set_up: SetUp
    fits: Fits = _each


def _on_the_wire(effect: Effect, *, count: int | None = 1, service: str = "*") -> SetUp:
    """An effect on the n-th request as the endpoint counts them, and on those that follow."""

    def set_up(site: Site, position: int) -> Setup:
        before = len(site.heard(service))
        site.endpoint.faults.add(Fault(effect, service=service, user_agent="*failover*", first=position, count=count))
        return Setup(met=lambda: len(site.heard(service)) - before >= position)

    return set_up


def _reset(*, after: bool) -> SetUp:
    """The connection of the n-th request is reset."""

    def set_up(site: Site, position: int) -> Setup:
        before = len(site.heard())
        site.endpoint.resets.arm(position, after=after)
        return Setup(met=lambda: len(site.heard()) - before >= position)

    return set_up


def _killed(*, after: bool) -> SetUp:
    def set_up(site: Site, position: int) -> Setup:
        del site
        switch = KillSwitch()
        return Setup(strike=Strike(position, lambda: _die(switch), after=after), switch=switch)

    return set_up


def _die(switch: KillSwitch) -> bool:
    """The process ends here; no thread of it makes another request."""
    switch.revive(at=1)
    switch.point("here")
    return True


def _stale_and(trouble: SetUp) -> SetUp:
    """Reads that show the world as it was before each write for a second, and another trouble."""

    def set_up(site: Site, position: int) -> Setup:
        site.endpoint.faults.add(Fault(Stale(seconds=STALE_SECONDS), user_agent="*failover*"))
        setup = trouble(site, position)
        setup.wait_seconds = STALE_SECONDS
        otherwise = setup.met
        setup.met = lambda: otherwise() and site.read_late(STALE_SECONDS)
        return setup

    return set_up


def _nothing_else(_site: Site, _position: int) -> Setup:
    return Setup()


def _terminated(role: str) -> SetUp:
    def set_up(site: Site, position: int) -> Setup:
        def terminate() -> bool:
            site.terminate(role)
            return True

        return Setup(strike=Strike(position, terminate))

    return set_up


def _carried(role: str) -> SetUp:
    """Somebody at the console moves an address, each in its turn; after the run he puts it where the others are."""

    def set_up(site: Site, position: int) -> Setup:
        kinds = list(dict.fromkeys(address.kind for address in site.group.addresses))
        kind = kinds[position % len(kinds)]

        def heal(result: Result | None) -> None:
            arrived = result is not None and result.status in WHOLE
            site.carry(kind, "db-2" if arrived else "db-1")
            site.await_arrival(kind)

        return Setup(strike=Strike(position, lambda: site.carry(kind, role)), heal=heal)

    return set_up


def _stolen(site: Site, position: int) -> Setup:
    """Another run takes the lease although it has not run out, does nothing, and gives it back when all is over."""
    thief = site.thief()
    return Setup(strike=Strike(position, thief.take), heal=lambda _result: thief.give_back())


def _robbed(target: str) -> SetUp:
    """Another run takes the lease although it has not run out, and acts: all addresses to the target."""

    def set_up(site: Site, position: int) -> Setup:
        return Setup(strike=Strike(position, lambda: site.steal(target)))

    return set_up


def _jump(seconds: float) -> SetUp:
    def set_up(site: Site, position: int) -> Setup:
        def jump() -> bool:
            site.clock.ahead_seconds += seconds
            return True

        return Setup(strike=Strike(position, jump))

    return set_up


TROUBLES: Final[Mapping[str, Trouble]] = {
    "process killed before the call": Trouble(_killed(after=False)),
    "process killed after the call": Trouble(_killed(after=True)),
    "answer lost after the effect": Trouble(_on_the_wire(Drop(when="after"))),
    "connection closed before the effect": Trouble(_on_the_wire(Drop(when="before"))),
    "connection closed three times": Trouble(_on_the_wire(Drop(when="before"), count=3)),
    "connection reset before the effect": Trouble(_reset(after=False)),
    "connection reset after the effect": Trouble(_reset(after=True)),
    "RequestLimitExceeded three times": Trouble(_on_the_wire(THROTTLED, count=3)),
    "500 twice": Trouble(_on_the_wire(BROKEN, count=2)),
    "500 after the effect": Trouble(_on_the_wire(BROKEN_AFTER)),
    "no answer": Trouble(_on_the_wire(BlackHole())),
    "answer later than the timeout": Trouble(_on_the_wire(Latency(seconds=SLOWER_SECONDS, when="after"))),
    "AuthFailure for three calls": Trouble(_on_the_wire(WRONG_KEY, count=3)),
    "permission denied from here on": Trouble(_on_the_wire(Deny(), count=None)),
    "permission of EC2 denied from here on": Trouble(_on_the_wire(Deny(), count=None, service="ec2"), _each_of_ec2),
    "credentials expired from here on": Trouble(_on_the_wire(Expire(), count=None)),
    "reads stale for 1 s": Trouble(_stale_and(_nothing_else), _once),
    "reads stale for 1 s, answer lost": Trouble(_stale_and(_on_the_wire(Drop(when="after"))), _beside_late_reads),
    "reads stale for 1 s, process killed": Trouble(_stale_and(_killed(after=True)), _after_late_reads),
    "holder terminated meanwhile": Trouble(_terminated("db-1")),
    "target terminated meanwhile": Trouble(_terminated("db-2")),
    "address moved to a stranger meanwhile": Trouble(_carried("foreign")),
    "address moved to the target meanwhile": Trouble(_carried("db-2"), _until_the_last_change),
    "lease stolen meanwhile": Trouble(_stolen, _after_the_lease),
    "lease stolen, all moved to the target": Trouble(_robbed("db-2"), _after_the_lease),
    "lease stolen, all moved back": Trouble(_robbed("db-1"), _after_the_lease),
    "clock jumps a day ahead": Trouble(_jump(A_DAY_SECONDS)),
    "clock jumps a day back": Trouble(_jump(-A_DAY_SECONDS)),
}
