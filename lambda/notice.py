"""What an event says in the toolkit's own words, whoever sent it and however it was wrapped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fields import ForeignEventError


class Says(StrEnum):
    """What there is to think about the nodes or groups that a notice names."""

    DOWN = "down"  # something failed: judge, and move if it is true
    LEAVING = "leaving"  # a node will be taken away although it may still work
    UP = "up"  # something is well again: nothing moves, but a failback may be due
    LOOK = "look"  # no news: judge as if nobody had said anything
    ASK = "ask"  # a person wants it
    NOTHING = "nothing"  # no reason to look
    REFUSED = "refused"  # one record among several that is no event for us


@dataclass(frozen=True, slots=True)
class Hook:
    """An Auto Scaling lifecycle action that waits to be completed."""

    group: str
    name: str
    token: str
    instance: str
    terminating: bool


@dataclass(frozen=True, slots=True)
class Home:
    """The function's own account and Region: events of others are not for it."""

    account: str
    region: str

    def check(self, account: str, region: str | None) -> None:
        """Raises ForeignEventError; ``region`` None where the shape does not tell it."""
        if account != self.account or region not in {None, self.region}:
            raise ForeignEventError(
                f"the event is of account {account} in {region or 'some Region'},"
                f" this function serves {self.account} in {self.region}"
            )


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that an event says. ``at`` is when it happened, wall-clock seconds; ``shape`` is how it came.

    Its groups are found by ``alarm``, by ``instances`` or by ``groups``; with none of them it is about all.
    """

    says: Says
    shape: str
    why: str
    at: float
    alarm: str | None = None
    instances: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    target: str | None = None
    overrides: frozenset[str] = frozenset()
    hook: Hook | None = None
