"""Everything that may go wrong at one request of a run, as data: how it is set up, and how the world heals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from faults.site import Strike
from toolkit.domain.events import WHOLE
from toolkit.lab import BlackHole, Deny, Drop, Expire, Fault, Latency, Refusal, Stale
from toolkit.testing import KillSwitch

if TYPE_CHECKING:
    from faults.site import Site
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
    """A trouble in force: what strikes the run, and how the world is made well again when the run has ended."""

    strike: Strike | None = None
    switch: KillSwitch = field(default_factory=KillSwitch)
    heal: Callable[[Result | None], None] = field(default=lambda _result: None)
    wait_seconds: float = 0.0


Trouble = Callable[["Site", int], Setup]


def _on_the_wire(effect: Effect, *, count: int | None = 1) -> Trouble:
    """An effect on the n-th request as the endpoint counts them, and on those that follow."""

    def set_up(site: Site, position: int) -> Setup:
        site.endpoint.faults.add(Fault(effect, user_agent="*failover*", first=position, count=count))
        return Setup()

    return set_up


def _killed(*, after: bool) -> Trouble:
    def set_up(site: Site, position: int) -> Setup:
        del site
        switch = KillSwitch()
        return Setup(strike=Strike(position, lambda: _die(switch), after=after), switch=switch)

    return set_up


def _die(switch: KillSwitch) -> None:
    """The process ends here; no thread of it makes another request."""
    switch.revive(at=1)
    switch.point("here")


def _stale_and(trouble: Trouble) -> Trouble:
    """Reads that show the world as it was before each write for a second, and another trouble."""

    def set_up(site: Site, position: int) -> Setup:
        site.endpoint.faults.add(Fault(Stale(seconds=STALE_SECONDS), user_agent="*failover*"))
        setup = trouble(site, position)
        setup.wait_seconds = STALE_SECONDS
        return setup

    return set_up


def _terminated(role: str) -> Trouble:
    def set_up(site: Site, position: int) -> Setup:
        return Setup(strike=Strike(position, lambda: site.terminate(role)))

    return set_up


def _carried(role: str) -> Trouble:
    """Somebody at the console moves the first address; after the run he puts it back to where the others are."""

    def set_up(site: Site, position: int) -> Setup:
        kind = site.group.addresses[0].kind

        def heal(result: Result | None) -> None:
            arrived = result is not None and result.status in WHOLE
            site.carry(kind, "db-2" if arrived else "db-1")

        return Setup(strike=Strike(position, lambda: site.carry(kind, role)), heal=heal)

    return set_up


def _stolen(site: Site, position: int) -> Setup:
    """Another run takes the lease although it has not run out, does nothing, and gives it back when all is over."""
    thief = site.thief()
    return Setup(strike=Strike(position, thief.take), heal=lambda _result: thief.give_back())


def _robbed(target: str) -> Trouble:
    """Another run takes the lease although it has not run out, and acts: all addresses to the target."""

    def set_up(site: Site, position: int) -> Setup:
        return Setup(strike=Strike(position, lambda: site.steal(target)))

    return set_up


def _jump(seconds: float) -> Trouble:
    def set_up(site: Site, position: int) -> Setup:
        def jump() -> None:
            site.clock.ahead_seconds += seconds

        return Setup(strike=Strike(position, jump))

    return set_up


TROUBLES: Final[Mapping[str, Trouble]] = {
    "process killed before the call": _killed(after=False),
    "process killed after the call": _killed(after=True),
    "answer lost after the effect": _on_the_wire(Drop(when="after")),
    "connection closed before the effect": _on_the_wire(Drop(when="before")),
    "connection closed three times": _on_the_wire(Drop(when="before"), count=3),
    "RequestLimitExceeded three times": _on_the_wire(THROTTLED, count=3),
    "500 twice": _on_the_wire(BROKEN, count=2),
    "500 after the effect": _on_the_wire(BROKEN_AFTER),
    "no answer": _on_the_wire(BlackHole()),
    "answer later than the timeout": _on_the_wire(Latency(seconds=SLOWER_SECONDS, when="after")),
    "AuthFailure for three calls": _on_the_wire(WRONG_KEY, count=3),
    "permission denied from here on": _on_the_wire(Deny(), count=None),
    "credentials expired from here on": _on_the_wire(Expire(), count=None),
    "reads stale for 1 s, answer lost": _stale_and(_on_the_wire(Drop(when="after"))),
    "reads stale for 1 s, process killed": _stale_and(_killed(after=True)),
    "holder terminated meanwhile": _terminated("db-1"),
    "target terminated meanwhile": _terminated("db-2"),
    "address moved to a stranger meanwhile": _carried("foreign"),
    "address moved to the target meanwhile": _carried("db-2"),
    "lease stolen meanwhile": _stolen,
    "lease stolen, all moved to the target": _robbed("db-2"),
    "lease stolen, all moved back": _robbed("db-1"),
    "clock jumps a day ahead": _jump(A_DAY_SECONDS),
    "clock jumps a day back": _jump(-A_DAY_SECONDS),
}
